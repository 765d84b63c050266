"""The generic channel of our own design: JSON, and HMAC-SHA256 with a shared secret. README.md documents it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.channel_sandbox.dialects import fields
from services.channel_sandbox.dialects.dialect import Happened, Stamp
from services.channel_sandbox.domain.callback import Callback, Event, Message
from services.channel_sandbox.domain.order import Channel, Order, OrderAsked
from services.channel_sandbox.domain.refund import Refund, RefundAsked

CLOCK_SECONDS_MAX = 300
_NUMBER = r"[A-Za-z0-9._:-]+"
_JSON = "application/json"
_WORDS: Mapping[Event, str] = {
    Event.PAYMENT_SUCCEEDED: "payment.succeeded",
    Event.PAYMENT_FAILED: "payment.failed",
    Event.PAYMENT_CLOSED: "payment.closed",
    Event.REFUND_SUCCEEDED: "refund.succeeded",
    Event.REFUND_FAILED: "refund.failed",
}


@dataclass(frozen=True, slots=True)
class HmacKeys:
    """The merchant, and the secret that it shares with the channel."""

    merchant_id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HmacPay:
    """A `Dialect`."""

    keys: HmacKeys
    channel: Channel = Channel.HMAC_PAY
    rests_seconds: Sequence[int] = (5, 15, 60, 300, 900, 1800, 3600, 7200)
    refunds_at_once: bool = False

    def txn_no(self, now: datetime, number: int) -> str:
        """Such as hp202603010000000001."""
        return f"hp{now:%Y%m%d}{number:010d}"

    def refund_no(self, now: datetime, number: int) -> str:
        """Such as hr202603010000000002."""
        return f"hr{now:%Y%m%d}{number:010d}"

    def url(self, happened: Happened) -> str:
        """A refund may have an address of its own."""
        own = happened.refund.asked.notify_url if happened.refund else ""
        return own or happened.order.asked.notify_url

    def content(self, happened: Happened, event_id: str) -> Mapping[str, Any] | None:
        """Tells of everything."""
        about = {"payment": payment_shape(happened.order)}
        if happened.refund:
            about["refund"] = refund_shape(happened.order, happened.refund)
        head = {"event_id": event_id, "event": _WORDS[happened.event], "merchant_id": self.keys.merchant_id}
        return head | {"created_at": instant(happened.at)} | about

    def message(self, callback: Callback, stamp: Stamp) -> Message:
        """Signed by the secret; a forged one by another."""
        body = fields.to_json(callback.content)
        secret = hashlib.sha256(self.keys.secret).digest() if callback.forged else self.keys.secret
        signed = replace(self, keys=replace(self.keys, secret=secret)).stamped("CALLBACK", body, stamp)
        return Message(body, {"Content-Type": _JSON, **signed})

    def is_taken(self, status: int, body: bytes) -> bool:  # noqa: ARG002  the status says it all
        """Any 2xx."""
        return 200 <= status < 300

    def stamped(self, first_line: str, body: bytes, stamp: Stamp) -> dict[str, str]:
        """The headers that sign a body; `first_line` is what is said besides."""
        timestamp = str(int(stamp.now.timestamp()))
        return {
            "Pay-Merchant": self.keys.merchant_id,
            "Pay-Timestamp": timestamp,
            "Pay-Nonce": stamp.nonce,
            "Pay-Signature": self._signature(first_line, timestamp, stamp.nonce, body),
        }

    def why_not(self, first_line: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Why a message is not the merchant's, or nothing when it is; header names in lower case."""
        if headers.get("pay-merchant", "") != self.keys.merchant_id:
            return "Pay-Merchant is not known"
        timestamp, nonce = headers.get("pay-timestamp", ""), headers.get("pay-nonce", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12 and 8 <= len(nonce) <= 64):
            return "Pay-Timestamp must be seconds since 1970, Pay-Nonce 8 to 64 characters"
        if abs(int(timestamp) - now.timestamp()) > CLOCK_SECONDS_MAX:
            return f"Pay-Timestamp is more than {CLOCK_SECONDS_MAX} s from the clock"
        signature = self._signature(first_line, timestamp, nonce, body)
        given = headers.get("pay-signature", "")
        return "" if hmac.compare_digest(signature.encode(), given.encode()) else "Pay-Signature does not hold"

    def _signature(self, first_line: str, timestamp: str, nonce: str, body: bytes) -> str:
        head = f"{first_line}\n{timestamp}\n{nonce}\n".encode()
        return hmac.new(self.keys.secret, head + body + b"\n", hashlib.sha256).hexdigest()


def read_payment(body: bytes, now: datetime, order_seconds: float) -> OrderAsked:
    """A request to make a payment. Raises BadFieldError."""
    given = fields.read_object(body)
    return OrderAsked(
        channel=Channel.HMAC_PAY,
        merchant_order_no=number_in(given, "merchant_order_no"),
        amount_minor=fields.minor(given, "amount_minor"),
        currency=fields.text(given, "currency", 3, form="[A-Z]{3}"),
        description=fields.text(given, "description", 128),
        attach="",
        notify_url=fields.url(given, "notify_url"),
        expires_at=fields.instant(given, "expires_at") or now + timedelta(seconds=order_seconds),
    )


def read_refund(body: bytes) -> tuple[str, str, RefundAsked]:
    """A request for a refund: the order's number, the channel's (empty when not told), what is asked.

    Raises BadFieldError.
    """
    given = fields.read_object(body)
    asked = RefundAsked(
        channel=Channel.HMAC_PAY,
        merchant_refund_no=number_in(given, "merchant_refund_no"),
        scope="",
        amount_minor=fields.minor(given, "amount_minor"),
        reason=fields.text(given, "reason", 128, needed=False),
        notify_url=fields.url(given, "notify_url"),
    )
    txn_no = fields.text(given, "channel_txn_no", 64, needed=False)
    return number_in(given, "merchant_order_no"), txn_no, asked


def number_in(given: Mapping[str, Any], field: str) -> str:
    """A merchant's number of an order or a refund. Raises BadFieldError."""
    return fields.text(given, field, 64, form=_NUMBER)


def payment_shape(order: Order) -> dict[str, Any]:
    """A payment as it is told."""
    asked = order.asked
    return {
        "merchant_order_no": asked.merchant_order_no,
        "channel_txn_no": order.channel_txn_no,
        "state": order.state,
        "reason": order.reason,
        "amount_minor": asked.amount_minor,
        "currency": asked.currency,
        "refunded_minor": order.refunded_minor,
        "description": asked.description,
        "created_at": instant(order.created_at),
        "expires_at": instant(asked.expires_at),
        "pay_time": instant(order.paid_at),
        "close_time": instant(order.closed_at),
        "pay_url": f"hmacpay://pay/{order.channel_txn_no}",
    }


def refund_shape(order: Order, refund: Refund) -> dict[str, Any]:
    """A refund as it is told."""
    return {
        "merchant_refund_no": refund.asked.merchant_refund_no,
        "channel_refund_no": refund.channel_refund_no,
        "merchant_order_no": order.asked.merchant_order_no,
        "channel_txn_no": order.channel_txn_no,
        "state": refund.state,
        "reason": refund.fails_as,
        "amount_minor": refund.asked.amount_minor,
        "currency": order.asked.currency,
        "accept_time": instant(refund.accepted_at),
        "done_time": instant(refund.done_at),
    }


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None
