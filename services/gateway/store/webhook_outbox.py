"""The statements about events and what is on its way. They open no transaction and decide nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.domain.webhook import (
    TEST_TYPE,
    Answer,
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointState,
    Event,
)
from services.gateway.tables.webhook import (
    WebhookAttemptRow,
    WebhookCursorRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookEventRow,
)

_ATTEMPTS_MAX = 100
# What was sent there before goes behind what waits: `order_no` is drawn anew.
_PUT_ON_WAY = text(
    """
    INSERT INTO webhook_delivery AS held (delivery_id, endpoint_id, event_id, event_type, object_id, merchant_id,
        state, try_count, attempt_count, next_try_time, create_time, last_status_code)
    SELECT asked.delivery_id, asked.endpoint_id, event.event_id, event.event_type, event.object_id, event.merchant_id,
        'WAITING', 0, 0, CAST(:now AS timestamptz), CAST(:now AS timestamptz), 0
    FROM unnest(CAST(:delivery_ids AS text[]), CAST(:endpoint_ids AS text[]), CAST(:event_ids AS text[]))
        WITH ORDINALITY AS asked (delivery_id, endpoint_id, event_id, place)
    JOIN webhook_event AS event ON event.event_id = asked.event_id
    ORDER BY asked.place
    ON CONFLICT (endpoint_id, event_id) DO UPDATE SET
        state = 'WAITING', order_no = excluded.order_no, try_count = 0, next_try_time = excluded.next_try_time,
        lease_until = NULL, end_time = NULL
        WHERE held.state = ANY(CAST(:again AS text[]))
    RETURNING delivery_id
"""
)
# Only the first that waits for an object is due. Endpoints come in random order, so that a few with much to send
# leave room for the others.
_CLAIM = text(
    """
    WITH due AS (
        SELECT first.delivery_id FROM webhook_endpoint AS place
        CROSS JOIN LATERAL (
            SELECT one.delivery_id FROM webhook_delivery AS one
            WHERE one.endpoint_id = place.endpoint_id AND one.state = 'WAITING'
                AND one.next_try_time <= CAST(:now AS timestamptz)
                AND (one.lease_until IS NULL OR one.lease_until <= CAST(:now AS timestamptz))
                AND NOT EXISTS (
                    SELECT FROM webhook_delivery AS earlier
                    WHERE earlier.endpoint_id = one.endpoint_id AND earlier.object_id = one.object_id
                        AND earlier.state = 'WAITING' AND earlier.order_no < one.order_no)
            ORDER BY one.next_try_time, one.order_no LIMIT CAST(:of_endpoint AS int) FOR UPDATE SKIP LOCKED
        ) AS first
        WHERE place.state = 'ENABLED' AND place.endpoint_id <> ALL(CAST(:busy AS text[]))
        ORDER BY random() LIMIT CAST(:limit AS int)
    )
    UPDATE webhook_delivery AS taken SET
        lease_until = CAST(:lease_until AS timestamptz),
        try_count = taken.try_count + 1, attempt_count = taken.attempt_count + 1
    FROM due, webhook_event AS event, webhook_endpoint AS place
    WHERE taken.delivery_id = due.delivery_id AND event.event_id = taken.event_id
        AND place.endpoint_id = taken.endpoint_id
    RETURNING taken.delivery_id, taken.endpoint_id, taken.event_id, taken.event_type, taken.try_count,
        taken.attempt_count, event.body, place.url, place.sealed_secret, place.sealed_previous, place.previous_until
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that is ours to try until its lease ends, with all that the try needs."""

    delivery_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    try_count: int
    attempt_no: int
    body: str
    url: str
    sealed_secret: bytes
    sealed_previous: bytes | None
    previous_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries of an endpoint; what is empty filters not."""

    endpoint_id: str
    state: str = ""
    object_id: str = ""


async def next_sequence(session: AsyncSession, feed: str) -> int:
    """Where a feed goes on; 0 when it was never read."""
    return await session.scalar(select(WebhookCursorRow.next_sequence).where(WebhookCursorRow.feed == feed)) or 0


async def move_cursor(session: AsyncSession, feed: str, was: int, to: int) -> bool:
    """Move on from where a feed was read, which locks it; False when another gateway was faster."""
    if was == 0:
        begun = upsert(WebhookCursorRow).values(feed=feed, next_sequence=to).on_conflict_do_nothing()
        return await session.scalar(begun.returning(WebhookCursorRow.feed)) is not None
    statement = (
        update(WebhookCursorRow)
        .where(WebhookCursorRow.feed == feed, WebhookCursorRow.next_sequence == was)
        .values(next_sequence=to)
        .returning(WebhookCursorRow.feed)
    )
    return await session.scalar(statement) is not None


