"""The SQL of what steering shows: everything accepted, booked or not, and how much of it there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.store.acceptance import read_record, records
from services.tax_sandbox.tables import AcceptanceRow, FaultPlanRow, MainBookRow, SubmitLogRow


@dataclass(frozen=True, slots=True)
class BookCounts:
    """How many were accepted, how many of these are in the main book, and how many are neither booked nor due."""

    accepted: int
    booked: int
    not_due: int


class BookViewStore:
    """Reads across tables for whoever steers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, after: str, limit: int, place: str = "", seller_tax_id: str = ""
    ) -> Sequence[tuple[Record, int]]:
        """Records by number above `after`, each with how often its key was submitted."""
        submits = (
            select(func.count())
            .where(
                SubmitLogRow.idempotency_key == AcceptanceRow.idempotency_key, SubmitLogRow.place == AcceptanceRow.place
            )
            .scalar_subquery()
            .label("submit_count")
        )
        asked = records().add_columns(submits).where(AcceptanceRow.invoice_number > after)
        if place:
            asked = asked.where(AcceptanceRow.place == place)
        if seller_tax_id:
            asked = asked.where(AcceptanceRow.seller_tax_id == seller_tax_id)
        rows = await self._session.execute(asked.order_by(AcceptanceRow.invoice_number).limit(limit))
        return [(read_record(row), row.submit_count) for row in rows]

    async def count_book(self) -> dict[str, BookCounts]:
        """How far what was accepted has come, by place."""
        rows = await self._session.execute(_counts().group_by(AcceptanceRow.place))
        return {place: BookCounts(accepted, booked, not_due) for place, accepted, booked, not_due in rows}

    async def count_submits(self) -> dict[str, int]:
        """How many submits came, by what was made of them."""
        rows = await self._session.execute(select(SubmitLogRow.outcome, func.count()).group_by(SubmitLogRow.outcome))
        return {row[0]: row[1] for row in rows}

    async def count_strikes(self) -> dict[str, int]:
        """How often each fault struck, by those taken back too."""
        rows = await self._session.execute(
            select(FaultPlanRow.fault, func.sum(FaultPlanRow.struck_count)).group_by(FaultPlanRow.fault)
        )
        return {row[0]: int(row[1]) for row in rows}

    async def ping(self) -> None:
        """Ask the database for nothing."""
        await self._session.execute(select(1))


def _counts() -> Select[str, int, int, int]:
    return (
        select(
            AcceptanceRow.place,
            func.count(),
            func.count(MainBookRow.book_number),
            func.count().filter(and_(MainBookRow.book_number.is_(None), AcceptanceRow.book_at.is_(None))),
        )
        .select_from(AcceptanceRow)
        .outerjoin(MainBookRow, MainBookRow.invoice_number == AcceptanceRow.invoice_number)
    )
