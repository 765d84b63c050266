"""SQL of what channels told by themselves. It opens no seal and decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.payments.tables.callback import CallbackRow, RefusedCallbackDayRow, RefusedCallbackRow


@dataclass(frozen=True, slots=True)
class KeptCallback:
    """A callback that was taken, as it is kept; `sealed` opens in the context of its account and event."""

    account_id: str
    event_id: str
    kind: str
    payment_id: str
    sealed: bytes
    receive_time: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class RefusedDigest:
    """What is kept of a callback that was refused."""

    account_id: str
    cause: str
    body_sha256: bytes
    body_bytes: int
    receive_time: datetime


async def add(session: AsyncSession, callback: KeptCallback) -> bool:
    """Insert a callback unless its event is taken; waits for a transaction that is about to take it."""
    statement = (
        insert(CallbackRow)
        .values(
            account_id=callback.account_id,
            event_id=callback.event_id,
            kind=callback.kind,
            payment_id=callback.payment_id,
            sealed=callback.sealed,
            receive_time=callback.receive_time,
            repeat_count=0,
            traceparent=callback.traceparent,
        )
        .on_conflict_do_nothing()
        .returning(CallbackRow.event_id)
    )
    return (await session.execute(statement)).first() is not None


async def count_repeat(session: AsyncSession, account_id: str, event_id: str) -> None:
    """Count that an event which is taken came again."""
    statement = (
        update(CallbackRow)
        .where(CallbackRow.account_id == account_id, CallbackRow.event_id == event_id)
        .values(repeat_count=CallbackRow.repeat_count + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


async def count_refused(session: AsyncSession, account_id: str, day: date, count: int) -> int:
    """Count so many more refused callbacks of an account on the day; how many it is then."""
    added = insert(RefusedCallbackDayRow).values(account_id=account_id, day=day, refused_count=count)
    statement = added.on_conflict_do_update(
        index_elements=["account_id", "day"], set_={"refused_count": RefusedCallbackDayRow.refused_count + count}
    ).returning(RefusedCallbackDayRow.refused_count)
    return (await session.execute(statement)).scalar_one()


async def add_refused(session: AsyncSession, digests: Sequence[RefusedDigest]) -> None:
    """Insert the digests of refused callbacks."""
    told = [
        {
            "account_id": digest.account_id,
            "cause": digest.cause,
            "body_sha256": digest.body_sha256,
            "body_bytes": digest.body_bytes,
            "receive_time": digest.receive_time,
        }
        for digest in digests
    ]
    await session.execute(insert(RefusedCallbackRow), told)


async def clear(session: AsyncSession, taken_before: datetime, refused_before: datetime, limit: int) -> int:
    """Delete the oldest callbacks and digests that came before an instant, so many at most of each; how many."""
    taken = (
        select(CallbackRow.account_id, CallbackRow.event_id)
        .where(CallbackRow.receive_time < taken_before)
        .order_by(CallbackRow.receive_time)
        .limit(limit)
        .cte("old")
    )
    refused = (
        select(RefusedCallbackRow.refused_id)
        .where(RefusedCallbackRow.receive_time < refused_before)
        .order_by(RefusedCallbackRow.receive_time)
        .limit(limit)
        .cte("old")
    )
    statements = (
        delete(CallbackRow)
        .where(CallbackRow.account_id == taken.c.account_id, CallbackRow.event_id == taken.c.event_id)
        .returning(CallbackRow.event_id),
        delete(RefusedCallbackRow)
        .where(RefusedCallbackRow.refused_id == refused.c.refused_id)
        .returning(RefusedCallbackRow.refused_id),
        delete(RefusedCallbackDayRow)
        .where(RefusedCallbackDayRow.day < refused_before.date())
        .returning(RefusedCallbackDayRow.day),
    )
    cleared_count = 0
    for statement in statements:
        done = await session.execute(statement.execution_options(synchronize_session=False))
        cleared_count += len(done.all())
    return cleared_count
