"""SQL of statements that were taken in, and of their lines."""

from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

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


def _covers(business_date: date) -> ColumnElement[bool]:
    first = func.coalesce(StatementRow.first_date, StatementRow.business_date)
    last = func.coalesce(StatementRow.last_date, StatementRow.business_date)
    return and_(first <= business_date, last >= business_date)