async def add_events(session: AsyncSession, events: Sequence[Event]) -> set[str]:
    """Insert events whose origin is new; the ids of these."""
    if not events:
        return set()
    rows = [
        {
            "event_id": event.event_id,
            "event_type": event.event_type,
            "object_id": event.object_id,
            "merchant_id": event.merchant_id,
            "origin": event.origin,
            "body": event.body,
            "create_time": event.create_time,
        }
        for event in events
    ]
    statement = upsert(WebhookEventRow).values(rows).on_conflict_do_nothing(index_elements=["origin"])
    return set(await session.scalars(statement.returning(WebhookEventRow.event_id)))


async def put_on_way(
    session: AsyncSession,
    wanted: Sequence[tuple[str, str, str]],
    now: datetime,
    again: Iterable[DeliveryState] = (),
) -> list[str]:
    """Put (delivery_id, endpoint_id, event_id) on their way in this order; those on their way now, by id.

    A pair that is there keeps its id; it goes out again when its state is one of `again`, else it stays as it is.
    """
    if not wanted:
        return []
    delivery_ids, endpoint_ids, event_ids = (list(column) for column in zip(*wanted, strict=True))
    told = {"delivery_ids": delivery_ids, "endpoint_ids": endpoint_ids, "event_ids": event_ids}
    rows = await session.scalars(_PUT_ON_WAY, {**told, "now": now, "again": [str(state) for state in again]})
    return list(rows)


async def claim_due(
    session: AsyncSession, now: datetime, lease_until: datetime, busy: Sequence[str], of_endpoint: int, limit: int
) -> list[Claim]:
    """Take leases on what is due, of each endpoint that is not busy at most `of_endpoint`."""
    told = {"now": now, "lease_until": lease_until, "busy": list(busy), "of_endpoint": of_endpoint, "limit": limit}
    return [_claim(row) for row in (await session.execute(_CLAIM, told)).mappings()]


async def claim_one(session: AsyncSession, delivery_id: str, lease_until: datetime) -> Claim:
    """Take the lease on a delivery that was just put on its way, whatever its endpoint's state."""
    statement = (
        update(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.delivery_id == delivery_id,
            WebhookEventRow.event_id == WebhookDeliveryRow.event_id,
            WebhookEndpointRow.endpoint_id == WebhookDeliveryRow.endpoint_id,
        )
        .values(
            lease_until=lease_until,
            try_count=WebhookDeliveryRow.try_count + 1,
            attempt_count=WebhookDeliveryRow.attempt_count + 1,
        )
        .returning(
            WebhookDeliveryRow.delivery_id,
            WebhookDeliveryRow.endpoint_id,
            WebhookDeliveryRow.event_id,
            WebhookDeliveryRow.event_type,
            WebhookDeliveryRow.try_count,
            WebhookDeliveryRow.attempt_count,
            WebhookEventRow.body,
            WebhookEndpointRow.url,
            WebhookEndpointRow.sealed_secret,
            WebhookEndpointRow.sealed_previous,
            WebhookEndpointRow.previous_until,
        )
    )
    return _claim((await session.execute(statement)).mappings().one())


async def add_attempt(session: AsyncSession, delivery_id: str, attempt: Attempt) -> None:
    """Write what came back of a try."""
    answer = attempt.answer
    await session.execute(
        insert(WebhookAttemptRow).values(
            delivery_id=delivery_id,
            attempt_no=attempt.attempt_no,
            start_time=attempt.start_time,
            duration_milliseconds=answer.duration_milliseconds,
            status_code=answer.status_code,
            fault=answer.fault,
            answer_start=answer.start,
        )
    )


async def settle(
    session: AsyncSession, claim: Claim, state: DeliveryState, status_code: int, now: datetime, next_try: datetime
) -> Delivery | None:
    """Write where a claimed delivery is now; None when the lease was lost and someone else tried it since."""
    statement = (
        update(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.delivery_id == claim.delivery_id,
            WebhookDeliveryRow.state == DeliveryState.WAITING,
            WebhookDeliveryRow.attempt_count == claim.attempt_no,
        )
        .values(
            state=state,
            lease_until=None,
            next_try_time=next_try,
            end_time=None if state is DeliveryState.WAITING else now,
            last_status_code=status_code,
        )
        .returning(WebhookDeliveryRow)
    )
    row = await session.scalar(statement)
    return None if row is None else _delivery(row)


async def find(session: AsyncSession, delivery_id: str) -> Delivery | None:
    """A delivery."""
    row = await session.get(WebhookDeliveryRow, delivery_id, populate_existing=True)
    return None if row is None else _delivery(row)


async def attempts(session: AsyncSession, delivery_id: str) -> list[Attempt]:
    """The last 100 tries of a delivery, oldest first."""
    statement = (
        select(WebhookAttemptRow)
        .where(WebhookAttemptRow.delivery_id == delivery_id)
        .order_by(WebhookAttemptRow.attempt_no.desc())
        .limit(_ATTEMPTS_MAX)
    )
    rows = (await session.scalars(statement)).all()
    return [_attempt(row) for row in reversed(rows)]


