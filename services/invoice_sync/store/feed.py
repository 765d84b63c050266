"""SQL of the feed: what a statement that moves invoices tells, and the reading of what was told. chassis numbers it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.change import ChangeKind, NumberedChange
from services.invoice_sync.domain.standing import ParkedReason, SyncState
from services.invoice_sync.store.sql import look_up_by_index, run

_LEFT = ("invoice_id", "sync_state", "version", "invoice_number", "red_number", "parked_reason")
COLUMNS = (*_LEFT, "kind")
_READ = """
    SELECT feed.sequence, feed.kind, feed.invoice_id, payment_id, merchant_id, merchant_order_no, currency_code,
        amount_minor, feed.sync_state, feed.invoice_number, feed.red_number, feed.version, feed.parked_reason,
        feed.change_time, invoice.traceparent
    FROM feed JOIN invoice USING (invoice_id)
    WHERE feed.sequence BETWEEN $1 AND $2 ORDER BY feed.sequence LIMIT $3
"""


def left(prefix: str) -> str:
    """The columns by which a part of a statement says where an invoice stands after it, for `telling`."""
    return ", ".join(f"{prefix}{name}" for name in _LEFT)


def telling(source: str) -> str:
    """A part of a statement that tells the rows of another part of it, save those whose `told` is empty.

    `source` has a row for each invoice that was moved: the columns of `left`, and `told`, the kind of the change. That
    row is held by then, so that the changes of an invoice take their places in the order of their commits.
    """
    names = left("")
    return f"INSERT INTO feed_waiting ({names}, kind) SELECT {names}, told FROM {source} WHERE told <> ''"  # noqa: S608


async def changes(session: AsyncSession, from_sequence: int, to_sequence: int, limit: int) -> list[NumberedChange]:
    """Changes from one sequence to another, both included, in order."""
    await look_up_by_index(session)
    return [_change(row) for row in await run(session, _READ, from_sequence, to_sequence, limit)]


def _change(row: Sequence[Any]) -> NumberedChange:
    return NumberedChange(
        sequence=row[0],
        kind=ChangeKind(row[1]),
        invoice_id=row[2],
        payment_id=row[3],
        merchant_id=row[4],
        merchant_order_no=row[5],
        amount=Money(row[6], row[7]),
        sync_state=SyncState(row[8]),
        invoice_number=row[9],
        red_number=row[10],
        version=row[11],
        parked_reason=ParkedReason(row[12]),
        change_time=row[13],
        traceparent=row[14],
    )
