"""WeChat Pay, API v3: RSA signatures in headers, callbacks sealed by AES-256-GCM, amounts in fen.

Shapes, states and codes are those of pay.weixin.qq.com/doc/v3/merchant (Native payment, domestic refunds).
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.channel_sandbox.dialects import fields, rsa
from services.channel_sandbox.dialects.dialect import Happened, Stamp
from services.channel_sandbox.domain.callback import Callback, Event, Message
from services.channel_sandbox.domain.order import Channel, Order, OrderState
from services.channel_sandbox.domain.refund import Refund, RefundState

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CLOCK_SECONDS_MAX = 300
_BEIJING = ZoneInfo("Asia/Shanghai")
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
_PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
_STATES: Mapping[OrderState, tuple[str, str]] = {
    OrderState.WAITING: ("NOTPAY", "订单未支付"),
    OrderState.PROCESSING: ("USERPAYING", "用户支付中"),
    OrderState.SUCCEEDED: ("SUCCESS", "支付成功"),
    OrderState.FAILED: ("PAYERROR", "支付失败"),
    OrderState.CLOSED: ("CLOSED", "订单已关闭"),
}
_GIVEN_BACK = ("REFUND", "转入退款")
_SUMMARIES: Mapping[str, str] = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.CLOSED": "退款关闭",
    "REFUND.ABNORMAL": "退款异常",
}


@dataclass(frozen=True, slots=True)
class WeChatKeys:
    """The merchant's names and certificate, the platform's key, and the key that seals callbacks (32 bytes)."""

    mchid: str
    appid: str
    merchant_serial: str
    merchant_key: RSAPublicKey
    platform_serial: str
    platform_key: RSAPrivateKey = field(repr=False)
    api_v3_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WeChatPay:
    """A `Dialect`."""

    keys: WeChatKeys
    channel: Channel = Channel.WECHAT_PAY
    # 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h
    rests_seconds: Sequence[int] = (
        *(15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600),
        *(10800, 10800, 10800, 21600, 21600),
    )
    refunds_at_once: bool = False

    def txn_no(self, now: datetime, number: int) -> str:
        """28 digits."""
        return f"4200000000{now.astimezone(_BEIJING):%Y%m%d}{number:010d}"

    def refund_no(self, now: datetime, number: int) -> str:
        """29 digits."""
        return f"50000000000{now.astimezone(_BEIJING):%Y%m%d}{number:010d}"

    def url(self, happened: Happened) -> str:
        """A refund is told of where its own request says, and else nowhere."""
        return happened.refund.asked.notify_url if happened.refund else happened.order.asked.notify_url

    def content(self, happened: Happened, event_id: str) -> Mapping[str, Any] | None:
        """Tells of payments that have succeeded, and of the ends of refunds."""
        kind = _kind(happened)
        if kind is None:
            return None
        refund = happened.refund
        resource = self._refund_told(happened.order, refund) if refund else self.transaction(happened.order)
        head = {"id": event_id, "create_time": instant(happened.at), "event_type": kind, "summary": _SUMMARIES[kind]}
        return {"head": head, "original_type": "refund" if refund else "transaction", "resource": resource}

    def message(self, callback: Callback, stamp: Stamp) -> Message:
        """Sealed and signed anew; a forged one is sealed and has a signature that does not hold."""
        kind, nonce = callback.content["original_type"], stamp.nonce[:12]
        sealed = AESGCM(self.keys.api_v3_key).encrypt(
            nonce.encode("ascii"), fields.to_json(callback.content["resource"]), kind.encode("ascii")
        )
        resource = {
            "original_type": kind,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode("ascii"),
            "associated_data": kind,
            "nonce": nonce,
        }
        body = fields.to_json({**callback.content["head"], "resource_type": "encrypt-resource", "resource": resource})
        headers = self.stamped(body, stamp)
        if callback.forged:
            headers["Wechatpay-Signature"] = rsa.spoilt(headers["Wechatpay-Signature"])
        return Message(body, {"Content-Type": "application/json", **headers})

    def is_taken(self, status: int, body: bytes) -> bool:  # noqa: ARG002  the status says it all
        """200 or 204."""
        return status in (200, 204)

    def stamped(self, body: bytes, stamp: Stamp) -> dict[str, str]:
        """The headers that sign an answer or a callback."""
        timestamp = str(int(stamp.now.timestamp()))
        signed = f"{timestamp}\n{stamp.nonce}\n".encode() + body + b"\n"
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": stamp.nonce,
            "Wechatpay-Serial": self.keys.platform_serial,
            "Wechatpay-Signature-Type": SCHEME,
            "Wechatpay-Signature": rsa.sign(self.keys.platform_key, signed),
        }

    def why_not(self, method: str, target: str, authorization: str, body: bytes, now: datetime) -> str:
        """Why a request is not the merchant's, or nothing when it is."""
        scheme, _, rest = authorization.partition(" ")
        given = dict(_PAIR.findall(rest))
        if scheme != SCHEME or given.keys() < {"mchid", "serial_no", "nonce_str", "timestamp", "signature"}:
            return "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"
        if (given["mchid"], given["serial_no"]) != (self.keys.mchid, self.keys.merchant_serial):
            return "商户号或证书序列号有误"
        timestamp = given["timestamp"]
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            return "Http头Authorization中的timestamp有误"
        if abs(int(timestamp) - now.timestamp()) > CLOCK_SECONDS_MAX:
            return "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"
        signed = f"{method}\n{target}\n{timestamp}\n{given['nonce_str']}\n".encode() + body + b"\n"
        return "" if rsa.holds(self.keys.merchant_key, signed, given["signature"]) else "签名错误，请检查后再试"

    def transaction(self, order: Order) -> dict[str, Any]:
        """An order as it is asked for and told."""
        state, words = _STATES[order.state]
        if order.state is OrderState.SUCCEEDED and order.refunded_minor + order.refunding_minor:
            state, words = _GIVEN_BACK
        asked = order.asked
        amount = {"total": asked.amount_minor, "currency": asked.currency}
        shape = {
            "appid": self.keys.appid,
            "mchid": self.keys.mchid,
            "out_trade_no": asked.merchant_order_no,
            "trade_state": state,
            "trade_state_desc": words,
            "attach": asked.attach,
            "amount": amount,
        }
        if order.paid_at is None:
            return shape
        return shape | {
            "transaction_id": order.channel_txn_no,
            "trade_type": "NATIVE",
            "bank_type": "OTHERS",
            "success_time": instant(order.paid_at),
            "payer": {"openid": OPENID},
            "amount": amount | {"payer_total": asked.amount_minor, "payer_currency": asked.currency},
        }

    def refund(self, order: Order, refund: Refund) -> dict[str, Any]:
        """A refund as it is answered and asked for."""
        amount = {**_refund_amount(order, refund), "settlement_refund": refund.asked.amount_minor}
        amount |= {"settlement_total": order.asked.amount_minor, "discount_refund": 0, "currency": order.asked.currency}
        shape = {
            **_refund_head(order, refund),
            "channel": "ORIGINAL",
            "create_time": instant(refund.accepted_at),
            "status": _refund_state(refund),
            "funds_account": "AVAILABLE",
            "amount": amount,
        }
        return shape | ({"success_time": instant(refund.done_at)} if refund.state is RefundState.SUCCEEDED else {})

    def _refund_told(self, order: Order, refund: Refund) -> dict[str, Any]:
        shape = {
            "mchid": self.keys.mchid,
            **_refund_head(order, refund),
            "refund_status": _refund_state(refund),
            "amount": _refund_amount(order, refund),
        }
        return shape | ({"success_time": instant(refund.done_at)} if refund.state is RefundState.SUCCEEDED else {})


def instant(at: datetime | None) -> str | None:
    """RFC 3339 to the second, in Beijing's zone."""
    return at.astimezone(_BEIJING).isoformat(timespec="seconds") if at else None


def _kind(happened: Happened) -> str | None:
    if happened.event is Event.PAYMENT_SUCCEEDED:
        return "TRANSACTION.SUCCESS"
    return f"REFUND.{_refund_state(happened.refund)}" if happened.refund else None


def _refund_state(refund: Refund) -> str:
    if refund.state is RefundState.FAILED:
        return refund.fails_as
    return "SUCCESS" if refund.state is RefundState.SUCCEEDED else "PROCESSING"


def _refund_head(order: Order, refund: Refund) -> dict[str, Any]:
    return {
        "refund_id": refund.channel_refund_no,
        "out_refund_no": refund.asked.merchant_refund_no,
        "transaction_id": order.channel_txn_no,
        "out_trade_no": order.asked.merchant_order_no,
        "user_received_account": "支付用户零钱",
    }


def _refund_amount(order: Order, refund: Refund) -> dict[str, Any]:
    total, part = order.asked.amount_minor, refund.asked.amount_minor
    return {"total": total, "refund": part, "payer_total": total, "payer_refund": part}