async def page(session: AsyncSession, wanted: DeliveryFilter, before_id: str, limit: int) -> list[Delivery]:
    """Deliveries of an endpoint, newest first, from before one on."""
    statement = select(WebhookDeliveryRow).where(WebhookDeliveryRow.endpoint_id == wanted.endpoint_id)
    if wanted.state:
        statement = statement.where(WebhookDeliveryRow.state == wanted.state)
    if wanted.object_id:
        statement = statement.where(WebhookDeliveryRow.object_id == wanted.object_id)
    if before_id:
        statement = statement.where(WebhookDeliveryRow.delivery_id < before_id)
    rows = await session.scalars(statement.order_by(WebhookDeliveryRow.delivery_id.desc()).limit(limit))
    return [_delivery(row) for row in rows]


async def events_between(
    session: AsyncSession, endpoint: Endpoint, from_time: datetime, to_time: datetime, after_id: str, limit: int
) -> list[str]:
    """Ids of events of a time that an endpoint gets, oldest first, from after one on."""
    statement = select(WebhookEventRow.event_id).where(
        WebhookEventRow.create_time >= from_time,
        WebhookEventRow.create_time < to_time,
        WebhookEventRow.event_id > after_id,
        WebhookEventRow.event_type != TEST_TYPE,
    )
    if endpoint.merchant_ids:
        statement = statement.where(WebhookEventRow.merchant_id.in_(endpoint.merchant_ids))
    if endpoint.event_types:
        kind = func.split_part(WebhookEventRow.event_type, ".", 1).concat(".*")
        of_type, of_kind = WebhookEventRow.event_type.in_(endpoint.event_types), kind.in_(endpoint.event_types)
        statement = statement.where(of_type | of_kind)
    return list(await session.scalars(statement.order_by(WebhookEventRow.event_id).limit(limit)))


async def fail_stranded(session: AsyncSession, now: datetime, limit: int) -> int:
    """Let fail what waits for an endpoint that is disabled or deleted; how many."""
    stranded = (
        select(WebhookDeliveryRow.delivery_id)
        .join(WebhookEndpointRow, WebhookEndpointRow.endpoint_id == WebhookDeliveryRow.endpoint_id)
        .where(
            WebhookEndpointRow.state != EndpointState.ENABLED,
            WebhookDeliveryRow.state == DeliveryState.WAITING,
            WebhookDeliveryRow.lease_until.is_(None) | (WebhookDeliveryRow.lease_until <= now),
        )
        .limit(limit)
        .with_for_update(of=WebhookDeliveryRow, skip_locked=True)
    )
    statement = (
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.delivery_id.in_(stranded))
        .values(state=DeliveryState.FAILED, end_time=now, lease_until=None)
        .returning(WebhookDeliveryRow.delivery_id)
    )
    return len((await session.scalars(statement)).all())


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove deliveries that ended before a time with their tries, and events that nothing is left of; how many."""
    old = (
        select(WebhookEventRow.event_id)
        .where(
            WebhookEventRow.create_time < before,
            ~exists().where(
                WebhookDeliveryRow.event_id == WebhookEventRow.event_id,
                (WebhookDeliveryRow.state == DeliveryState.WAITING) | (WebhookDeliveryRow.end_time >= before),
            ),
        )
        .order_by(WebhookEventRow.create_time)
        .limit(limit)
    )
    event_ids = (await session.scalars(old)).all()
    of_them = select(WebhookDeliveryRow.delivery_id).where(WebhookDeliveryRow.event_id.in_(event_ids))
    await session.execute(delete(WebhookAttemptRow).where(WebhookAttemptRow.delivery_id.in_(of_them)))
    await session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.event_id.in_(event_ids)))
    await session.execute(delete(WebhookEventRow).where(WebhookEventRow.event_id.in_(event_ids)))
    return len(event_ids)


def _claim(found: RowMapping) -> Claim:
    return Claim(
        delivery_id=found["delivery_id"],
        endpoint_id=found["endpoint_id"],
        event_id=found["event_id"],
        event_type=found["event_type"],
        try_count=found["try_count"],
        attempt_no=found["attempt_count"],
        body=found["body"],
        url=found["url"],
        sealed_secret=found["sealed_secret"],
        sealed_previous=found["sealed_previous"],
        previous_until=found["previous_until"],
    )


def _delivery(row: WebhookDeliveryRow) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        event_type=row.event_type,
        object_id=row.object_id,
        merchant_id=row.merchant_id,
        state=DeliveryState(row.state),
        try_count=row.try_count,
        attempt_count=row.attempt_count,
        next_try_time=row.next_try_time,
        create_time=row.create_time,
        end_time=row.end_time,
        last_status_code=row.last_status_code,
    )


def _attempt(row: WebhookAttemptRow) -> Attempt:
    answer = Answer(row.status_code, row.fault, row.answer_start, row.duration_milliseconds)
    return Attempt(row.attempt_no, row.start_time, answer)
