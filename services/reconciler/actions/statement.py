"""Statements that were taken in: telling one, some, and their lines."""

from datetime import date

from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.telemetry import traced
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.store.statement import StatementStore
from services.reconciler.tables import StatementLineRow, StatementRow


class StatementActions:
    """What can be asked of statements."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @traced
    async def get_statement(self, statement_id: str) -> StatementRow:
        """One statement. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            statement = await StatementStore(session).get(statement_id)
        if statement is None:
            raise _not_found(statement_id)
        return statement

    @traced
    async def list_statements(self, channel: str, business_date: date | None, page: PageRequest) -> Page[StatementRow]:
        """Statements that cover a day, newest first; an empty text and None mean every value."""
        name = f"statements\n{channel}\n{business_date or ''}"
        async with self._sessions() as session:
            rows = await StatementStore(session).newest(channel, business_date, page.after(name), page.limit)
        return page.page(name, rows, lambda row: row.statement_id)

    @traced
    async def list_statement_lines(self, statement_id: str, page: PageRequest) -> Page[StatementLineRow]:
        """Lines of a statement in the order of the file. Raises Fault NOT_FOUND."""
        name = f"lines\n{statement_id}"
        async with self._sessions() as session:
            store = StatementStore(session)
            if await store.get(statement_id) is None:
                raise _not_found(statement_id)
            rows = await store.lines(statement_id, page.after_number(name), page.limit)
        return page.page(name, rows, lambda row: str(row.line_no))


def _not_found(statement_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND, "NOT_FOUND", f"there is no statement {statement_id}", f"没有编号为 {statement_id} 的对账单"
    )
