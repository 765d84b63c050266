"""WeChat Pay, API v3, native orders (pay.weixin.qq.com/doc/v3/merchant). What its answers mean: wechat_pay_words.py.

Requests are signed with our RSA key; an answer is believed only under a signature of the platform, fresh within
five minutes. That holds for refusals as well, since a refusal decides about money.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.clock import Clock
from services.payments.channels import (
    CallbackReply,
    CallbackTold,
    ChannelPayment,
    CloseAnswer,
    Forged,
    ForgedCause,
    NotFound,
    Order,
    PrepayAnswer,
    Processing,
    RefundAnswer,
    RefundFound,
    RefundOrder,
    Refused,
    Unfit,
    Unknown,
    UnknownCause,
)
from services.payments.channels import wechat_pay_words as words
from services.payments.channels.proof import wrong_payment
from services.payments.channels.reading import BEIJING, AskAgain, Unreadable, json_object, table, text
from services.payments.channels.signing import RsaSigner, RsaVerifier
from services.payments.channels.wire import Ask, Heard, Wire

T = TypeVar("T")

CLOCK_APART_MAX: Final = timedelta(minutes=5)
_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
_ORDER_NO: Final = re.compile(r"[0-9A-Za-z_*|@-]{6,32}")
_DESCRIPTION_CHARS_MAX: Final = 127
_REASON_CHARS_MAX: Final = 80
_ORDERS: Final = "/v3/pay/transactions/out-trade-no/"
_TRANSACTIONS: Final = "/v3/pay/transactions/id/"
_REFUNDS: Final = "/v3/refund/domestic/refunds"


@dataclass(frozen=True, slots=True)
class WeChatPayKeys:
    """What an account needs to sign and to believe; `platform` is by the id that Wechatpay-Serial names."""

    serial_no: str
    signer: RsaSigner = field(repr=False)
    platform: Mapping[str, RsaVerifier] = field(repr=False)
    api_v3_key: bytes = field(repr=False)


class WeChatPay:
    """One merchant account (mchid) with one app (appid), on a pool of connections; close it at the end."""

    def __init__(
        self, app_id: str, mch_id: str, notify_url: str, keys: WeChatPayKeys, wire: Wire, clock: Clock
    ) -> None:
        self._app_id = app_id
        self._mch_id = mch_id
        self._notify_url = notify_url
        self._keys = keys
        self._wire = wire
        self._clock = clock

    async def close_connections(self) -> None:
        """See Channel."""
        await self._wire.close()

    def unfit(self, order: Order) -> Unfit | None:
        """See Channel. An order number has 6 to 32 signs, the money is CNY."""
        if not _ORDER_NO.fullmatch(order.merchant_order_no):
            rule = "must be 6 to 32 of letters, digits and _-|*@ at WeChat Pay"
            return Unfit("merchant_order_no", "CHANNEL_FORM", rule, "微信支付要求 6 到 32 位字母、数字或 _-|*@")
        if order.amount.currency_code != "CNY":
            return Unfit("amount", "CHANNEL_CURRENCY", "must be CNY at WeChat Pay", "微信支付仅支持人民币")
        return None

    async def prepay(self, order: Order) -> PrepayAnswer:
        """See Channel. Asks once more, how the order stands, when it is told that the number is in use or paid."""
        body = {
            "appid": self._app_id,
            "mchid": self._mch_id,
            "description": order.description[:_DESCRIPTION_CHARS_MAX],
            "out_trade_no": order.merchant_order_no,
            "time_expire": order.expire_time.astimezone(BEIJING).isoformat(timespec="seconds"),
            "notify_url": self._notify_url,
            "amount": {"total": order.amount.amount_minor, "currency": order.amount.currency_code},
        }
        heard = await self._ask("POST", "/v3/pay/transactions/native", "/v3/pay/transactions/native", body)
        answer = _read(heard, words.read_prepay)
        if not isinstance(answer, AskAgain):
            return answer
        found = await self.query(order)
        return _no_proof(answer) if isinstance(found, NotFound) else found

    async def query(self, order: Order) -> ChannelPayment:
        """See Channel. By its transaction_id, where that is known."""
        if order.channel_txn_no:
            heard = await self._ask_transaction(order.channel_txn_no)
        else:
            target = f"{_order_target(order.merchant_order_no)}?{self._as_merchant()}"
            heard = await self._ask("GET", target, f"{_ORDERS}{{out_trade_no}}")
        return _read(heard, lambda status, told: self._read_payment(order, status, told))

    async def close(self, order: Order) -> CloseAnswer:
        """See Channel. 204 is said of an order that is not there as well, so what it did is asked for."""
        target = f"{_order_target(order.merchant_order_no)}/close"
        heard = await self._ask("POST", target, f"{_ORDERS}{{out_trade_no}}/close", {"mchid": self._mch_id})
        answer = _read(heard, words.read_close)
        if not isinstance(answer, AskAgain):
            return answer
        match await self.query(order):
            case Processing():
                return _no_proof(answer)
            case found:
                return found

    async def refund(self, refund: RefundOrder) -> RefundAnswer:
        """See Channel. Only one number of the payment may be sent, so that of a transaction is proved before."""
        heard = await self._ask_transaction(refund.channel_txn_no)
        if wrong := wrong_payment(refund, _read(heard, self._read_proof)):
            return wrong
        body: dict[str, object] = {
            "transaction_id": refund.channel_txn_no,
            "out_refund_no": refund.merchant_refund_no,
            "notify_url": self._notify_url,
            "amount": {
                "refund": refund.amount.amount_minor,
                "total": refund.payment_amount.amount_minor,
                "currency": refund.amount.currency_code,
            },
        }
        if refund.reason:
            body["reason"] = refund.reason[:_REASON_CHARS_MAX]
        return _read(await self._ask("POST", _REFUNDS, _REFUNDS, body), words.read_refund)

    async def query_refund(self, refund: RefundOrder) -> RefundFound:
        """See Channel. It goes by the refund's number alone, and the answer names its payment."""
        target = f"{_REFUNDS}/{quote(refund.merchant_refund_no, safe='')}"
        return _read(await self._ask("GET", target, f"{_REFUNDS}/{{out_refund_no}}"), words.read_refund_found)

    def read_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> CallbackTold:
        """See Channel."""
        if forged := self._forged(headers, body, now):
            return Forged(forged)
        try:
            told = json_object(body)
            resource = self._opened(table(told, "resource"))
            if resource.get("mchid") != self._mch_id or resource.get("appid", self._app_id) != self._app_id:
                return Forged(ForgedCause.OTHER_ACCOUNT)
            return words.read_event(text(told, "id"), text(told, "event_type"), resource)
        except Unreadable:
            return Forged(ForgedCause.UNREADABLE)

    def reply(self, *, taken: bool) -> CallbackReply:
        """See Channel. Any status but 200 and 204 has it repeated."""
        if taken:
            return CallbackReply(HTTPStatus.NO_CONTENT, "application/json", b"")
        refusal = json.dumps({"code": "FAIL", "message": "失败"}, ensure_ascii=False).encode()
        return CallbackReply(HTTPStatus.BAD_REQUEST, "application/json", refusal)

    async def _ask_transaction(self, transaction_id: str) -> Heard | Unknown:
        target = f"{_TRANSACTIONS}{quote(transaction_id, safe='')}?{self._as_merchant()}"
        return await self._ask("GET", target, f"{_TRANSACTIONS}{{transaction_id}}")

    def _as_merchant(self) -> str:
        return f"mchid={quote(self._mch_id, safe='')}"

    async def _ask(
        self, method: str, target: str, template: str, body: Mapping[str, object] | None = None
    ) -> Heard | Unknown:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Authorization": self._authorization(method, target, content)}
        if content:
            headers["Content-Type"] = "application/json"
        heard = await self._wire.ask(Ask(method, target, template, headers, content))
        if isinstance(heard, Heard) and (forged := self._forged(heard.headers, heard.body, self._clock.now())):
            return Unknown(UnknownCause.BAD_SIGNATURE, f"HTTP {heard.status}, {forged}")
        return heard

    def _authorization(self, method: str, target: str, content: bytes) -> str:
        timestamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(16).upper()
        message = f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + content + b"\n"
        return (
            f'{_SCHEME} mchid="{self._mch_id}",nonce_str="{nonce}",timestamp="{timestamp}",'
            f'serial_no="{self._keys.serial_no}",signature="{self._keys.signer.sign(message)}"'
        )

    def _forged(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ForgedCause | None:
        timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        signature, serial = headers.get("wechatpay-signature", ""), headers.get("wechatpay-serial", "")
        if not (timestamp and nonce and signature and serial):
            return ForgedCause.NO_SIGNATURE
        if not _is_near(timestamp, now):
            return ForgedCause.OUT_OF_TIME
        if (key := self._keys.platform.get(serial)) is None:
            return ForgedCause.UNKNOWN_KEY
        # The probes that the platform sends (WECHATPAY/SIGNTEST/...) are no base64 and fail here, as they must.
        if not key.holds(signature, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"):
            return ForgedCause.BAD_SIGNATURE
        return None

    def _opened(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        if resource.get("algorithm") != "AEAD_AES_256_GCM":
            raise Unreadable("algorithm")
        bound = resource.get("associated_data") or ""
        if not isinstance(bound, str):
            raise Unreadable("associated_data")
        sealed = words.from_base64(text(resource, "ciphertext"))
        try:
            opened = AESGCM(self._keys.api_v3_key).decrypt(text(resource, "nonce").encode(), sealed, bound.encode())
        except (InvalidTag, ValueError):
            raise Unreadable("ciphertext") from None
        return json_object(opened)

    def _read_payment(self, order: Order, status: int, told: Mapping[str, Any]) -> ChannelPayment:
        self._refuse_other_account(status, told)
        # Signed, but an answer to another question: somebody on the way gave it to this one.
        if status == HTTPStatus.OK and told.get("out_trade_no") != order.merchant_order_no:
            raise Unreadable("out_trade_no")
        return words.read_payment(status, told)

    def _read_proof(self, status: int, told: Mapping[str, Any]) -> ChannelPayment | Refused:
        self._refuse_other_account(status, told)
        return words.read_proof(status, told)

    def _refuse_other_account(self, status: int, told: Mapping[str, Any]) -> None:
        if status == HTTPStatus.OK and (told.get("mchid") != self._mch_id or told.get("appid") != self._app_id):
            raise Unreadable("mchid")


def _read(heard: Heard | Unknown, read: Callable[[int, Mapping[str, Any]], T]) -> T | Unknown:
    """What an answer means, by its status and its body; one that cannot be read leaves it unknown."""
    if isinstance(heard, Unknown):
        return heard
    try:
        return read(heard.status, json_object(heard.body) if heard.body else {})
    except Unreadable as fault:
        return Unknown(UnknownCause.UNREADABLE, f"HTTP {heard.status}, {fault}")


def _no_proof(answer: AskAgain) -> Unknown:
    return Unknown(UnknownCause.UNREADABLE, f"said {answer.code}, which the query does not bear out")


def _order_target(merchant_order_no: str) -> str:
    return _ORDERS + quote(merchant_order_no, safe="")


def _is_near(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= CLOCK_APART_MAX
