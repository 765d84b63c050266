"""The generic channel: JSON under HMAC-SHA256 with a shared secret; services/channel_sandbox/README.md is its protocol.

An answer is signed over the nonce of what it answers, so it answers nothing else; callbacks are fresh within five
minutes. It is for channels that have no protocol of note of their own, such as a city's own cashier.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

from chassis.clock import Clock
from chassis.money import Money, MoneyError
from services.payments.channels import (
    CallbackReply,
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Closed,
    Failed,
    Forged,
    ForgedCause,
    NotFound,
    Order,
    OtherTold,
    PaymentTold,
    PrepayAnswer,
    Processing,
    RefundAbout,
    RefundAnswer,
    RefundFound,
    RefundOrder,
    RefundProcessing,
    RefundSucceeded,
    RefundTold,
    Refused,
    Succeeded,
    Unfit,
    Unknown,
    UnknownCause,
)
from services.payments.channels.reading import (
    AskAgain,
    Unreadable,
    instant,
    json_object,
    number_of,
    table,
    text,
    whole,
    words,
)
from services.payments.channels.signing import HmacSecret
from services.payments.channels.wire import Ask, Heard, Wire

T = TypeVar("T")

CLOCK_APART_MAX: Final = timedelta(minutes=5)
_ORDER_NO: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_WORDS_MAX: Final = 128
_PAYMENTS: Final = "/hmac/v1/payments"
_REFUNDS: Final = "/hmac/v1/refunds"
_TURNED_DOWN: Final = frozenset({"BAD_REQUEST", "BAD_SIGNATURE", "ORDER_NO_USED"})
_REFUND_TURNED_DOWN: Final = frozenset(
    {"BAD_REQUEST", "BAD_SIGNATURE", "UNKNOWN_ORDER", "NOT_PAID", "REFUND_TOO_LARGE", "REFUND_NO_USED"}
)


class HmacPay:
    """One merchant at the channel, on a pool of connections; close it at the end."""

    def __init__(self, merchant_no: str, notify_url: str, secret: HmacSecret, wire: Wire, clock: Clock) -> None:
        self._merchant_no = merchant_no
        self._notify_url = notify_url
        self._secret = secret
        self._wire = wire
        self._clock = clock

    async def close_connections(self) -> None:
        """See Channel."""
        await self._wire.close()

    def unfit(self, order: Order) -> Unfit | None:
        """See Channel. An order number is of letters, digits and ._:- ."""
        if _ORDER_NO.fullmatch(order.merchant_order_no):
            return None
        rule = "must be of letters, digits and ._:- at this channel"
        return Unfit("merchant_order_no", "CHANNEL_FORM", rule, "该渠道的订单号仅可含字母、数字及 . _ : -")

    async def prepay(self, order: Order) -> PrepayAnswer:
        """See Channel."""
        body = {
            "merchant_order_no": order.merchant_order_no,
            "amount_minor": order.amount.amount_minor,
            "currency": order.amount.currency_code,
            "description": order.description[:_WORDS_MAX],
            "expires_at": order.expire_time.astimezone(UTC).isoformat(),
            "notify_url": self._notify_url,
        }
        return _read(await self._ask("POST", _PAYMENTS, _PAYMENTS, body), _read_prepay)

    async def query(self, order: Order) -> ChannelPayment:
        """See Channel."""
        return _read(await self._ask("GET", _target(order), f"{_PAYMENTS}/{{merchant_order_no}}"), _read_payment)

    async def close(self, order: Order) -> CloseAnswer:
        """See Channel. Asks once more, how the order stands, when it is told that it was paid."""
        template = f"{_PAYMENTS}/{{merchant_order_no}}/close"
        answer = _read(await self._ask("POST", f"{_target(order)}/close", template, {}), _read_close)
        if not isinstance(answer, AskAgain):
            return answer
        found = await self.query(order)
        if isinstance(found, CloseAnswer):
            return found
        return Unknown(UnknownCause.UNREADABLE, f"said {answer.code}, which the query does not bear out")

    async def refund(self, refund: RefundOrder) -> RefundAnswer:
        """See Channel. The channel refuses a channel_txn_no that is not the order's."""
        body = {
            "merchant_order_no": refund.merchant_order_no,
            "channel_txn_no": refund.channel_txn_no,
            "merchant_refund_no": refund.merchant_refund_no,
            "amount_minor": refund.amount.amount_minor,
            "reason": refund.reason[:_WORDS_MAX],
            "notify_url": self._notify_url,
        }
        return _read(await self._ask("POST", _REFUNDS, _REFUNDS, body), _read_refund)

    async def query_refund(self, refund: RefundOrder) -> RefundFound:
        """See Channel."""
        target = f"{_REFUNDS}/{quote(refund.merchant_refund_no, safe='')}"
        return _read(await self._ask("GET", target, f"{_REFUNDS}/{{merchant_refund_no}}"), _read_refund_found)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackTold:
        """See Channel."""
        if forged := self._forged("CALLBACK", headers, body, now):
            return Forged(forged)
        try:
            told = json_object(body)
            if told.get("merchant_id") != self._merchant_no:
                return Forged(ForgedCause.OTHER_ACCOUNT)
            return _read_event(told)
        except Unreadable:
            return Forged(ForgedCause.UNREADABLE)

    def reply(self, *, taken: bool) -> CallbackReply:
        """See Channel. Any status of the 2xx kind ends the repeating."""
        status = HTTPStatus.OK if taken else HTTPStatus.BAD_REQUEST
        return CallbackReply(status, "application/json", b'{"taken":true}' if taken else b'{"taken":false}')

    async def _ask(
        self, method: str, target: str, template: str, body: Mapping[str, object] | None = None
    ) -> Heard | Unknown:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        timestamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(16)
        headers = {
            "Pay-Merchant": self._merchant_no,
            "Pay-Timestamp": timestamp,
            "Pay-Nonce": nonce,
            "Pay-Signature": self._secret.sign(_to_sign(f"{method} {target}", timestamp, nonce, content)),
        }
        if content:
            headers["Content-Type"] = "application/json"
        heard = await self._wire.ask(Ask(method, target, template, headers, content))
        if isinstance(heard, Unknown):
            return heard
        forged = self._forged(f"ANSWER {heard.status}", heard.headers, heard.body, self._clock.now())
        if forged is None and heard.headers.get("pay-nonce") != nonce:
            forged = ForgedCause.BAD_SIGNATURE
        return Unknown(UnknownCause.BAD_SIGNATURE, f"HTTP {heard.status}, {forged}") if forged else heard

    def _forged(self, first_line: str, headers: Mapping[str, str], body: bytes, now: datetime) -> ForgedCause | None:
        timestamp, nonce = headers.get("pay-timestamp", ""), headers.get("pay-nonce", "")
        signature = headers.get("pay-signature", "")
        if not (timestamp and nonce and signature):
            return ForgedCause.NO_SIGNATURE
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
            return ForgedCause.OUT_OF_TIME
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > CLOCK_APART_MAX:
            return ForgedCause.OUT_OF_TIME
        if not self._secret.holds(signature, _to_sign(first_line, timestamp, nonce, body)):
            return ForgedCause.BAD_SIGNATURE
        return None


