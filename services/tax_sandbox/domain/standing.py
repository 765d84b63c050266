"""What the main book of a place says of an invoice. It reads no book itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.tax_sandbox.domain.acceptance import Acceptance, Booking, Record, is_hidden
from services.tax_sandbox.domain.calendar import day_of
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, instant, refused


def said_by_the_book(
    record: Record | None, place: Place, number: str, now: datetime, query_days: int, sealing_seconds: float
) -> Reply:
    """The answer to a query; `number` is the one that was asked for, empty when it was by key.

    What was issued more than `query_days` ago is told by a code of its own: it is there, but out of reach.
    """
    if record is None or _is_denied(record, place, number, now):
        return not_in_the_book()
    acceptance, booking = record.acceptance, record.booking
    if booking and acceptance.issue_date < day_of(now) - timedelta(days=query_days):
        return refused(404, Refusal("E4044", f"issued more than {query_days} days ago: outside the query window"))
    return Reply(200, described(acceptance, booking, status_of(record, now, sealing_seconds)))


def not_in_the_book() -> Reply:
    """No: a proof of absence, as far as one answer can be one."""
    return refused(404, Refusal("E4040", "the main book has no such invoice"))


def _is_denied(record: Record, place: Place, number: str, now: datetime) -> bool:
    acceptance, booking = record.acceptance, record.booking
    if booking is None:
        return acceptance.place is not place or is_hidden(acceptance.schedule, now)
    if booking.place is not place or (number and number != booking.book_number):
        return True
    # What was sent here from elsewhere is hidden there, where it was accepted, and not here.
    return acceptance.place is place and is_hidden(acceptance.schedule, now)


def status_of(record: Record, now: datetime, sealing_seconds: float) -> str:
    """PROCESSING, SEALING, SEAL_FAILED, BOOKED, VOIDED or RED_FLUSHED."""
    booking, acceptance = record.booking, record.acceptance
    if booking is None:
        if acceptance.seal_failed_at:
            return "SEAL_FAILED"
        book_at = acceptance.schedule.book_at
        is_sealing = book_at is not None and sealing_seconds and now >= book_at - timedelta(seconds=sealing_seconds)
        return "SEALING" if is_sealing else "PROCESSING"
    if booking.is_void(now):
        return "VOIDED"
    return "RED_FLUSHED" if booking.red_flushed_at else "BOOKED"


def described(acceptance: Acceptance, booking: Booking | None, status: str) -> Mapping[str, Any]:
    """An invoice as the protocol tells it; what is booked counts before what was sent."""
    stored_at = instant(booking.booked_at) if booking else None
    told = {
        "number": booking.book_number if booking else acceptance.invoice_number,
        "key": acceptance.idempotency_key,
        "document_sha256": booking.document_sha256 if booking else acceptance.document_sha256,
        "accepted_at": instant(acceptance.accepted_at),
        "booked_at": stored_at,
        "stored_at": stored_at,
        "status": status,
        "kind": acceptance.kind,
        "seller_tax_id": acceptance.seller_tax_id,
        "amount_minor": booking.amount_minor if booking else acceptance.amount_minor,
        "issue_date": acceptance.issue_date.isoformat(),
    }
    return told | {"red_number": booking.red_number} if booking and booking.red_number else told
