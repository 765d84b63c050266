"""SQL of the feed: changes without a sequence, their numbering, and their reading."""

from collections.abc import Sequence

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.payment import Change, NumberedChange
from services.payments.tables.feed import FeedHeadRow, FeedRow, to_numbered_change
from services.payments.tables.payment import PaymentRow

# One statement: what it numbers and the head that it moves commit together, or neither does.
_NUMBER = text("""
    WITH head AS (SELECT sequence FROM feed_head),
    chosen AS (SELECT id FROM feed WHERE sequence IS NULL ORDER BY id LIMIT :limit),
    placed AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM chosen),
    numbered AS (
        UPDATE feed SET sequence = head.sequence + placed.place
        FROM placed, head WHERE feed.id = placed.id
        RETURNING feed.id
    )
    UPDATE feed_head SET sequence = feed_head.sequence + (SELECT count(*) FROM numbered)
    RETURNING (SELECT count(*) FROM numbered)
""")


async def add_changes(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Append to the feed, without a sequence: none is given before the commit."""
    rows = [
        {
            "payment_id": change.payment_id,
            "version": change.version,
            "state": change.state.value,
            "reconciliation_state": change.reconciliation_state.value,
            "run_id": change.run_id,
        }
        for change in changes
    ]
    await session.execute(insert(FeedRow), rows)


async def has_unnumbered(session: AsyncSession) -> bool:
    """Whether a committed change waits for its sequence."""
    statement = select(exists().where(FeedRow.sequence.is_(None)))
    return bool((await session.execute(statement)).scalar_one())


async def lock_head(session: AsyncSession) -> None:
    """Take the right to number, until the end of the transaction."""
    await session.execute(select(FeedHeadRow.sequence).with_for_update())


async def number_changes(session: AsyncSession, limit: int) -> int:
    """Give the oldest committed changes the next sequences; returns how many.

    The head must have been locked by a statement before: this one then sees all that the last numberer did,
    since each statement of a READ COMMITTED transaction sees what was committed before it began.
    """
    return int((await session.execute(_NUMBER, {"limit": limit})).scalar_one())


async def head(session: AsyncSession) -> int:
    """The highest sequence that was given; 0 before the first."""
    return (await session.execute(select(FeedHeadRow.sequence))).scalar_one()


async def changes(session: AsyncSession, from_sequence: int, to_sequence: int, limit: int) -> list[NumberedChange]:
    """Changes from one sequence to another, both included, in order."""
    statement = (
        select(FeedRow, PaymentRow)
        .join(PaymentRow, PaymentRow.payment_id == FeedRow.payment_id)
        .where(FeedRow.sequence.between(from_sequence, to_sequence))
        .order_by(FeedRow.sequence)
        .limit(limit)
    )
    return [to_numbered_change(feed, payment) for feed, payment in await session.execute(statement)]
