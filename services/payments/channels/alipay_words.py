"""What Alipay's answers and callbacks mean, in the seam's words. It asks nothing and checks no signature.

The codes are those of opendocs.alipay.com. One that is not listed here is not taken for a refusal: what Alipay did is
then unknown.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chassis.money import Money, MoneyError
from services.payments.channels import (
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Closed,
    NotFound,
    OtherTold,
    PaymentTold,
    PrepayAnswer,
    Processing,
    RefundAbout,
    RefundFound,
    RefundMoved,
    RefundProcessing,
    RefundSucceeded,
    RefundTold,
    Refused,
    Succeeded,
    Unknown,
    UnknownCause,
)
from services.payments.channels.reading import (
    AskAgain,
    Unreadable,
    beijing_instant,
    json_object,
    number_of,
    text,
    words,
)

OK: Final = "10000"
# Missing or wrong parameters, and no permission: the gateway turned the request down.
_GATE_CODES: Final = frozenset({"40001", "40002", "40006"})
_BUSINESS_FAILED: Final = "40004"
_PATIENCE: Final = frozenset({"isv.app-call-limited", "isv.method-call-limited", "ACQ.ACCESS_LIMIT"})
_TURNED_DOWN: Final = frozenset(
    {
        "ACQ.INVALID_PARAMETER",
        "ACQ.ACCESS_FORBIDDEN",
        "ACQ.EXIST_FORBIDDEN_WORD",
        "ACQ.PARTNER_ERROR",
        "ACQ.TOTAL_FEE_EXCEED",
        "ACQ.CONTEXT_INCONSISTENT",
        "ACQ.BUYER_BALANCE_NOT_ENOUGH",
        "ACQ.TRADE_SETTLE_ERROR",
        "ACQ.SELLER_BEEN_BLOCKED",
        "ACQ.INVALID_STORE_ID",
        "ACQ.SUBJECT_RISK",
    }
)
_REFUND_TURNED_DOWN: Final = frozenset(
    {
        "ACQ.INVALID_PARAMETER",
        "ACQ.SELLER_BALANCE_NOT_ENOUGH",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.REASON_TRADE_BEEN_FREEZEN",
        "ACQ.TRADE_NOT_EXIST",
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.DISCORDANT_REPEAT_REQUEST",
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "ACQ.TRADE_NOT_ALLOW_REFUND",
        "ACQ.REFUND_FEE_ERROR",
        "ACQ.REASON_TRADE_STATUS_INVALID",
    }
)
_PAID: Final = frozenset({"ACQ.TRADE_HAS_SUCCESS"})
_NOT_CLOSABLE: Final = frozenset(
    {
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.REASON_TRADE_STATUS_INVALID",
        "ACQ.REASON_ILLEGAL_STATUS",
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE",
    }
)
_MISSING: Final = "ACQ.TRADE_NOT_EXIST"
_CHARSETS: Final = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}


def read_prepay(told: Mapping[str, Any]) -> PrepayAnswer | AskAgain:
    """Of an order that was asked for. Raises Unreadable."""
    if text(told, "code") == OK:
        return Processing(text(told, "qr_code"))
    code = _sub_code(told)
    if code in _PAID:
        return AskAgain(code)
    if code == "ACQ.TRADE_HAS_CLOSE":
        return Closed()
    return _refusal(told, code, _TURNED_DOWN)


def read_payment(told: Mapping[str, Any]) -> ChannelPayment:
    """Of an order that was asked after. Raises Unreadable."""
    if text(told, "code") == OK:
        return _payment(told, "send_pay_date")
    code = _sub_code(told)
    return NotFound() if code == _MISSING else _not_known(code)


def read_proof(told: Mapping[str, Any]) -> ChannelPayment | Refused:
    """Of the trade that money is to be given back of. Raises Unreadable."""
    if text(told, "code") == OK:
        return _payment(told, "send_pay_date")
    return _refusal(told, _sub_code(told), _REFUND_TURNED_DOWN)


def read_close(told: Mapping[str, Any]) -> CloseAnswer | AskAgain:
    """Of an order that was to be closed. Raises Unreadable."""
    if text(told, "code") == OK:
        return Closed()
    code = _sub_code(told)
    if code == _MISSING:
        return NotFound()
    if code in _NOT_CLOSABLE:
        return AskAgain(code)
    return _refusal(told, code, _TURNED_DOWN)


def read_refund(told: Mapping[str, Any]) -> RefundProcessing | Refused | Unknown | AskAgain:
    """Of a refund that was asked for. Raises Unreadable."""
    if text(told, "code") == OK:
        # N: this ask moved nothing, because an earlier one did or because none could yet.
        if told.get("fund_change") != "Y":
            return AskAgain("fund_change N")
        # Y: money moved. The answer names neither the refund nor its amount (refund_fee is the sum of all refunds of
        # the trade), so that only the query, which does, tells that it was this one.
        return RefundProcessing(_trade_of(told))
    code = _sub_code(told)
    return _refusal(told, code, _REFUND_TURNED_DOWN)


def read_refund_found(told: Mapping[str, Any]) -> RefundFound:
    """Of a refund that was asked after. Raises Unreadable.

    Without refund_status it was not made, or has not come to its end: the document's rule is to ask for the same
    again, by the same number, which moves no more money.
    """
    if text(told, "code") != OK:
        code = _sub_code(told)
        return NotFound() if code == _MISSING else _not_known(code)
    if not told.get("refund_status"):
        return NotFound()
    if text(told, "refund_status") != "REFUND_SUCCESS":
        return _not_known(f"refund_status {words(told, 'refund_status')}")
    at = beijing_instant(told, "gmt_refund_pay") if told.get("gmt_refund_pay") else None
    refund_no, amount = number_of(told, "out_request_no"), _money(told, "refund_amount")
    return RefundSucceeded(replace(_trade_of(told), merchant_refund_no=refund_no, amount=amount), "", at)


def read_event(told: Mapping[str, str]) -> CallbackTold:
    """Of a callback's fields. Raises Unreadable."""
    event_id = _event_id(told)
    if told.get("notify_type") != "trade_status_sync":
        return OtherTold(event_id, words(told, "notify_type")[:64])
    order_no = number_of(told, "out_trade_no")
    # Of a refund, by its number in out_biz_no; refund_fee is the sum of all refunds so far, and not its amount.
    if told.get("gmt_refund") and told.get("out_biz_no"):
        refund_no = number_of(told, "out_biz_no")
        return RefundTold(
            event_id, refund_no, order_no, RefundMoved(replace(_trade_of(told), merchant_refund_no=refund_no))
        )
    payment = _payment(told, "gmt_payment")
    if isinstance(payment, NotFound | Unknown):
        raise Unreadable("trade_status")
    return PaymentTold(event_id, order_no, payment)


