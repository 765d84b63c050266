"""Alipay, the open platform's gateway, orders by QR code (alipay.trade.precreate). What answers mean: alipay_words.py.

Requests are forms, signed by RSA2 (SHA-256) over their sorted fields. An answer is believed only when its `sign` is
Alipay's for the very bytes of its node; a refusal too, since a refusal decides about money.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from chassis.clock import Clock
from chassis.money import Money
from services.payments.channels import (
    CallbackReply,
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Forged,
    ForgedCause,
    Order,
    PrepayAnswer,
    RefundAnswer,
    RefundFound,
    RefundOrder,
    RefundProcessing,
    RefundSucceeded,
    Refused,
    Unfit,
    Unknown,
    UnknownCause,
)
from services.payments.channels import alipay_words as words
from services.payments.channels.proof import difference, wrong_payment
from services.payments.channels.reading import BEIJING, AskAgain, Unreadable, json_object
from services.payments.channels.signing import RsaSigner, RsaVerifier
from services.payments.channels.wire import Ask, Heard, Wire

T = TypeVar("T")

_ORDER_NO: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_AMOUNT_MINOR_MAX: Final = 10_000_000_000
_SUBJECT_CHARS_MAX: Final = 256
_EXPIRE_MINUTES_MAX: Final = 15 * 24 * 60
_REASON_CHARS_MAX: Final = 256
_FIELDS_MAX: Final = 200
_NODES_MAX: Final = 8
# The platform repeats a callback for 25 hours, and notify_time may be that of the first try.
_CALLBACK_AGE_MAX: Final = timedelta(hours=26)
_CLOCK_APART_MAX: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    """What an account needs to sign and to believe. `platform` may hold more than one key while they change."""

    signer: RsaSigner = field(repr=False)
    platform: tuple[RsaVerifier, ...] = field(repr=False)


class Alipay:
    """One app (app_id) of one seller (seller_id, 2088...), on a pool of connections; close it at the end."""

    def __init__(
        self, app_id: str, seller_id: str, notify_url: str, keys: AlipayKeys, wire: Wire, clock: Clock
    ) -> None:
        self._app_id = app_id
        self._seller_id = seller_id
        self._notify_url = notify_url
        self._keys = keys
        self._wire = wire
        self._clock = clock

    async def close_connections(self) -> None:
        """See Channel."""
        await self._wire.close()

    def unfit(self, order: Order) -> Unfit | None:
        """See Channel. An order number has up to 64 letters, digits, _ and -, the money is CNY, 100 million at most."""
        if not _ORDER_NO.fullmatch(order.merchant_order_no):
            rule = "must be up to 64 of letters, digits, _ and - at Alipay"
            return Unfit("merchant_order_no", "CHANNEL_FORM", rule, "支付宝要求 64 位以内的字母、数字、_ 或 -")
        if order.amount.currency_code != "CNY":
            return Unfit("amount", "CHANNEL_CURRENCY", "must be CNY at Alipay", "支付宝仅支持人民币")
        if order.amount.amount_minor > _AMOUNT_MINOR_MAX:
            return Unfit(
                "amount", "CHANNEL_AMOUNT", "must be at most 100,000,000 yuan at Alipay", "支付宝单笔上限一亿元"
            )
        return None

    async def prepay(self, order: Order) -> PrepayAnswer:
        """See Channel. Asks once more, how the order stands, when it is told that the order is paid."""
        ahead = order.expire_time - self._clock.now()
        # It takes whole minutes from now on, so that the channel may let go up to a minute after expire_time.
        minutes = min(max(1, -(-ahead // timedelta(minutes=1))), _EXPIRE_MINUTES_MAX)
        content = {
            "out_trade_no": order.merchant_order_no,
            "total_amount": yuan(order.amount),
            "subject": order.description[:_SUBJECT_CHARS_MAX],
            "seller_id": self._seller_id,
            "timeout_express": f"{minutes}m",
            "qr_code_timeout_express": f"{minutes}m",
        }
        answer = await self._ask("alipay.trade.precreate", content, _of(order, words.read_prepay))
        if not isinstance(answer, AskAgain):
            return answer
        found = await self.query(order)
        return found if isinstance(found, PrepayAnswer) else words.no_proof(answer)

    async def query(self, order: Order) -> ChannelPayment:
        """See Channel. An order that nobody has scanned yet is NotFound here."""
        content = _payment_named(order)
        return await self._ask("alipay.trade.query", content, _of(order, words.read_payment))

    async def close(self, order: Order) -> CloseAnswer:
        """See Channel. Asks once more, how the order stands, when it is told that it cannot be closed."""
        content = _payment_named(order)
        answer = await self._ask("alipay.trade.close", content, _of(order, words.read_close))
        if not isinstance(answer, AskAgain):
            return answer
        found = await self.query(order)
        return found if isinstance(found, CloseAnswer) else words.no_proof(answer)

    async def refund(self, refund: RefundOrder) -> RefundAnswer:
        """See Channel. Asks once more, how the refund stands, since only that answer names the refund.

        Of two numbers of the payment the trade_no decides, so it is proved before to be the order's.
        """
        trade = {"trade_no": refund.channel_txn_no}
        found = await self._ask("alipay.trade.query", trade, words.read_proof)
        if wrong := wrong_payment(refund, found):
            return wrong
        content = {
            **_payment_named(refund),
            "out_request_no": refund.merchant_refund_no,
            "refund_amount": yuan(refund.amount),
        }
        if refund.reason:
            content["refund_reason"] = refund.reason[:_REASON_CHARS_MAX]
        answer = await self._ask("alipay.trade.refund", content, words.read_refund)
        if isinstance(answer, Refused | Unknown):
            return answer
        if isinstance(answer, RefundProcessing) and difference(refund, answer.about):
            return answer
        return await self._end_of(refund, answer)

    async def query_refund(self, refund: RefundOrder) -> RefundFound:
        """See Channel."""
        content = {
            **_payment_named(refund),
            "out_request_no": refund.merchant_refund_no,
            "query_options": ["gmt_refund_pay"],
        }
        return await self._ask("alipay.trade.fastpay.refund.query", content, words.read_refund_found)

    def read_callback(
        self,
        headers: Mapping[str, str],  # noqa: ARG002  the signature stands in the form
        body: bytes,
        now: datetime,
    ) -> CallbackTold:
        """See Channel."""
        try:
            told = _form(body)
            if forged := self._forged(told, now):
                return Forged(forged)
            if told.get("app_id") != self._app_id or told.get("seller_id", self._seller_id) != self._seller_id:
                return Forged(ForgedCause.OTHER_ACCOUNT)
            return words.read_event(told)
        except Unreadable:
            return Forged(ForgedCause.UNREADABLE)

    def reply(self, *, taken: bool) -> CallbackReply:
        """See Channel. Whatever is not the seven letters `success` has it repeated."""
        return CallbackReply(200, "text/plain; charset=utf-8", b"success" if taken else b"fail")

    async def _end_of(self, refund: RefundOrder, answer: RefundProcessing | AskAgain) -> RefundAnswer:
        """What the query makes of an answer; it may come too early, and then tells nothing yet."""
        found = await self.query_refund(refund)
        if isinstance(answer, AskAgain):
            return found if isinstance(found, RefundAnswer) else words.no_proof(answer)
        return found if isinstance(found, RefundSucceeded) else answer

    def _forged(self, told: Mapping[str, str], now: datetime) -> ForgedCause | None:
        if told.get("sign_type") != "RSA2" or not told.get("sign"):
            return ForgedCause.NO_SIGNATURE
        charset = words.charset_of(told)
        # Of a callback the signature leaves sign_type out as well; of a request it does not.
        signed = {name: value for name, value in told.items() if name not in ("sign", "sign_type")}
        if not self._is_theirs(told["sign"], to_sign(signed).encode(charset)):
            return ForgedCause.BAD_SIGNATURE
        age = now - words.notify_time(told)
        return None if -_CLOCK_APART_MAX <= age <= _CALLBACK_AGE_MAX else ForgedCause.OUT_OF_TIME

    def _is_theirs(self, sign: str, message: bytes) -> bool:
        return any(key.holds(sign, message) for key in self._keys.platform)

    async def _ask(
        self, method: str, content: Mapping[str, object], read: Callable[[Mapping[str, Any]], T]
    ) -> T | Unknown:
        fields = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": self._clock.now().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "notify_url": self._notify_url,
            "biz_content": json.dumps(content, ensure_ascii=False),
        }
        fields["sign"] = self._keys.signer.sign(to_sign(fields).encode())
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        ask = Ask("POST", "/gateway.do", f"/gateway.do {method}", headers, urlencode(fields).encode())
        heard = await self._wire.ask(ask)
        return heard if isinstance(heard, Unknown) else self._read(heard, method, read)

    def _read(self, heard: Heard, method: str, read: Callable[[Mapping[str, Any]], T]) -> T | Unknown:
        try:
            node, sign = _signed_node(heard.body, method)
            if not self._is_theirs(sign, node.encode()):
                return Unknown(UnknownCause.BAD_SIGNATURE, f"HTTP {heard.status}")
            return read(words.node_object(node))
        except Unreadable as fault:
            return Unknown(UnknownCause.UNREADABLE, f"HTTP {heard.status}, {fault}")


def _of(order: Order, read: Callable[[Mapping[str, Any]], T]) -> Callable[[Mapping[str, Any]], T]:
    """The reading of an answer about an order. Signed, but about another, somebody on the way gave it to this one."""

    def read_own(told: Mapping[str, Any]) -> T:
        if told.get("code") == words.OK and told.get("out_trade_no") != order.merchant_order_no:
            raise Unreadable("out_trade_no")
        return read(told)

    return read_own


def _payment_named(asked: Order | RefundOrder) -> dict[str, object]:
    """By both numbers where both are known; Alipay then goes by its own."""
    trade = {"trade_no": asked.channel_txn_no} if asked.channel_txn_no else {}
    return {"out_trade_no": asked.merchant_order_no, **trade}


def yuan(money: Money) -> str:
    """The amount as Alipay writes it: in yuan, with two decimals."""
    assert money.currency_code == "CNY", "unfit lets no other money through"
    return f"{money.amount_minor // 100}.{money.amount_minor % 100:02}"


def to_sign(fields: Mapping[str, str]) -> str:
    """What is signed: the fields that are not empty, sorted by name, as name=value with & between."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value != "")


