"""What the main book of a place says of an invoice. It reads no book itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.tax_sandbox.domain.acceptance import Acceptance, Booking, Record, is_hidden
from services.tax_sandbox.domain.calendar import day_of
from services.tax_sandbox.domain.document import Kind, Refusal
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
    told = _told(
        number=booking.book_number if booking else acceptance.invoice_number,
        key=acceptance.idempotency_key,
        document_sha256=booking.document_sha256 if booking else acceptance.document_sha256,
        accepted_at=acceptance.accepted_at,
        booked_at=booking.booked_at if booking else None,
        status=status,
        kind=acceptance.kind,
        seller_tax_id=acceptance.seller_tax_id,
        amount_minor=booking.amount_minor if booking else acceptance.amount_minor,
        issue_date=acceptance.issue_date,
    )
    return told | {"red_number": booking.red_number} if booking and booking.red_number else told


@dataclass(frozen=True, slots=True)
class BookRow:
    """A row of the main book as it stands there, with what the booked document says."""

    book_number: str
    idempotency_key: str
    seller_tax_id: str
    buyer_tax_id: str
    kind: Kind
    amount_minor: int
    issue_date: date
    document_sha256: str
    accepted_at: datetime
    booked_at: datetime
    void_at: datetime | None
    red_flushed_at: datetime | None
    red_number: str

    def status(self, now: datetime) -> str:
        """BOOKED, VOIDED or RED_FLUSHED."""
        if self.void_at is not None and self.void_at <= now:
            return "VOIDED"
        return "RED_FLUSHED" if self.red_flushed_at else "BOOKED"

    def described(self, now: datetime) -> Mapping[str, Any]:
        """The row as the protocol tells it."""
        told = _told(
            number=self.book_number,
            key=self.idempotency_key,
            document_sha256=self.document_sha256,
            accepted_at=self.accepted_at,
            booked_at=self.booked_at,
            status=self.status(now),
            kind=self.kind,
            seller_tax_id=self.seller_tax_id,
            amount_minor=self.amount_minor,
            issue_date=self.issue_date,
        )
        return told | {"red_number": self.red_number} if self.red_number else told

    def shown_to(self, buyer_tax_id: str, now: datetime) -> Reply:
        """What a buyer sees who verifies the number; nobody but the buyer sees anything."""
        if buyer_tax_id != self.buyer_tax_id:
            return refused(403, Refusal("E4043", "not of this unit: the invoice has another buyer"))
        return Reply(
            200,
            {
                "number": self.book_number,
                "issue_date": self.issue_date.isoformat(),
                "amount_minor": self.amount_minor,
                "status": self.status(now),
            },
        )


def _told(
    *,
    number: str,
    key: str,
    document_sha256: str,
    accepted_at: datetime,
    booked_at: datetime | None,
    status: str,
    kind: Kind,
    seller_tax_id: str,
    amount_minor: int,
    issue_date: date,
) -> dict[str, Any]:
    # Booked and permanently stored are one instant here; the protocol names both, since elsewhere they are two.
    stored_at = instant(booked_at) if booked_at else None
    return {
        "number": number,
        "key": key,
        "document_sha256": document_sha256,
        "accepted_at": instant(accepted_at),
        "booked_at": stored_at,
        "stored_at": stored_at,
        "status": status,
        "kind": kind,
        "seller_tax_id": seller_tax_id,
        "amount_minor": amount_minor,
        "issue_date": issue_date.isoformat(),
    }
