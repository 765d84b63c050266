"""What goes back on the wire, as values: status, body, and whether the answer is dropped, held or garbled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.tax_sandbox.domain.acceptance import Acceptance, Record, is_hidden
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import FaultName, FaultPlan

_RETRY_AFTER_SECONDS_MAX = 3600
_GARBLED = b'{"number":"2642'


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the protocol, and what befalls it on its way."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hold_seconds: float = 0.0
    dropped_by: FaultName | None = None


def refused(status: int, refusal: Refusal) -> Reply:
    """A refusal in the protocol's one shape for errors."""
    body = {"code": refusal.code, "message": refusal.message}
    return Reply(status, body | {"field": refusal.field} if refusal.field else body)


def accepted(acceptance: Acceptance, *, duplicate: bool) -> Reply:
    """Yes: taken now, or taken before under the same key with the same bytes."""
    return Reply(
        200,
        {
            "number": acceptance.invoice_number,
            "accepted_at": _instant(acceptance.accepted_at),
            "document_sha256": acceptance.document_sha256,
            "duplicate": duplicate,
        },
    )


def key_reused() -> Reply:
    """No: other bytes were taken under this key."""
    return refused(409, Refusal("E4090", "another document was accepted under this key"))


def turned_away(plan: FaultPlan, throttled_count: int) -> Reply:
    """What a fault at the door does; the document is not taken. `throttled_count` is of this key before now."""
    match plan.fault:
        case FaultName.DROP_BEFORE_COMMIT:
            return Reply(0, {}, dropped_by=plan.fault)
        case FaultName.OUTAGE:
            headers = {} if plan.seconds is None else {"Retry-After": str(int(plan.seconds))}
            return replace(refused(503, Refusal("E5030", "the system is closed for maintenance")), headers=headers)
        case FaultName.THROTTLE:
            seconds = min(int(plan.seconds or 1) * 2 ** min(throttled_count, 20), _RETRY_AFTER_SECONDS_MAX)
            reply = refused(429, Refusal("E4290", "too many requests"))
            return replace(reply, headers={"Retry-After": str(max(seconds, 1))})
        case FaultName.REJECT_BUSINESS:
            return refused(422, Refusal(plan.code or "E4100", "refused as the steering API asked"))
    raise AssertionError(f"{plan.fault} is no fault at the door")


def on_its_way(reply: Reply, plan: FaultPlan | None) -> Reply:
    """What a fault does to an answer after the document was stored; without one it arrives as it is."""
    match plan.fault if plan else None:
        case None:
            return reply
        case FaultName.DROP_AFTER_COMMIT as fault:
            return replace(reply, dropped_by=fault)
        case FaultName.HTTP_5XX_AFTER_COMMIT:
            assert plan is not None
            return refused(int(plan.code or 500), Refusal("E5000", "internal error"))
        case FaultName.SLOW_ANSWER | FaultName.SLOW_QUERY:
            assert plan is not None
            return replace(reply, hold_seconds=plan.seconds or 0.0)
        case FaultName.GARBLED_ANSWER:
            return replace(reply, raw=_GARBLED)
        case FaultName.QUERY_5XX:
            return refused(503, Refusal("E5030", "the query service is not available"))
    raise AssertionError(f"{plan} does nothing to an answer")


def said_by_the_book(record: Record | None, number: str, now: datetime) -> Reply:
    """What the main book says of a record; `number` is the one that was asked for, empty when it was by key."""
    if record is None or is_hidden(record.acceptance.schedule, now):
        return _not_in_the_book()
    if record.booking is None:
        return _standing(record, "PROCESSING")
    if number and number != record.booking.book_number:
        return _not_in_the_book()
    return _standing(record, "BOOKED")


def _not_in_the_book() -> Reply:
    return refused(404, Refusal("E4040", "the main book has no such invoice"))


def _standing(record: Record, status: str) -> Reply:
    acceptance, booking = record.acceptance, record.booking
    return Reply(
        200,
        {
            "number": booking.book_number if booking else acceptance.invoice_number,
            "key": acceptance.idempotency_key,
            "document_sha256": booking.document_sha256 if booking else acceptance.document_sha256,
            "accepted_at": _instant(acceptance.accepted_at),
            "booked_at": _instant(booking.booked_at) if booking else None,
            "status": status,
        },
    )


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
