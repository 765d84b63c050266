"""Is this request new, a repeat, or a key used for something else? It only decides: the store makes keys race."""

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.payments.domain.payment import Origin, Payment, PaymentContent, differing_fields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A payment that a caller told under a request_id; `content_sha256` is equal when two tell the same."""

    request_id: str
    content_sha256: bytes
    payment: Payment

    @property
    def order(self) -> tuple[str, str]:
        """The business key: merchant_id and merchant_order_no."""
        content = self.payment.content
        return content.merchant_id, content.merchant_order_no


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """What holds a business key; `payment` is None when it is archived, and only its keys are left."""

    payment_id: str
    content_sha256: bytes
    payment: Payment | None


@dataclass(frozen=True, slots=True)
class UsedRequest:
    """An earlier use of a request_id: the SHA-256 of what was asked, and the payment that answered it.

    `payment` is None when it is archived.
    """

    fingerprint: bytes
    payment: Payment | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Both keys are new: the payment is taken in."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same content was taken in before, as this payment; nothing changes."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class RequestIdReused:
    """The request_id has answered another request, which differs in these fields, as far as that is still known."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BusinessKeyReused:
    """The merchant's order was taken in as this payment, which differs in these fields, as far as they are known."""

    payment_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archived:
    """The same content was taken in before, as this payment, which is archived."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Open:
    """Neither key is taken: what held one has just given it back, so the payment may be taken in."""


Intake = Recorded | Replayed | RequestIdReused | BusinessKeyReused | Archived


def judge_intake(told: Told, kept: KeptOrder | None, used: UsedRequest | None) -> Intake | Open:
    """Decide about a payment that was told, given what holds its business key and the earlier use of its request_id.

    A reused request_id is told before a reused business key, since it is the narrower mistake.
    """
    if used is not None and used.fingerprint != told.content_sha256:
        return RequestIdReused(_differing(told.payment, used.payment))
    if kept is None:
        assert used is None, "the same request was answered, and yet its business key is free"
        return Open()
    if kept.payment_id == told.payment.payment_id:
        return Recorded(told.payment)
    if kept.content_sha256 != told.content_sha256:
        return BusinessKeyReused(kept.payment_id, _differing(told.payment, kept.payment))
    return Replayed(kept.payment) if kept.payment is not None else Archived(kept.payment_id)


def content_sha256(content: PaymentContent) -> bytes:
    """SHA-256 of a recorded payment's content: equal when, and only when, the contents are.

    The parts are joined by 0x1F: merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code,
    amount_minor, pay_time in microseconds since 1970 (empty when there is none), the splits as bill_no=amount_minor
    joined by 0x1E, and payer_name. Only the last may hold any sign, so no two contents make the same text.
    """
    parts = (
        content.merchant_id,
        content.merchant_order_no,
        content.bill_no,
        content.channel,
        content.channel_txn_no,
        content.amount.currency_code,
        str(content.amount.amount_minor),
        "" if content.pay_time is None else str((content.pay_time - _EPOCH) // _MICROSECOND),
        "\x1e".join(f"{split.bill_no}={split.amount.amount_minor}" for split in content.splits),
        content.payer_name,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def _differing(told: Payment, other: Payment | None) -> tuple[str, ...]:
    return () if other is None else differing_fields(_asked(told), _asked(other))


def _asked(payment: Payment) -> PaymentContent:
    """What the caller told: of a payment that was started here, the channel told the rest later."""
    if payment.origin is Origin.RECORDED:
        return payment.content
    return dataclasses.replace(payment.content, channel_txn_no="", pay_time=None)
