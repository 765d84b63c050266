"""SQL of what is due: claims by lease, fenced completion, expired leases. The database's clock keeps the leases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.outbox import Due
from services.invoice_sync.domain.sync_state import Work
from services.invoice_sync.tables import outbox


async def add(session: AsyncSession, invoice_id: str, work: Work, due_at: datetime) -> None:
    """Make work due for an invoice that has none; what is due already stays."""
    await session.execute(
        insert(outbox)
        .values(invoice_id=invoice_id, work=work.value, due_at=due_at, attempts=0, parked=False)
        .on_conflict_do_nothing(index_elements=[outbox.c.invoice_id])
    )


async def claim(
    session: AsyncSession, work: Work, limit: int, owner: str, lease_seconds: float, now: datetime
) -> dict[str, int]:
    """Take the oldest due rows that no one else holds; how often each was claimed, by invoice."""
    due = (
        select(outbox.c.invoice_id)
        .where(
            outbox.c.work == work.value,
            outbox.c.lease_until.is_(None),
            ~outbox.c.parked,
            outbox.c.due_at <= now,
        )
        .order_by(outbox.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(outbox)
        .where(outbox.c.invoice_id.in_(due))
        .values(
            lease_owner=owner,
            lease_until=func.clock_timestamp() + timedelta(seconds=lease_seconds),
            attempts=outbox.c.attempts + 1,
        )
        .returning(outbox.c.invoice_id, outbox.c.attempts)
    )
    return {row.invoice_id: row.attempts for row in await session.execute(taken)}


async def still_held(session: AsyncSession, invoice_id: str, owner: str) -> bool:
    """The fence: hold the row if this lease still has it; False when it was taken back meanwhile."""
    asked = (
        select(outbox.c.invoice_id)
        .where(outbox.c.invoice_id == invoice_id, outbox.c.lease_owner == owner)
        .with_for_update()
    )
    return await session.scalar(asked) is not None


async def go_on(
    session: AsyncSession, invoice_id: str, work: Work, due_at: datetime, *, attempts: int, parked: bool = False
) -> None:
    """Give the lease back and say what is due next."""
    await session.execute(
        update(outbox)
        .where(outbox.c.invoice_id == invoice_id)
        .values(work=work.value, due_at=due_at, attempts=attempts, parked=parked, lease_owner=None, lease_until=None)
    )


async def remove(session: AsyncSession, invoice_id: str) -> None:
    """Nothing is due any more."""
    await session.execute(delete(outbox).where(outbox.c.invoice_id == invoice_id))


async def expired(session: AsyncSession, limit: int) -> Sequence[str]:
    """Hold rows whose lease is over, by the database's clock."""
    asked = (
        select(outbox.c.invoice_id)
        .where(outbox.c.lease_until < func.clock_timestamp())
        .order_by(outbox.c.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(asked)).all()


async def hold_idle(session: AsyncSession, invoice_ids: Sequence[str]) -> Sequence[str]:
    """Hold those of some rows that no lease and no one else has."""
    asked = (
        select(outbox.c.invoice_id)
        .where(outbox.c.invoice_id.in_(invoice_ids), outbox.c.lease_until.is_(None))
        .order_by(outbox.c.invoice_id)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(asked)).all()


async def unpark(session: AsyncSession, invoice_id: str, now: datetime) -> None:
    """Go on with what was given up, and count its tries anew."""
    await session.execute(
        update(outbox)
        .where(outbox.c.invoice_id == invoice_id, outbox.c.parked)
        .values(parked=False, due_at=now, attempts=0)
    )


async def get(session: AsyncSession, invoice_id: str) -> Due | None:
    """What is due for an invoice."""
    asked = select(
        outbox.c.invoice_id,
        outbox.c.work,
        outbox.c.due_at,
        outbox.c.attempts,
        outbox.c.lease_until,
        outbox.c.parked,
    ).where(outbox.c.invoice_id == invoice_id)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        return None
    return Due(row.invoice_id, Work(row.work), row.due_at, row.attempts, row.lease_until, row.parked)
