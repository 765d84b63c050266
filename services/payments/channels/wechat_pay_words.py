"""What WeChat Pay's answers and events mean, in the seam's words. It asks nothing and checks no signature.

The codes are those of pay.weixin.qq.com/doc/v3/merchant. One that is not listed here is not taken for a refusal: what
the channel did is then unknown.
"""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from chassis.money import Money, MoneyError
from services.payments.channels import (
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Closed,
    Failed,
    NotFound,
    OtherTold,
    PaymentTold,
    PrepayAnswer,
    Processing,
    RefundAbout,
    RefundAnswer,
    RefundFound,
    RefundProcessing,
    RefundSucceeded,
    RefundTold,
    Refused,
    Succeeded,
    Unknown,
    UnknownCause,
)
from services.payments.channels.reading import AskAgain, Unreadable, instant, number_of, table, text, whole, words

# The request was judged and turned down: nothing came of it.
_TURNED_DOWN: Final = frozenset(
    {
        "PARAM_ERROR",
        "INVALID_REQUEST",
        "APPID_MCHID_NOT_MATCH",
        "MCH_NOT_EXISTS",
        "SIGN_ERROR",
        "NO_AUTH",
        "ACCOUNT_ERROR",
        "RULE_LIMIT",
        "RULELIMIT",
        "TRADE_ERROR",
    }
)
_REFUND_TURNED_DOWN: Final = _TURNED_DOWN | {
    "NOT_ENOUGH",
    "USER_ACCOUNT_ABNORMAL",
    "RESOURCE_NOT_EXISTS",
    "CONTRACT_NOT_CONFIRM",
}
_PATIENCE: Final = frozenset({"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED"})
_ORDER_CLOSED: Final = frozenset({"ORDER_CLOSED", "ORDERCLOSED"})
_ORDER_PAID: Final = frozenset({"ORDERPAID", "ORDER_PAID"})
_ORDER_MISSING: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})


def read_prepay(status: int, told: Mapping[str, Any]) -> PrepayAnswer | AskAgain:
    """Of an order that was asked for. Raises Unreadable."""
    if status == HTTPStatus.OK:
        return Processing(text(told, "code_url"))
    code = text(told, "code")
    # The number may be in use by our own earlier ask, whose answer was lost.
    if code in _ORDER_PAID or code == "OUT_TRADE_NO_USED":
        return AskAgain(code)
    if code in _ORDER_CLOSED:
        return Closed()
    return _refusal(code, told, _TURNED_DOWN)


def read_payment(status: int, told: Mapping[str, Any]) -> ChannelPayment:
    """Of an order that was asked after. Raises Unreadable."""
    if status == HTTPStatus.OK:
        return _payment(told)
    code = text(told, "code")
    if code in _ORDER_MISSING:
        return NotFound()
    return Unknown(UnknownCause.THROTTLED if code in _PATIENCE else UnknownCause.CHANNEL_FAULT, code[:64])


def read_proof(status: int, told: Mapping[str, Any]) -> ChannelPayment | Refused:
    """Of the transaction that money is to be given back of. Raises Unreadable."""
    if status == HTTPStatus.OK:
        return _payment(told)
    return _refusal(text(told, "code"), told, _TURNED_DOWN | _ORDER_MISSING)


def read_close(status: int, told: Mapping[str, Any]) -> CloseAnswer | AskAgain:
    """Of an order that was to be closed. Raises Unreadable."""
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.OK):
        return AskAgain(str(int(status)))
    code = text(told, "code")
    if code in _ORDER_CLOSED:
        return Closed()
    if code in _ORDER_MISSING:
        return NotFound()
    if code in _ORDER_PAID:
        return AskAgain(code)
    return _refusal(code, told, _TURNED_DOWN)


def read_refund(status: int, told: Mapping[str, Any]) -> RefundAnswer:
    """Of a refund that was asked for. Raises Unreadable."""
    if status == HTTPStatus.OK:
        return _refund(told, text(told, "status"))
    return _refusal(text(told, "code"), told, _REFUND_TURNED_DOWN)