def _signed_node(body: bytes, method: str) -> tuple[str, str]:
    """The text of the answer's node exactly as it was sent, which is what is signed, and the signature."""
    found = _top_level(body)
    node = found.get(f"{method.replace('.', '_')}_response") or found.get("error_response")
    if node is None:
        raise Unreadable("no node")
    try:
        sign = json.loads(found.get("sign", '""'))
    except ValueError:
        raise Unreadable("sign") from None
    return node, sign if isinstance(sign, str) else ""


def _top_level(body: bytes) -> dict[str, str]:
    """The fields of a JSON object by name, each as the very text that stands there. Raises Unreadable."""
    json_object(body)
    decoder = json.JSONDecoder()
    found: dict[str, str] = {}
    try:
        text = body.decode().strip()
        if not text.startswith("{") or not text.endswith("}"):
            raise Unreadable("no JSON object")
        at = 1
        for _ in range(_NODES_MAX):
            at = _skip(text, at, "," if found else "")
            if at == len(text) - 1:
                return found
            name, at = decoder.raw_decode(text, at)
            begin = _skip(text, _skip(text, at, ""), ":")
            _, at = decoder.raw_decode(text, begin)
            if not isinstance(name, str) or name in found:
                raise Unreadable("a field twice")
            found[name] = text[begin:at]
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    raise Unreadable("too many fields")


def _skip(text: str, at: int, sign: str) -> int:
    """Past blanks, then past a sign if it is there, then past blanks again."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    if sign and text.startswith(sign, at):
        return _skip(text, at + 1, "")
    return at


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form, in the charset that it names. Raises Unreadable, also for a field that stands twice."""
    try:
        named = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS_MAX))
        charset = words.charset_of(named)
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_FIELDS_MAX,
            encoding=charset,
            errors="strict",
        )
    except ValueError:
        raise Unreadable("no form") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise Unreadable("a field twice")
    return dict(pairs)