def _to_sign(first_line: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    return f"{first_line}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def _target(order: Order) -> str:
    return f"{_PAYMENTS}/{quote(order.merchant_order_no, safe='')}"


def _read(heard: Heard | Unknown, read: Callable[[int, Mapping[str, Any]], T]) -> T | Unknown:
    if isinstance(heard, Unknown):
        return heard
    try:
        return read(heard.status, json_object(heard.body))
    except Unreadable as fault:
        return Unknown(UnknownCause.UNREADABLE, f"HTTP {heard.status}, {fault}")


def _read_prepay(status: int, told: Mapping[str, Any]) -> PrepayAnswer:
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        return _refusal(told, _TURNED_DOWN)
    found = _payment(told)
    return replace(found, code_url=text(told, "pay_url")) if isinstance(found, Processing) else found


def _read_payment(status: int, told: Mapping[str, Any]) -> ChannelPayment:
    if status == HTTPStatus.OK:
        return _payment(told)
    code = text(told, "code")
    return NotFound() if code == "UNKNOWN_ORDER" else Unknown(UnknownCause.CHANNEL_FAULT, code[:64])


def _read_close(status: int, told: Mapping[str, Any]) -> CloseAnswer | AskAgain:
    if status == HTTPStatus.OK:
        found = _payment(told)
        return found if isinstance(found, CloseAnswer) else AskAgain(text(told, "state"))
    code = text(told, "code")
    if code == "UNKNOWN_ORDER":
        return NotFound()
    if code in ("ORDER_PAID", "ORDER_BEING_PAID"):
        return AskAgain(code)
    return _refusal(told, _TURNED_DOWN)


def _read_refund(status: int, told: Mapping[str, Any]) -> RefundAnswer:
    if status in (HTTPStatus.OK, HTTPStatus.CREATED):
        return _refund(told)
    return _refusal(told, _REFUND_TURNED_DOWN)


def _read_refund_found(status: int, told: Mapping[str, Any]) -> RefundFound:
    if status == HTTPStatus.OK:
        return _refund(told)
    code = text(told, "code")
    return NotFound() if code == "UNKNOWN_REFUND" else Unknown(UnknownCause.CHANNEL_FAULT, code[:64])


def _read_event(told: Mapping[str, Any]) -> CallbackTold:
    event_id, event = number_of(told, "event_id"), text(told, "event")
    event_key = hashlib.sha256(event_id.encode()).hexdigest()
    payment = table(told, "payment")
    order_no = number_of(payment, "merchant_order_no")
    if event.startswith("refund."):
        refund = table(told, "refund")
        if refund.get("merchant_order_no") != order_no:
            raise Unreadable("merchant_order_no")
        return RefundTold(event_key, number_of(refund, "merchant_refund_no"), order_no, _refund(refund))
    if event.startswith("payment."):
        return PaymentTold(event_key, order_no, _payment(payment))
    return OtherTold(event_key, event[:64])


def _payment(told: Mapping[str, Any]) -> Succeeded | Processing | Closed | Failed:
    match text(told, "state"):
        case "SUCCEEDED":
            number, txn_no = number_of(told, "merchant_order_no"), number_of(told, "channel_txn_no")
            return Succeeded(number, txn_no, _money(told), instant(told, "pay_time"))
        case "WAITING" | "PROCESSING":
            return Processing()
        case "CLOSED":
            return Closed()
        case "FAILED":
            return Failed(words(told, "reason") or "FAILED")
        case _:
            raise Unreadable("state")


def _refund(told: Mapping[str, Any]) -> RefundSucceeded | RefundProcessing | Refused:
    about = RefundAbout(
        merchant_refund_no=number_of(told, "merchant_refund_no"),
        merchant_order_no=number_of(told, "merchant_order_no"),
        channel_txn_no=number_of(told, "channel_txn_no"),
        amount=_money(told),
    )
    match text(told, "state"):
        case "SUCCEEDED":
            return RefundSucceeded(about, number_of(told, "channel_refund_no"), instant(told, "done_time"))
        case "PROCESSING":
            return RefundProcessing(about, number_of(told, "channel_refund_no"))
        case "FAILED":
            return Refused(words(told, "reason") or "FAILED", about=about)
        case _:
            raise Unreadable("state")


def _money(told: Mapping[str, Any]) -> Money:
    try:
        return Money(text(told, "currency"), whole(told, "amount_minor"))
    except MoneyError:
        raise Unreadable("currency") from None


def _refusal(told: Mapping[str, Any], turned_down: frozenset[str]) -> Refused | Unknown:
    code = text(told, "code")
    if code in turned_down:
        return Refused(code, words(told, "message"))
    return Unknown(UnknownCause.CHANNEL_FAULT, code[:64])