def charset_of(told: Mapping[str, str]) -> str:
    """The charset that a form says it is in, as Python names it. Raises Unreadable for one that Alipay has not."""
    charset = _CHARSETS.get(told.get("charset", "utf-8").lower())
    if charset is None:
        raise Unreadable("charset")
    return charset


def notify_time(told: Mapping[str, str]) -> datetime:
    """When Alipay first sent the callback. Raises Unreadable."""
    return beijing_instant(told, "notify_time")


def node_object(node: str) -> dict[str, Any]:
    """The fields of an answer's node. Raises Unreadable."""
    return json_object(node.encode())


def no_proof(answer: AskAgain) -> Unknown:
    """What is known after an answer that the query does not bear out."""
    return Unknown(UnknownCause.UNREADABLE, f"said {answer.code}, which the query does not bear out")


def _payment(told: Mapping[str, Any], paid_at: str) -> ChannelPayment:
    match text(told, "trade_status"):
        case "TRADE_SUCCESS" | "TRADE_FINISHED":
            return _succeeded(told, paid_at)
        case "WAIT_BUYER_PAY":
            return Processing()
        # Closed is said of an order that was never paid, and of one that was paid and then refunded whole.
        case "TRADE_CLOSED":
            return _succeeded(told, paid_at) if told.get(paid_at) else Closed()
        case other:
            return Unknown(UnknownCause.UNREADABLE, f"trade_status {other[:32]}")


def _trade_of(told: Mapping[str, Any]) -> RefundAbout:
    return RefundAbout(merchant_order_no=number_of(told, "out_trade_no"), channel_txn_no=number_of(told, "trade_no"))


def _succeeded(told: Mapping[str, Any], paid_at: str) -> Succeeded:
    return Succeeded(
        number_of(told, "out_trade_no"),
        number_of(told, "trade_no"),
        _money(told, "total_amount"),
        beijing_instant(told, paid_at),
    )


def _money(told: Mapping[str, Any], name: str) -> Money:
    try:
        money = Money.from_major(text(told, name), "CNY")
    except MoneyError:
        raise Unreadable(name) from None
    if money.amount_minor <= 0:
        raise Unreadable(name)
    return money


def _event_id(told: Mapping[str, str]) -> str:
    # The same event keeps its notify_id when it is repeated; two events of one order have two.
    return hashlib.sha256(number_of(told, "notify_id").encode()).hexdigest()


def _sub_code(told: Mapping[str, Any]) -> str:
    return words(told, "sub_code")


def _refusal(told: Mapping[str, Any], code: str, turned_down: frozenset[str]) -> Refused | Unknown:
    if code in _PATIENCE:
        return Unknown(UnknownCause.THROTTLED, code)
    gate_code = text(told, "code")
    if gate_code in _GATE_CODES or (gate_code == _BUSINESS_FAILED and code in turned_down):
        return Refused(code or gate_code, words(told, "sub_msg") or words(told, "msg"))
    return _not_known(code or gate_code)


def _not_known(code: str) -> Unknown:
    return Unknown(UnknownCause.THROTTLED if code in _PATIENCE else UnknownCause.CHANNEL_FAULT, code[:64])
