"""SQL of the sweeps: their reports, how far each pass has come, and who leads."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.sweep import Counts, Sweep
from services.invoice_sync.store.sql import run


async def add(session: AsyncSession, made: Sweep) -> None:
    """Write the report of a sweep."""
    kept = """
        INSERT INTO sweep (sweep_id, start_time, end_time, counts, oldest_time) VALUES ($1, $2, $3, $4::jsonb, $5)
    """
    counts = json.dumps(asdict(made.counts))
    await run(session, kept, made.sweep_id, made.start_time, made.end_time, counts, made.oldest_time)


async def newest_time(session: AsyncSession) -> datetime | None:
    """When the newest stored report was made."""
    rows = await run(session, "SELECT end_time FROM sweep ORDER BY sweep_id DESC LIMIT 1")
    return rows[0][0] if rows else None


async def page(session: AsyncSession, limit: int, before: str) -> Sequence[Sweep]:
    """Newest first; ids sort by the time of their making."""
    asked = """
        SELECT sweep_id, start_time, end_time, counts, oldest_time FROM sweep
        WHERE $1 = '' OR sweep_id < $1 ORDER BY sweep_id DESC LIMIT $2
    """
    return [Sweep(row[0], row[1], row[2], Counts(**row[3]), row[4]) for row in await run(session, asked, before, limit)]


async def position(session: AsyncSession, name: str) -> str:
    """How far a pass has come; empty at the start of its ring."""
    rows = await run(session, "SELECT position FROM sweep_cursor WHERE name = $1", name)
    return rows[0][0] if rows else ""


async def move(session: AsyncSession, name: str, position: str, now: datetime) -> None:
    """Write how far a pass has come."""
    moved = """
        INSERT INTO sweep_cursor (name, position, update_time) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET position = $2, update_time = $3
    """
    await run(session, moved, name, position, now)


async def lead(session: AsyncSession, name: str, holder: str, seconds: float) -> bool:
    """Take or keep the lead for some seconds, by the database's clock; False while another has it."""
    taken = """
        INSERT INTO leader (name, holder, until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second')
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE leader.holder = excluded.holder OR leader.until < clock_timestamp()
        RETURNING holder
    """
    return bool(await run(session, taken, name, holder, seconds))
