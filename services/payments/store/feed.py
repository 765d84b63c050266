"""SQL of the feed: changes that wait for a number, their numbering, and their reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.domain.payment import (
    Change,
    ChangeKind,
    NumberedChange,
    ReconciliationState,
    State,
    as_left,
)
from services.payments.tables.feed import FeedHeadRow, FeedRow, FeedWaitingRow
from services.payments.tables.payment import PaymentRow, to_payment

# One statement: what it takes out, its places in the feed, and the head that it moves commit together, or none does.
# What it returns are the slices that were added to, for the manifests of the same transaction.
_NUMBER = text("""
    WITH head AS (SELECT sequence FROM feed_head),
    chosen AS (SELECT payment_id, version FROM feed_waiting ORDER BY payment_id, version LIMIT :limit),
    taken AS (
        DELETE FROM feed_waiting USING chosen
        WHERE feed_waiting.payment_id = chosen.payment_id AND feed_waiting.version = chosen.version
        RETURNING feed_waiting.*
    ),
    numbered AS (
        INSERT INTO feed (
            sequence, payment_id, version, kind, ref_id, state, reconciliation_state, refunded_minor,
            refund_reserved_minor
        )
        SELECT
            head.sequence + row_number() OVER (ORDER BY payment_id, version), payment_id, version, kind, ref_id, state,
            reconciliation_state, refunded_minor, refund_reserved_minor
        FROM taken, head
    ),
    moved AS (UPDATE feed_head SET sequence = feed_head.sequence + (SELECT count(*) FROM taken))
    SELECT channel, business_date, currency_code, count(*) AS change_count, sum(amount_minor) AS amount_minor,
        string_agg(line_sha256, ''::bytea) AS digests
    FROM taken GROUP BY channel, business_date, currency_code
""")


@dataclass(frozen=True, slots=True)
class NumberedSlice:
    """Payments of one currency of a channel's day that were numbered; `digests` are their lines' SHA-256, joined."""

    channel: str
    business_date: date
    currency_code: str
    payment_count: int
    amount_minor: int
    digests: bytes


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a turn of numbering did: how many changes have their place now, and the slices that they belong to."""

    change_count: int
    slices: tuple[NumberedSlice, ...]


async def add_changes(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Let changes wait for their sequence: none is given before the commit."""
    await session.execute(insert(FeedWaitingRow), [_columns(change) for change in changes])


async def has_waiting(session: AsyncSession) -> bool:
    """Whether a committed change waits for its sequence."""
    return bool((await session.execute(select(exists().where(FeedWaitingRow.version > 0)))).scalar_one())


async def lock_head(session: AsyncSession) -> None:
    """Take the right to number, until the end of the transaction."""
    await session.execute(select(FeedHeadRow.sequence).with_for_update())


async def number_changes(session: AsyncSession, limit: int) -> Numbered:
    """Give committed changes the next sequences, in the order of their payments' making and of their versions.

    The head must have been locked by a statement before: this one then sees all that the last numberer did, since
    each statement of a READ COMMITTED transaction sees what was committed before it began.
    """
    rows = (await session.execute(_NUMBER, {"limit": limit})).all()
    slices = tuple(
        NumberedSlice(
            row.channel, row.business_date, row.currency_code, row.change_count, int(row.amount_minor), row.digests
        )
        for row in rows
        if row.channel is not None
    )
    return Numbered(sum(row.change_count for row in rows), slices)


async def head(session: AsyncSession) -> int:
    """The highest sequence that was given; 0 before the first."""
    return (await session.execute(select(FeedHeadRow.sequence))).scalar_one()


async def dropped_sequence(session: AsyncSession) -> int:
    """Up to where changes may be missing, since months were dropped; 0 when none was."""
    return (await session.execute(select(FeedHeadRow.dropped_sequence))).scalar_one()


async def changes(session: AsyncSession, from_sequence: int, to_sequence: int, limit: int) -> list[NumberedChange]:
    """Changes from one sequence to another, both included, in order; each with its payment as the change left it."""
    statement = (
        select(FeedRow, PaymentRow)
        .join(PaymentRow, PaymentRow.payment_id == FeedRow.payment_id)
        .where(FeedRow.sequence.between(from_sequence, to_sequence))
        .order_by(FeedRow.sequence)
        .limit(limit)
    )
    return [_numbered(feed, payment) for feed, payment in await session.execute(statement)]


def _columns(change: Change) -> dict[str, object]:
    line = change.line
    return {
        "payment_id": change.payment_id,
        "version": change.version,
        "kind": change.kind.value,
        "ref_id": change.ref_id,
        "state": change.state.value,
        "reconciliation_state": change.reconciliation_state.value,
        "refunded_minor": change.refunded_minor,
        "refund_reserved_minor": change.refund_reserved_minor,
        "channel": None if line is None else line.channel,
        "business_date": None if line is None else line.business_date,
        "currency_code": None if line is None else line.amount.currency_code,
        "amount_minor": None if line is None else line.amount.amount_minor,
        "line_sha256": None if line is None else line.sha256,
    }


def _numbered(row: FeedRow, payment: PaymentRow) -> NumberedChange:
    change = Change(
        payment_id=row.payment_id,
        version=row.version,
        state=State(row.state),
        reconciliation_state=ReconciliationState(row.reconciliation_state),
        refunded_minor=row.refunded_minor,
        refund_reserved_minor=row.refund_reserved_minor,
        kind=ChangeKind(row.kind),
        ref_id=row.ref_id,
    )
    return NumberedChange(row.sequence, as_left(to_payment(payment), change), change.kind, change.ref_id)
