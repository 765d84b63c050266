"""SQL of deliveries by mail: what is due, where each stands, and every step of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.delivery import Delivery, DeliveryState, Next, Step
from services.invoice_sync.store.sql import run

_DELIVERY = """delivery_id, invoice_id, request_id, fingerprint, sealed_address, masked_address, operator, reason,
    state, tries, due_at, last_answer, create_time, update_time"""
_STATE = 8


async def add(session: AsyncSession, made: Delivery) -> bool:
    """Write a new delivery; False when its request_id is taken."""
    written = f"""
        INSERT INTO delivery ({_DELIVERY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (request_id) DO NOTHING RETURNING delivery_id
    """  # noqa: S608
    values = (
        made.delivery_id,
        made.invoice_id,
        made.request_id,
        made.fingerprint,
        made.sealed_address,
        made.masked_address,
        made.operator,
        made.reason,
        made.state.value,
        made.tries,
        made.due_at,
        made.last_answer,
        made.create_time,
        made.update_time,
    )
    return bool(await run(session, written, *values))


async def by_request(session: AsyncSession, request_id: str) -> Delivery | None:
    """What was asked for under a request_id."""
    asked = f"SELECT {_DELIVERY} FROM delivery WHERE request_id = $1"  # noqa: S608
    rows = await run(session, asked, request_id)
    return _delivery(rows[0]) if rows else None


async def get(session: AsyncSession, delivery_id: str) -> Delivery | None:
    """One delivery."""
    asked = f"SELECT {_DELIVERY} FROM delivery WHERE delivery_id = $1"  # noqa: S608
    rows = await run(session, asked, delivery_id)
    return _delivery(rows[0]) if rows else None


async def hold(session: AsyncSession, delivery_id: str) -> Delivery | None:
    """One delivery, held until the transaction ends."""
    asked = f"SELECT {_DELIVERY} FROM delivery WHERE delivery_id = $1 FOR UPDATE"  # noqa: S608
    rows = await run(session, asked, delivery_id)
    return _delivery(rows[0]) if rows else None


async def of_invoice(session: AsyncSession, invoice_id: str, limit: int) -> Sequence[Delivery]:
    """The deliveries of an invoice, newest first."""
    asked = f"""
        SELECT {_DELIVERY} FROM delivery WHERE invoice_id = $1 ORDER BY delivery_id DESC LIMIT $2
    """  # noqa: S608
    return [_delivery(row) for row in await run(session, asked, invoice_id, limit)]


async def claim_due(
    session: AsyncSession, now: datetime, until: datetime, limit: int
) -> tuple[Sequence[Delivery], Sequence[str]]:
    """Take what is due, as SENDING and leaving it to others again at `until`. The try counts from now on.

    And the ids of those that were SENDING before: who tried them then has not written what came of it.
    """
    due = """
        SELECT delivery_id, state FROM delivery WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
    """
    found = await run(session, due, now, limit)
    claimed = f"""
        UPDATE delivery SET state = 'SENDING', tries = tries + 1, due_at = $2, update_time = $1
        WHERE delivery_id = ANY ($3::text[]) RETURNING {_DELIVERY}
    """  # noqa: S608
    rows = await run(session, claimed, now, until, [row[0] for row in found])
    left = [row[0] for row in found if row[1] == DeliveryState.SENDING.value]
    return [_delivery(row) for row in rows], left


async def move(session: AsyncSession, delivery_id: str, then: Next, tries: int, told: str, now: datetime) -> None:
    """Write where it stands now."""
    moved = """
        UPDATE delivery SET state = $2, due_at = $3, tries = $4, last_answer = $5, update_time = $6
        WHERE delivery_id = $1
    """
    await run(session, moved, delivery_id, then.state.value, then.due_at, tries, told, now)


async def wake(session: AsyncSession, invoice_id: str, now: datetime) -> None:
    """Have what waits for an invoice's papers tried now."""
    woken = "UPDATE delivery SET due_at = $2 WHERE invoice_id = $1 AND state = 'QUEUED' AND due_at > $2"
    await run(session, woken, invoice_id, now)


async def tell(session: AsyncSession, delivery_id: str, step: Step) -> None:
    """Write down the next step of a delivery, which the caller holds."""
    told = """
        INSERT INTO delivery_event (delivery_id, event_no, kind, detail, operator, event_time)
        SELECT $1, count(*) + 1, $2, $3, $4, $5 FROM delivery_event WHERE delivery_id = $1
    """
    await run(session, told, delivery_id, step.kind, step.detail, step.operator, step.event_time)


async def steps(session: AsyncSession, delivery_ids: Sequence[str]) -> dict[str, list[Step]]:
    """The steps of some deliveries, oldest first."""
    asked = """
        SELECT delivery_id, kind, detail, operator, event_time FROM delivery_event
        WHERE delivery_id = ANY ($1::text[]) ORDER BY delivery_id, event_no
    """
    found: dict[str, list[Step]] = {each: [] for each in delivery_ids}
    for row in await run(session, asked, list(delivery_ids)):
        found[row[0]].append(Step(*row[1:]))
    return found


def _delivery(row: Sequence[Any]) -> Delivery:
    values = list(row)
    values[_STATE] = DeliveryState(values[_STATE])
    return Delivery(*values)
