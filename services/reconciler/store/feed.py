"""SQL of the feed: what a statement that changes exceptions tells, and the reading of what was told.

chassis numbers it.
"""

# ruff: noqa: S608  # made of constants; what is asked comes as parameters

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Update, func, insert, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.change import ChangeKind, NumberedChange
from services.reconciler.domain.clearing import ExceptionState
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.tables import ExceptionRow, FeedWaitingRow

COLUMNS = ("exception_id", "kind", "state", "resolved_by_run_id")
# Of a group the books may have several payments and refunds; whose it is can only be told when they are one merchant's.
_READ = text("""
    SELECT feed.*, found.run_id, found.exception_class, found.payment_id, found.statement_id, found.line_no,
        found.merchant_order_no, found.book_currency_code, found.book_amount_minor, found.channel_currency_code,
        found.channel_amount_minor, found.carried_from_exception_id, found.trace_id, runs.channel, runs.business_date,
        of_books.merchant_id
    FROM feed JOIN exceptions AS found USING (exception_id) JOIN runs USING (run_id)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN min(merchant_id) = max(merchant_id) THEN min(merchant_id) END AS merchant_id
        FROM (
            SELECT merchant_id FROM payments
            WHERE payments.payment_id = ANY (array_append(found.payment_ids, found.payment_id))
            UNION ALL
            SELECT merchant_id FROM refunds
            WHERE refunds.refund_id = ANY (array_append(found.payment_ids, found.payment_id))
        ) AS booked
    ) AS of_books
    WHERE feed.sequence BETWEEN :from_sequence AND :to_sequence ORDER BY feed.sequence LIMIT :limit
""")
_OPENED = f"""
    INSERT INTO feed_waiting ({", ".join(COLUMNS)})
    SELECT exception_id, '{ChangeKind.OPENED}', state, '' FROM exceptions WHERE {{which}} ORDER BY exception_id
"""
# Of what people had done about an exception that is found again, the last.
CARRIED = f"CASE state WHEN 'ASSIGNED' THEN '{ChangeKind.ASSIGNED}' ELSE '{ChangeKind.CONFIRMED}' END"


def telling(change: str, kind: ChangeKind) -> str:
    """A statement that changes exceptions, made to tell it too.

    A row is held when it takes its place, so that those of an exception are in the order of their commits.
    """
    return f"""
        WITH changed AS (
            {change}
            RETURNING exceptions.exception_id, exceptions.state, exceptions.resolved_by_run_id
        )
        INSERT INTO feed_waiting ({", ".join(COLUMNS)})
        SELECT exception_id, '{kind}', state, coalesce(resolved_by_run_id, '') FROM changed
    """


async def change_and_tell(session: AsyncSession, change: Update, kind: str) -> None:
    """Change exceptions and tell it, as `telling` has it; `kind` is SQL over the state after the change."""
    row = ExceptionRow
    changed = change.returning(row.exception_id, row.state, row.resolved_by_run_id).cte("changed")
    told = select(
        changed.c.exception_id, literal_column(kind), changed.c.state, func.coalesce(changed.c.resolved_by_run_id, "")
    )
    await session.execute(insert(FeedWaitingRow).from_select(COLUMNS, told))


async def tell_opened_by(session: AsyncSession, run_id: str) -> None:
    """Tell the exceptions of a run, which it has just written."""
    await session.execute(text(_OPENED.format(which="run_id = :run_id")), {"run_id": run_id})


async def tell_opened(session: AsyncSession, exception_ids: Sequence[str]) -> None:
    """Tell some exceptions, which were just written."""
    statement = text(_OPENED.format(which="exception_id = ANY (CAST(:exception_ids AS text[]))"))
    await session.execute(statement, {"exception_ids": list(exception_ids)})


async def changes(session: AsyncSession, from_sequence: int, to_sequence: int, limit: int) -> list[NumberedChange]:
    """Changes from one sequence to another, both included, in order."""
    asked = {"from_sequence": from_sequence, "to_sequence": to_sequence, "limit": limit}
    return [_change(row) for row in await session.execute(_READ, asked)]


def _change(row: Row[Any]) -> NumberedChange:
    return NumberedChange(
        sequence=row.sequence,
        kind=ChangeKind(row.kind),
        exception_id=row.exception_id,
        run_id=row.run_id,
        channel=row.channel,
        business_date=row.business_date,
        exception_class=ExceptionClass(row.exception_class),
        state=ExceptionState(row.state),
        payment_id=row.payment_id or "",
        statement_id=row.statement_id or "",
        line_no=row.line_no,
        merchant_id=row.merchant_id or "",
        merchant_order_no=row.merchant_order_no,
        book_amount=_money(row.book_currency_code, row.book_amount_minor),
        channel_amount=_money(row.channel_currency_code, row.channel_amount_minor),
        resolved_by_run_id=row.resolved_by_run_id,
        carried_from_exception_id=row.carried_from_exception_id or "",
        change_time=row.change_time,
        trace_id=row.trace_id,
    )


def _money(currency_code: str | None, amount_minor: int | None) -> Money | None:
    return None if currency_code is None or amount_minor is None else Money(currency_code, amount_minor)
