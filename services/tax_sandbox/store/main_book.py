"""The SQL that reads the main book of a place whole: windows, control totals, and how far it is complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.document import Kind
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.standing import BookRow
from services.tax_sandbox.tables import AcceptanceRow, MainBookRow


@dataclass(frozen=True, slots=True)
class Total:
    """How many invoices, and the sum of their amounts."""

    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """A seller's invoices that were accepted from one instant to before another; None is no bound."""

    place: Place
    seller_tax_id: str
    accepted_from: datetime | None
    accepted_before: datetime | None


class MainBookStore:
    """Reads `main_book`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, window: Window, after: tuple[datetime, str] | None, limit: int) -> Sequence[BookRow]:
        """A page of a window in the order of acceptance, after an instant and a number."""
        asked = select(MainBookRow).where(
            MainBookRow.place == window.place, MainBookRow.seller_tax_id == window.seller_tax_id
        )
        if window.accepted_from:
            asked = asked.where(MainBookRow.accepted_at >= window.accepted_from)
        if window.accepted_before:
            asked = asked.where(MainBookRow.accepted_at < window.accepted_before)
        if after:
            asked = asked.where(tuple_(MainBookRow.accepted_at, MainBookRow.book_number) > tuple_(*after))
        rows = await self._session.scalars(
            asked.order_by(MainBookRow.accepted_at, MainBookRow.book_number).limit(limit)
        )
        return [_row(row) for row in rows]

    async def find(self, place: Place, book_number: str) -> BookRow | None:
        """The row of a number in a place."""
        rows = await self._session.scalars(
            select(MainBookRow).where(MainBookRow.book_number == book_number, MainBookRow.place == place)
        )
        row = rows.one_or_none()
        return _row(row) if row else None

    async def totals(self, place: Place, seller_tax_id: str, issue_date: date, now: datetime) -> dict[Kind, Total]:
        """Of a seller's issue date, by kind, without what is void; a kind that is not there is absent."""
        rows = await self._session.execute(
            select(MainBookRow.kind, func.count(), func.sum(MainBookRow.amount_minor))
            .where(
                MainBookRow.place == place,
                MainBookRow.seller_tax_id == seller_tax_id,
                MainBookRow.issue_date == issue_date,
                or_(MainBookRow.void_at.is_(None), MainBookRow.void_at > now),
            )
            .group_by(MainBookRow.kind)
        )
        return {Kind(row[0]): Total(row[1], int(row[2])) for row in rows}

    async def oldest_pending(self, place: Place) -> datetime | None:
        """When the oldest was accepted that the book of a place still lacks."""
        rows = await self._session.execute(
            select(func.min(AcceptanceRow.accepted_at)).where(AcceptanceRow.place == place, AcceptanceRow.pending)
        )
        oldest: datetime | None = rows.scalar_one()
        return oldest

    async def void(self, book_number: str, now: datetime) -> bool:
        """Void what is booked under a number, unless it is void; false when there is none."""
        row = await self._session.get(MainBookRow, book_number, with_for_update=True)
        if row is None:
            return False
        row.void_at = min(row.void_at, now) if row.void_at else now
        await self._session.flush()
        return True

    async def flush_by_red(self, book_number: str, red_number: str, now: datetime) -> bool:
        """Mark what is booked under a number as taken back by a red letter; false when there is none."""
        row = await self._session.get(MainBookRow, book_number, with_for_update=True)
        if row is None:
            return False
        row.red_flushed_at, row.red_number = row.red_flushed_at or now, row.red_number or red_number
        await self._session.flush()
        return True


def _row(row: MainBookRow) -> BookRow:
    return BookRow(
        book_number=row.book_number,
        idempotency_key=row.idempotency_key,
        seller_tax_id=row.seller_tax_id,
        buyer_tax_id=row.buyer_tax_id,
        kind=Kind(row.kind),
        amount_minor=row.amount_minor,
        issue_date=row.issue_date,
        document_sha256=row.document_sha256,
        accepted_at=row.accepted_at,
        booked_at=row.booked_at,
        void_at=row.void_at,
        red_flushed_at=row.red_flushed_at,
        red_number=row.red_number,
    )
