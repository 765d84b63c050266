"""SQL of statements that were taken in, and of their lines."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.outcome import LoadedLine
from services.reconciler.tables import StatementLineRow, StatementRow


class StatementStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def known(self, request_id: str, file_sha256: str) -> list[StatementRow]:
        """The statements that have the request_id or the file; at most one of each."""
        statement = select(StatementRow).where(
            or_(StatementRow.request_id == request_id, StatementRow.file_sha256 == file_sha256)
        )
        return list(await self._session.scalars(statement))

    async def of_request(self, request_id: str) -> StatementRow | None:
        """The statement that a request loaded."""
        statement = select(StatementRow).where(StatementRow.request_id == request_id)
        return (await self._session.scalars(statement)).one_or_none()

    async def add(self, statement_row: dict[str, object]) -> StatementRow | None:
        """Insert a statement; None when its request_id or its file is taken. Waits for who is about to take it."""
        statement = insert(StatementRow).values(**statement_row).on_conflict_do_nothing().returning(StatementRow)
        return (await self._session.scalars(statement)).one_or_none()

    async def get(self, statement_id: str) -> StatementRow | None:
        """The statement by that id."""
        return await self._session.get(StatementRow, statement_id)

    async def newest(self, channel: str, business_date: date | None, before_id: str, limit: int) -> list[StatementRow]:
        """Statements behind an id, newest first; an empty text and None mean every value."""
        statement = select(StatementRow).order_by(StatementRow.statement_id.desc()).limit(limit)
        if channel:
            statement = statement.where(StatementRow.channel == channel)
        if business_date:
            statement = statement.where(_covers(business_date))
        if before_id:
            statement = statement.where(StatementRow.statement_id < before_id)
        return list(await self._session.scalars(statement))

    async def lines(self, statement_id: str, after_line_no: int, limit: int) -> list[StatementLineRow]:
        """Lines of a statement behind a line, in the order of the file."""
        statement = (
            select(StatementLineRow)
            .where(StatementLineRow.statement_id == statement_id, StatementLineRow.line_no > after_line_no)
            .order_by(StatementLineRow.line_no)
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def of_day(self, channel: str, business_date: date) -> list[StatementRow]:
        """Every statement of a channel that covers a business day, in order of loading."""
        statement = (
            select(StatementRow)
            .where(StatementRow.channel == channel, _covers(business_date))
            .order_by(StatementRow.create_time, StatementRow.statement_id)
        )
        return list(await self._session.scalars(statement))

    async def loaded_lines(self, statements: Sequence[StatementRow], business_date: date) -> list[LoadedLine]:
        """The lines of a business day in some statements, as a run takes them."""
        return [
            line
            for number, statement in enumerate(statements)
            for line in await self._loaded(number, statement, business_date)
        ]

    async def _loaded(self, number: int, statement: StatementRow, business_date: date) -> Iterator[LoadedLine]:
        rows = await self._session.scalars(
            select(StatementLineRow).where(
                StatementLineRow.statement_id == statement.statement_id,
                StatementLineRow.business_date == business_date,
            )
        )
        return (_loaded_line(number, statement, row) for row in rows)


def _covers(business_date: date) -> ColumnElement[bool]:
    first = func.coalesce(StatementRow.first_date, StatementRow.business_date)
    last = func.coalesce(StatementRow.last_date, StatementRow.business_date)
    return and_(first <= business_date, last >= business_date)


def _loaded_line(statement_no: int, statement: StatementRow, row: StatementLineRow) -> LoadedLine:
    return LoadedLine(
        statement_id=row.statement_id,
        file_sha256=statement.file_sha256,
        statement_no=statement_no,
        line_no=row.line_no,
        kind=LineKind(row.kind),
        channel_txn_no=row.channel_txn_no,
        merchant_order_no=row.merchant_order_no,
        channel_refund_no=row.channel_refund_no,
        merchant_refund_no=row.merchant_refund_no,
        amount=Money(row.currency_code, row.amount_minor),
    )
