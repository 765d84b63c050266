"""SQL of the probes: was the interface up, and did it find what is surely there."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.route import Route
from services.invoice_sync.store.sql import look_up_by_index, run

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


@dataclass(frozen=True, slots=True)
class Known:
    """An invoice that the authority is known to have booked."""

    invoice_id: str
    seller_tax_id: str
    idempotency_key: str


async def known_booked(session: AsyncSession, route: Route, limit: int) -> Sequence[Known]:
    """Invoices that the authority is known to hold by this route: what a blind query service is found out by.

    Those that wait to be confirmed first, then the newest of the last thousand that were.
    """
    await look_up_by_index(session)
    asked = """
        (SELECT invoice_id, seller_tax_id, idempotency_key FROM outbox JOIN invoice USING (invoice_id)
            WHERE work = 'CONFIRM' AND parked_reason = '' AND sync_state IN ('BOOKED', 'CONFIRMED')
                AND (authority, environment, region, credential_id) = ($1, $2, $3, $4)
            ORDER BY state_time DESC LIMIT $5)
        UNION ALL
        (SELECT invoice_id, seller_tax_id, idempotency_key FROM (
                SELECT invoice_id FROM settled WHERE sync_state = 'CONFIRMED' ORDER BY invoice_id DESC LIMIT 1000
            ) AS newest JOIN invoice USING (invoice_id)
            WHERE (authority, environment, region, credential_id) = ($1, $2, $3, $4)
            ORDER BY invoice_id DESC LIMIT $5)
        LIMIT $5
    """
    where = (route.authority, route.environment, route.region, route.credential_id)
    return [Known(*row) for row in await run(session, asked, *where, limit)]


async def newest(session: AsyncSession, route: str, kinds: Sequence[str]) -> Sequence[Probe]:
    """The newest of each kind on a route."""
    asked = f"""
        SELECT {_PROBE} FROM unnest($2::text[]) AS wanted (of_kind)
        CROSS JOIN LATERAL (
            SELECT * FROM probe WHERE route = $1 AND kind = of_kind ORDER BY probe_id DESC LIMIT 1
        ) AS found
    """  # noqa: S608
    return [Probe(*row) for row in await run(session, asked, route, list(kinds))]
