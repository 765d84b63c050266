"""SQL of the gates: rate budgets and breakers of the routes, and the holds that shut them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.breaker import Breaker, BreakerState
from services.invoice_sync.domain.hold import Hold, HoldKind
from services.invoice_sync.domain.rate_budget import RateBudget
from services.invoice_sync.store.sql import run

_HOLD = "hold_id, kind, route, seller_tax_id, reason, reason_zh, start_time, end_time, set_by"
_HOLDS_MAX = 10_000
# Who set a hold that the authority announced.
ANNOUNCED = "announced"


@dataclass(frozen=True, slots=True)
class GateRow:
    """What the replicas share of a route."""

    route: str
    budget: RateBudget
    breaker: Breaker
    last_claim_time: datetime | None


async def make(session: AsyncSession, route: str, budget: RateBudget) -> None:
    """A row for a route that has none."""
    made = """
        INSERT INTO gate (route, budget, breaker) VALUES ($1, $2::jsonb, $3::jsonb) ON CONFLICT (route) DO NOTHING
    """
    await run(session, made, route, _text(budget), _text(Breaker()))


async def read(session: AsyncSession) -> dict[str, GateRow]:
    """Every gate, by route."""
    return _rows(await run(session, "SELECT route, budget, breaker, last_claim_time FROM gate ORDER BY route"))


async def lock(session: AsyncSession, routes: Sequence[str]) -> dict[str, GateRow]:
    """Hold some gates until the transaction ends."""
    asked = """
        SELECT route, budget, breaker, last_claim_time FROM gate
        WHERE route = ANY ($1::text[]) ORDER BY route FOR NO KEY UPDATE
    """
    return _rows(await run(session, asked, list(routes)))


async def save(session: AsyncSession, gate: GateRow) -> None:
    """Write a gate that is held."""
    saved = "UPDATE gate SET budget = $2::jsonb, breaker = $3::jsonb, last_claim_time = $4 WHERE route = $1"
    await run(session, saved, gate.route, _text(gate.budget), _text(gate.breaker), gate.last_claim_time)


async def holds(session: AsyncSession) -> list[Hold]:
    """Every hold that was not lifted, to be shown: those on all sellers of a route first, ten thousand at most."""
    asked = f"SELECT {_HOLD} FROM hold WHERE lift_time IS NULL ORDER BY seller_tax_id LIMIT {_HOLDS_MAX}"  # noqa: S608
    return [_hold(row) for row in await run(session, asked)]


async def holds_of(session: AsyncSession, routes: Sequence[str], sellers: Sequence[str]) -> list[Hold]:
    """Every hold that was not lifted and that concerns some sellers on some routes.

    Beside these one of each route that has any, so that the caller sees where somebody is held.
    """
    asked = f"""
        SELECT {_HOLD} FROM hold
        WHERE lift_time IS NULL AND route = ANY ($1::text[]) AND seller_tax_id = ANY ($2::text[])
        UNION
        SELECT one.* FROM unnest($1::text[]) AS asked (asked_route) CROSS JOIN LATERAL (
            SELECT {_HOLD} FROM hold WHERE lift_time IS NULL AND route = asked_route LIMIT 1
        ) AS one
    """  # noqa: S608
    return [_hold(row) for row in await run(session, asked, list(routes), ["", *sellers])]


async def set_hold(session: AsyncSession, wanted: Hold) -> None:
    """Set a hold; one of the same kind that is in force already for the same is put off instead."""
    put_off = """
        UPDATE hold SET end_time = greatest(end_time, $4), reason = $5, reason_zh = $6
        WHERE kind = $1 AND route = $2 AND seller_tax_id = $3 AND start_time <= $7 AND lift_time IS NULL
        RETURNING hold_id
    """
    there = await run(
        session,
        put_off,
        wanted.kind.value,
        wanted.route_key,
        wanted.seller_tax_id,
        wanted.until,
        wanted.reason,
        wanted.reason_zh,
        wanted.since,
    )
    if not there:
        await add_hold(session, wanted)


async def add_hold(session: AsyncSession, wanted: Hold, request_id: str | None = None) -> bool:
    """Write a hold; False when its request_id stands for one already."""
    made = f"""
        INSERT INTO hold ({_HOLD}, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (request_id) DO NOTHING RETURNING hold_id
    """  # noqa: S608
    rows = await run(
        session,
        made,
        wanted.hold_id,
        wanted.kind.value,
        wanted.route_key,
        wanted.seller_tax_id,
        wanted.reason,
        wanted.reason_zh,
        wanted.since,
        wanted.until,
        wanted.set_by,
        request_id,
    )
    return bool(rows)


async def announced_until(session: AsyncSession, route: str, since: datetime, now: datetime) -> datetime | None:
    """The end of the last announced outage that had begun by now and was not over at `since`."""
    asked = """
        SELECT max(end_time) FROM hold
        WHERE route = $1 AND kind = 'OUTAGE' AND set_by = $4 AND start_time <= $3 AND end_time > $2
    """
    rows = await run(session, asked, route, since, now, ANNOUNCED)
    until: datetime | None = rows[0][0]
    return until


async def asked_by(session: AsyncSession, request_id: str) -> Hold | None:
    """The hold that a request_id set."""
    rows = await run(session, f"SELECT {_HOLD} FROM hold WHERE request_id = $1", request_id)  # noqa: S608
    return _hold(rows[0]) if rows else None


async def put_off(session: AsyncSession, probed: Sequence[Hold]) -> None:
    """Write that a probe of each is on its way."""
    for hold in probed:
        await run(session, "UPDATE hold SET end_time = $2 WHERE hold_id = $1", hold.hold_id, hold.until)


async def lift(session: AsyncSession, hold_ids: Sequence[str], now: datetime) -> int:
    """Lift holds; how many were still in force."""
    lifted = """
        UPDATE hold SET lift_time = $2 WHERE hold_id = ANY ($1::text[]) AND lift_time IS NULL RETURNING hold_id
    """
    return len(await run(session, lifted, list(hold_ids), now))


async def is_known(session: AsyncSession, hold_id: str) -> bool:
    """Whether there ever was such a hold."""
    return bool(await run(session, "SELECT 1 FROM hold WHERE hold_id = $1", hold_id))


async def waiting(session: AsyncSession) -> dict[str, int]:
    """How many invoices wait to be sent, by seller."""
    asked = "SELECT ltrim(lane, '!'), count(*) FROM outbox WHERE work = 'SUBMIT' AND parked_reason = '' GROUP BY 1"
    return {row[0]: row[1] for row in await run(session, asked)}


def _rows(rows: Sequence[Sequence[Any]]) -> dict[str, GateRow]:
    return {row[0]: GateRow(row[0], _budget(row[1]), _breaker(row[2]), row[3]) for row in rows}


def _text(value: RateBudget | Breaker) -> str:
    return json.dumps(asdict(value), default=lambda moment: moment.isoformat())


def _budget(read: dict[str, Any]) -> RateBudget:
    moments = {name: datetime.fromisoformat(read[name]) for name in ("refilled_at", "shrunk_at", "grown_at")}
    return RateBudget(**{**read, **moments})


def _breaker(read: dict[str, Any]) -> Breaker:
    made = Breaker(**{**read, "state": BreakerState(read["state"]), "open_until": None, "probe_started": None})
    return replace(made, open_until=_moment(read["open_until"]), probe_started=_moment(read["probe_started"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _hold(row: Sequence[Any]) -> Hold:
    return Hold(row[0], HoldKind(row[1]), row[2], row[3], row[4], row[5], row[6], row[7], row[8])
