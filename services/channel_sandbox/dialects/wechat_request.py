"""Reads what a merchant asks of WeChat Pay. Every field that is not fit is a BadFieldError, which names it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channel_sandbox.dialects import fields
from services.channel_sandbox.dialects.wechat_pay import WeChatKeys
from services.channel_sandbox.domain.order import Channel, OrderAsked
from services.channel_sandbox.domain.refund import RefundAsked

_ORDER_NO = r"[0-9A-Za-z_\-|*@]{6,32}"
_REFUND_NO = r"[0-9A-Za-z_\-|*@]{1,64}"


def read_order(keys: WeChatKeys, body: bytes, now: datetime, order_seconds: float) -> OrderAsked:
    """A request to make an order. Raises BadFieldError."""
    given = fields.read_object(body)
    check_merchant(keys, given)
    if fields.text(given, "appid", 32) != keys.appid:
        raise fields.BadFieldError("appid", "must be the merchant's")
    amount = _nested(given, "amount")
    return OrderAsked(
        channel=Channel.WECHAT_PAY,
        merchant_order_no=order_no_in(given),
        amount_minor=fields.minor(amount, "total", "amount.total"),
        currency=fields.text(amount, "currency", 3, form="CNY", needed=False) or "CNY",
        description=fields.text(given, "description", 127),
        attach=fields.text(given, "attach", 128, needed=False),
        notify_url=fields.url(given, "notify_url", needed=True),
        expires_at=fields.instant(given, "time_expire") or now + timedelta(seconds=order_seconds),
    )


def read_refund(body: bytes) -> tuple[str, str, int, RefundAsked]:
    """A request for a refund: the order's number or the channel's, its whole amount, what is asked.

    Raises BadFieldError.
    """
    given = fields.read_object(body)
    amount = _nested(given, "amount")
    if fields.text(amount, "currency", 3, form="CNY") != "CNY":
        raise fields.BadFieldError("amount.currency", "must be CNY")
    order_no = fields.text(given, "out_trade_no", 32, form=_ORDER_NO, needed=False)
    txn_no = fields.text(given, "transaction_id", 32, needed=not order_no)
    asked = RefundAsked(
        channel=Channel.WECHAT_PAY,
        merchant_refund_no=refund_no_in(given),
        scope="",
        amount_minor=fields.minor(amount, "refund", "amount.refund"),
        reason=fields.text(given, "reason", 80, needed=False),
        notify_url=fields.url(given, "notify_url"),
    )
    return order_no, txn_no, fields.minor(amount, "total", "amount.total"), asked


def check_merchant(keys: WeChatKeys, given: Mapping[str, Any]) -> None:
    """Raises BadFieldError unless `mchid` is the merchant's."""
    if fields.text(given, "mchid", 32) != keys.mchid:
        raise fields.BadFieldError("mchid", "must be the merchant's")


def order_no_in(given: Mapping[str, Any]) -> str:
    """out_trade_no. Raises BadFieldError."""
    return fields.text(given, "out_trade_no", 32, form=_ORDER_NO)


def refund_no_in(given: Mapping[str, Any]) -> str:
    """out_refund_no. Raises BadFieldError."""
    return fields.text(given, "out_refund_no", 64, form=_REFUND_NO)


def _nested(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, dict):
        raise fields.BadFieldError(name, "must be a JSON object")
    return value
