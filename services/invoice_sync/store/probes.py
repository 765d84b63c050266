"""SQL of the probes: was the interface up, and did it find what is surely there."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.store.sql import run

_PROBE = (
    "probe_id, route, kind, reference, start_time, duration_ms, outcome, http_status, authority_code, message,"
    " clock_offset_ms"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe. `kind` is PING, CANARY or NUMBER; `reference` is what was asked for, if anything."""

    probe_id: str
    route: str
    kind: str
    reference: str
    start_time: datetime
    duration_ms: int
    outcome: str
    http_status: int
    authority_code: str
    message: str
    clock_offset_ms: int


async def add(session: AsyncSession, made: Probe) -> None:
    """Keep a probe."""
    kept = f"INSERT INTO probe ({_PROBE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"  # noqa: S608
    await run(session, kept, *astuple(made))


async def page(session: AsyncSession, limit: int, before: str, route: str) -> Sequence[Probe]:
    """Newest first; ids sort by the time of their making."""
    asked = f"""
        SELECT {_PROBE} FROM probe WHERE ($1 = '' OR probe_id < $1) AND ($2 = '' OR route = $2)
        ORDER BY probe_id DESC LIMIT $3
    """  # noqa: S608
    return [Probe(*row) for row in await run(session, asked, before, route, limit)]


async def newest(session: AsyncSession, route: str, kinds: Sequence[str]) -> Sequence[Probe]:
    """The newest of each kind on a route."""
    asked = f"""
        SELECT {_PROBE} FROM unnest($2::text[]) AS wanted (of_kind)
        CROSS JOIN LATERAL (
            SELECT * FROM probe WHERE route = $1 AND kind = of_kind ORDER BY probe_id DESC LIMIT 1
        ) AS found
    """  # noqa: S608
    return [Probe(*row) for row in await run(session, asked, route, list(kinds))]
