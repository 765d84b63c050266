"""Is this request new, a repeat, or a key used for something else? It only decides: the store makes keys race."""

from dataclasses import dataclass

from services.payments.domain.payment import Payment, differing_fields


@dataclass(frozen=True, slots=True)
class UsedRequest:
    """An earlier use of a request_id: what was asked, as the SHA-256 of it, and the payment that answered it."""

    request_id: str
    fingerprint: bytes
    payment: Payment


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
    """The request_id has answered another request, which differs in these fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BusinessKeyReused:
    """The merchant's order was taken in as this payment, which differs in these fields."""

    payment_id: str
    fields: tuple[str, ...]


Intake = Recorded | Replayed | RequestIdReused | BusinessKeyReused


def judge_intake(told: Payment, kept: Payment, used: UsedRequest | None, fingerprint: bytes) -> Intake:
    """Decide about a payment that was told.

    `kept` is the payment that now holds its business key: itself, or an older one. `used` is the earlier use of its
    request_id, if any. A reused request_id is told before a reused business key, since it is the narrower mistake.
    """
    if used is not None and used.fingerprint != fingerprint:
        return RequestIdReused(differing_fields(told.content, used.payment.content))
    if kept.payment_id == told.payment_id:
        assert used is None, "the same request was answered, and yet its business key was free"
        return Recorded(told)
    if fields := differing_fields(told.content, kept.content):
        return BusinessKeyReused(kept.payment_id, fields)
    return Replayed(kept)