def read_refund_found(status: int, told: Mapping[str, Any]) -> RefundFound:
    """Of a refund that was asked after. Raises Unreadable."""
    if status == HTTPStatus.OK:
        return _refund(told, text(told, "status"))
    code = text(told, "code")
    if code == "RESOURCE_NOT_EXISTS":
        return NotFound()
    return Unknown(UnknownCause.THROTTLED if code in _PATIENCE else UnknownCause.CHANNEL_FAULT, code[:64])


def read_event(event_id: str, event_type: str, told: Mapping[str, Any]) -> CallbackTold:
    """Of an event whose resource was opened. Raises Unreadable."""
    if len(event_id) > 64:
        raise Unreadable("id")
    if event_type.startswith("REFUND."):
        answer = _refund(told, text(told, "refund_status"))
        return RefundTold(event_id, number_of(told, "out_refund_no"), number_of(told, "out_trade_no"), answer)
    if not event_type.startswith("TRANSACTION."):
        return OtherTold(event_id, event_type[:64])
    payment = _payment(told)
    if isinstance(payment, NotFound | Unknown):
        raise Unreadable("trade_state")
    return PaymentTold(event_id, number_of(told, "out_trade_no"), payment)


def from_base64(coded: str) -> bytes:
    """The bytes. Raises Unreadable."""
    try:
        return base64.b64decode(coded, validate=True)
    except binascii.Error:
        raise Unreadable("base64") from None


def _payment(told: Mapping[str, Any]) -> ChannelPayment:
    match text(told, "trade_state"):
        # What was refunded since was paid all the same; the refund is a fact of its own.
        case "SUCCESS" | "REFUND":
            return Succeeded(
                number_of(told, "out_trade_no"),
                number_of(told, "transaction_id"),
                _money(table(told, "amount"), "total"),
                instant(told, "success_time"),
            )
        case "NOTPAY" | "USERPAYING" | "ACCEPT":
            return Processing()
        case "CLOSED" | "REVOKED":
            return Closed()
        case "PAYERROR":
            return Failed("PAYERROR", words(told, "trade_state_desc"))
        case other:
            return Unknown(UnknownCause.UNREADABLE, f"trade_state {other[:32]}")


def _refund(told: Mapping[str, Any], status: str) -> RefundSucceeded | RefundProcessing | Refused:
    about = RefundAbout(
        merchant_refund_no=number_of(told, "out_refund_no"),
        merchant_order_no=number_of(told, "out_trade_no"),
        channel_txn_no=number_of(told, "transaction_id"),
        amount=_money(table(told, "amount"), "refund"),
    )
    match status:
        case "SUCCESS":
            at = instant(told, "success_time") if told.get("success_time") else None
            return RefundSucceeded(about, number_of(told, "refund_id"), at)
        # ABNORMAL: the payer's card did not take it and people must choose another way; the money is not ours again.
        case "PROCESSING" | "ABNORMAL":
            return RefundProcessing(about, number_of(told, "refund_id"))
        case "CLOSED":
            return Refused("CLOSED", words(told, "user_received_account"), about)
        case _:
            raise Unreadable("status")


def _money(amount: Mapping[str, Any], name: str) -> Money:
    try:
        # A refund's event names no currency; domestic orders are in CNY (see unfit).
        return Money(text(amount, "currency") if "currency" in amount else "CNY", whole(amount, name))
    except MoneyError:
        raise Unreadable(name) from None


def _refusal(code: str, told: Mapping[str, Any], turned_down: frozenset[str]) -> Refused | Unknown:
    if code in turned_down:
        return Refused(code, words(told, "message"))
    return Unknown(UnknownCause.THROTTLED if code in _PATIENCE else UnknownCause.CHANNEL_FAULT, code[:64])
