"""Alipay's open platform: forms to one gateway, RSA2 over sorted pairs, yuan as text, Beijing time without a zone.

Shapes, states and codes are those of opendocs.alipay.com (alipay.trade.precreate and its sisters, version 1.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from services.channel_sandbox.dialects import fields, rsa
from services.channel_sandbox.dialects.dialect import Happened, Stamp
from services.channel_sandbox.dialects.fields import BadFieldError, to_yuan
from services.channel_sandbox.domain.callback import Callback, Event, Message
from services.channel_sandbox.domain.order import Channel, Order, OrderAsked, OrderState
from services.channel_sandbox.domain.refund import Refund, RefundAsked, RefundState

BUYER = "abc***@example.com"
_BEIJING = ZoneInfo("Asia/Shanghai")
_BUYER_ID = "2088101117955611"
_ORDER_NO = r"[0-9A-Za-z_-]{1,64}"
_FORM = "%Y-%m-%d %H:%M:%S"
_UNITS = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    """The merchant's app, its account, its public key, and the platform's own key."""

    app_id: str
    seller_id: str
    app_key: RSAPublicKey
    platform_key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alipay:
    """A `Dialect`."""

    keys: AlipayKeys
    channel: Channel = Channel.ALIPAY
    # 4m,10m,10m,1h,2h,6h,15h
    rests_seconds: Sequence[int] = (240, 600, 600, 3600, 7200, 21600, 54000)
    refunds_at_once: bool = True

    def txn_no(self, now: datetime, number: int) -> str:
        """28 digits."""
        return f"{now.astimezone(_BEIJING):%Y%m%d}2200{number:016d}"

    def refund_no(self, now: datetime, number: int) -> str:  # noqa: ARG002  it numbers no refunds
        """Alipay numbers no refunds."""
        return ""

    def url(self, happened: Happened) -> str:
        """All that befalls a trade is told at the one address that its order named."""
        return happened.order.asked.notify_url

    def content(self, happened: Happened, event_id: str) -> Mapping[str, Any] | None:
        """Tells how the trade stands after a payment, a closing and a refund that moved money; of nothing else."""
        order, refund = happened.order, happened.refund
        is_untold = happened.event is Event.REFUND_FAILED or (not refund and order.scanned_at is None)
        if is_untold:
            return None
        told = {
            "notify_time": local(happened.at),
            "notify_type": "trade_status_sync",
            "notify_id": event_id,
            "app_id": self.keys.app_id,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": order.channel_txn_no,
            "out_trade_no": order.asked.merchant_order_no,
            "seller_id": self.keys.seller_id,
            "buyer_id": _BUYER_ID,
            "trade_status": trade_status(order),
            "total_amount": to_yuan(order.asked.amount_minor),
            "subject": order.asked.description,
            "gmt_create": local(order.scanned_at or order.created_at),
        }
        return told | _paid(order) | _closed(order) | (_given_back(order, refund) if refund else {})

    def message(self, callback: Callback, stamp: Stamp) -> Message:  # noqa: ARG002  its signature has no time of its own
        """The same form each time, signed without sign and sign_type."""
        form: dict[str, str] = {name: str(value) for name, value in callback.content.items()}
        signature = rsa.sign(self.keys.platform_key, signed_text(form).encode())
        form |= {"sign_type": "RSA2", "sign": rsa.spoilt(signature) if callback.forged else signature}
        return Message(urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})

    def is_taken(self, status: int, body: bytes) -> bool:
        """The seven characters success, and nothing else."""
        return status == 200 and body.strip() == b"success"

    def answer(self, method: str, shape: Mapping[str, Any]) -> bytes:
        """A node named by the method, and the signature of its very bytes."""
        node = fields.to_json(shape)
        name = f"{method.replace('.', '_')}_response" if method else "error_response"
        signature = rsa.sign(self.keys.platform_key, node)
        return b'{"' + name.encode() + b'":' + node + b',"sign":"' + signature.encode("ascii") + b'"}'

    def is_signed(self, form: Mapping[str, str]) -> bool:
        """Whether a request is the merchant's: everything but `sign` is signed, `sign_type` too."""
        given = {name: value for name, value in form.items() if name != "sign"}
        return rsa.holds(self.keys.app_key, signed_text(given).encode(), form.get("sign", ""))

    def trade(self, order: Order) -> dict[str, Any]:
        """A trade as it is asked for."""
        told = {
            "trade_no": order.channel_txn_no,
            "out_trade_no": order.asked.merchant_order_no,
            "buyer_logon_id": BUYER,
            "buyer_user_id": _BUYER_ID,
            "trade_status": trade_status(order),
            "total_amount": to_yuan(order.asked.amount_minor),
            "buyer_pay_amount": to_yuan(order.asked.amount_minor if order.paid_at else 0),
            "receipt_amount": to_yuan(order.asked.amount_minor if order.paid_at else 0),
            "invoice_amount": "0.00",
            "point_amount": "0.00",
        }
        return told | ({"send_pay_date": local(order.paid_at)} if order.paid_at else {})


