"""SQL of the sweeps that found something."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.tables import sweep


async def add(session: AsyncSession, made: Sweep) -> None:
    """Write the report of a sweep."""
    await session.execute(
        insert(sweep).values(
            sweep_id=made.sweep_id,
            start_time=made.start_time,
            end_time=made.end_time,
            scanned_count=made.scanned_count,
            lease_expired_count=made.lease_expired_count,
            missing_count=made.missing_count,
            resent_count=made.resent_count,
            issued_count=made.issued_count,
        )
    )


async def page(session: AsyncSession, limit: int, before: str) -> Sequence[Sweep]:
    """Newest first; ids sort by the time of their making."""
    asked = select(
        sweep.c.sweep_id,
        sweep.c.start_time,
        sweep.c.end_time,
        sweep.c.scanned_count,
        sweep.c.lease_expired_count,
        sweep.c.missing_count,
        sweep.c.resent_count,
        sweep.c.issued_count,
    )
    if before:
        asked = asked.where(sweep.c.sweep_id < before)
    rows = (await session.execute(asked.order_by(sweep.c.sweep_id.desc()).limit(limit))).mappings()
    return [Sweep(**row) for row in rows]
