"""The SQL that moves what is due into the main book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.fault import FaultName
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.tables import AcceptanceRow


@dataclass(frozen=True, slots=True)
class Booked:
    """What a turn has booked: the number in the book, the trace of its submit, and the blue number of a red letter."""

    book_number: str
    traceparent: str
    red_of: str


@dataclass(frozen=True, slots=True)
class Twisted:
    """A due acceptance that will not be booked as it is, held until the transaction ends."""

    invoice_number: str
    place: Place
    twist: FaultName
    document: bytes
    traceparent: str
    red_of: str


# One statement for all that nothing is wrong with: what is booked is what was accepted.
_BOOK_DUE = text("""
WITH due AS (
    SELECT invoice_number FROM acceptance
    WHERE book_at <= :now AND twist = ''
    ORDER BY book_at LIMIT :limit FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE acceptance SET book_at = NULL, pending = false FROM due
    WHERE acceptance.invoice_number = due.invoice_number
    RETURNING acceptance.*
), booked AS (
    INSERT INTO main_book (
        book_number, invoice_number, place, idempotency_key, seller_tax_id, buyer_tax_id, kind, amount_minor,
        issue_date, red_of, document, document_sha256, accepted_at, booked_at, void_at, red_number)
    SELECT invoice_number, invoice_number, book_place, idempotency_key, seller_tax_id, buyer_tax_id, kind, amount_minor,
        issue_date, red_of, document, document_sha256, accepted_at, :now,
        CAST(:now AS timestamptz) + void_after_seconds * interval '1 second', ''
    FROM taken
)
SELECT invoice_number, traceparent, red_of FROM taken
""")

_BOOK_OTHERWISE = text("""
WITH taken AS (
    UPDATE acceptance SET book_at = NULL, pending = false WHERE invoice_number = :invoice_number
    RETURNING acceptance.*
)
INSERT INTO main_book (
    book_number, invoice_number, place, idempotency_key, seller_tax_id, buyer_tax_id, kind, amount_minor,
    issue_date, red_of, document, document_sha256, accepted_at, booked_at, red_number)
SELECT :book_number, invoice_number, book_place, idempotency_key, seller_tax_id, buyer_tax_id, kind, :amount_minor,
    issue_date, red_of, :document, :sha256, accepted_at, :now, ''
FROM taken
""")

# The last of the red letters that take an invoice back wholly is the one that it names.
_FLUSH_COVERED = text("""
UPDATE main_book AS blue SET red_flushed_at = :now, red_number = reds.last_number
FROM (
    SELECT place, red_of, sum(amount_minor) AS amount_minor, max(book_number) AS last_number
    FROM main_book WHERE red_of = ANY(:blue_numbers) AND red_of <> '' GROUP BY place, red_of
) AS reds
WHERE blue.book_number = reds.red_of AND blue.place = reds.place AND blue.red_flushed_at IS NULL
    AND blue.amount_minor + reds.amount_minor = 0
""")


class BookingStore:
    """Writes the main book."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def book_due(self, now: datetime, limit: int) -> list[Booked]:
        """Book what is due and untwisted, the longest due first, whoever else does the same at this instant."""
        rows = await self._session.execute(_BOOK_DUE, {"now": now, "limit": limit})
        return [Booked(row.invoice_number, row.traceparent, row.red_of) for row in rows]

    async def take_twisted(self, now: datetime, limit: int) -> Sequence[Twisted]:
        """Hold due acceptances that a fault has an eye on and that no one else holds."""
        rows = await self._session.execute(
            select(
                AcceptanceRow.invoice_number,
                AcceptanceRow.place,
                AcceptanceRow.twist,
                AcceptanceRow.document,
                AcceptanceRow.traceparent,
                AcceptanceRow.red_of,
            )
            .where(AcceptanceRow.book_at <= now, AcceptanceRow.twist != "")
            .order_by(AcceptanceRow.book_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [
            Twisted(
                row.invoice_number, Place(row.place), FaultName(row.twist), row.document, row.traceparent, row.red_of
            )
            for row in rows
        ]

    async def book_otherwise(
        self, invoice_number: str, book_number: str, document: bytes, sha256: str, amount_minor: int, now: datetime
    ) -> None:
        """Book an acceptance under a number and with a content that need not be what was accepted."""
        values = {"book_number": book_number, "document": document, "sha256": sha256, "amount_minor": amount_minor}
        await self._session.execute(_BOOK_OTHERWISE, values | {"invoice_number": invoice_number, "now": now})

    async def flush_covered(self, blue_numbers: Sequence[str], now: datetime) -> None:
        """Mark those of these invoices as taken back whose red letters sum up to them."""
        await self._session.execute(_FLUSH_COVERED, {"blue_numbers": list(blue_numbers), "now": now})

    async def fail_seal(self, invoice_number: str, now: datetime) -> None:
        """Leave an acceptance without its seal: no more due, and not missed in the book."""
        await self._session.execute(
            update(AcceptanceRow)
            .where(AcceptanceRow.invoice_number == invoice_number)
            .values(book_at=None, pending=False, twist="", seal_failed_at=now)
        )