def trade_status(order: Order) -> str:
    """A trade that was given back whole is closed, as one that was never paid is."""
    match order.state:
        case OrderState.WAITING | OrderState.PROCESSING:
            return "WAIT_BUYER_PAY"
        case OrderState.SUCCEEDED if order.refunded_minor < order.asked.amount_minor:
            return "TRADE_SUCCESS"
    return "TRADE_CLOSED"


def refunded(order: Order, refund: Refund, *, is_new: bool) -> dict[str, Any]:
    """What a request for a refund is answered; `refund_fee` is the sum of all refunds of the trade."""
    moved = is_new and refund.state is RefundState.SUCCEEDED
    return {
        "trade_no": order.channel_txn_no,
        "out_trade_no": order.asked.merchant_order_no,
        "buyer_logon_id": BUYER,
        "buyer_user_id": _BUYER_ID,
        "fund_change": "Y" if moved else "N",
        "refund_fee": to_yuan(order.refunded_minor),
    }


def refund_found(order: Order, refund: Refund, *, with_time: bool) -> dict[str, Any]:
    """A refund; of one that has not succeeded everything is told but its refund_status."""
    told = {
        "trade_no": order.channel_txn_no,
        "out_trade_no": order.asked.merchant_order_no,
        "out_request_no": refund.asked.merchant_refund_no,
        "refund_reason": refund.asked.reason,
        "total_amount": to_yuan(order.asked.amount_minor),
        "refund_amount": to_yuan(refund.asked.amount_minor),
    }
    if refund.state is not RefundState.SUCCEEDED:
        return told
    told["refund_status"] = "REFUND_SUCCESS"
    return told | ({"gmt_refund_pay": local(refund.done_at)} if with_time else {})


def read_order(form: Mapping[str, str], now: datetime, order_seconds: float) -> OrderAsked:
    """alipay.trade.precreate. Raises BadFieldError."""
    given = business(form)
    return OrderAsked(
        channel=Channel.ALIPAY,
        merchant_order_no=fields.text(given, "out_trade_no", 64, form=_ORDER_NO),
        amount_minor=fields.yuan(given, "total_amount"),
        currency="CNY",
        description=fields.text(given, "subject", 256),
        attach=fields.text(given, "body", 128, needed=False),
        notify_url=fields.url(form, "notify_url"),
        expires_at=_expires_at(given, now) or now + timedelta(seconds=order_seconds),
    )


def read_refund(given: Mapping[str, Any], merchant_order_no: str) -> RefundAsked:
    """alipay.trade.refund; without a request number the order's stands in. Raises BadFieldError."""
    return RefundAsked(
        channel=Channel.ALIPAY,
        merchant_refund_no=fields.text(given, "out_request_no", 64, needed=False) or merchant_order_no,
        scope=merchant_order_no,
        amount_minor=fields.yuan(given, "refund_amount"),
        reason=fields.text(given, "refund_reason", 256, needed=False),
        notify_url="",
    )


def business(form: Mapping[str, str]) -> Mapping[str, Any]:
    """biz_content. Raises BadFieldError."""
    return fields.read_object(form.get("biz_content", ""), "biz_content")


def signed_text(form: Mapping[str, str]) -> str:
    """name=value pairs by name, with & between, without those that are empty."""
    return "&".join(f"{name}={form[name]}" for name in sorted(form) if form[name] != "")


def local(at: datetime | None) -> str:
    """Beijing time to the second."""
    assert at is not None, "an instant that is told has happened"
    return at.astimezone(_BEIJING).strftime(_FORM)


def _paid(order: Order) -> dict[str, str]:
    if order.paid_at is None:
        return {}
    amount = to_yuan(order.asked.amount_minor)
    return {
        "gmt_payment": local(order.paid_at),
        "receipt_amount": amount,
        "buyer_pay_amount": amount,
        "invoice_amount": amount,
        "point_amount": "0.00",
    }


def _closed(order: Order) -> dict[str, str]:
    return {"gmt_close": local(order.closed_at)} if order.closed_at else {}


def _given_back(order: Order, refund: Refund) -> dict[str, str]:
    told = {
        "out_biz_no": refund.asked.merchant_refund_no,
        "refund_fee": to_yuan(order.refunded_minor),
        "gmt_refund": f"{local(refund.done_at)}.000",
    }
    is_whole = order.refunded_minor == order.asked.amount_minor
    return told | ({"gmt_close": local(refund.done_at)} if is_whole else {})


def _expires_at(given: Mapping[str, Any], now: datetime) -> datetime | None:
    if text := fields.text(given, "time_expire", 19, needed=False):
        try:
            return datetime.strptime(text, _FORM).replace(tzinfo=_BEIJING).astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadFieldError("time_expire", "must be such as 2026-03-01 08:00:00") from None
    text = fields.text(given, "timeout_express", 6, form="[1-9][0-9]{0,4}[mhd]|1c", needed=False)
    if not text or text == "1c":
        return None
    return now + timedelta(seconds=min(int(text[:-1]) * _UNITS[text[-1]], 15 * 86_400))
