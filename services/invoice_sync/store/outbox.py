"""SQL of what is due: claims in batches, fenced completion, leases. The database's clock keeps the leases.

The statements are text with arrays, since they run for each batch of hundreds: one round trip, one plan, no objects.
"""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.change import ChangeKind
from services.invoice_sync.domain.claim import EXPRESS_MARK, Claim, Lease, Put, Reopen
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import UNSENT, Standing, Work
from services.invoice_sync.store import attempts, feed
from services.invoice_sync.store.sql import look_up_by_index, run
from services.invoice_sync.store.standings import DUE, NAMES, SHARED, columns, from_row, transposed, unnested, values

# A walk of the index from lane to lane, however many rows each has.
_LANES = """
    WITH RECURSIVE ring AS (
        (SELECT lane FROM outbox WHERE work = $1 AND parked_reason = '' AND lane > $2 ORDER BY lane LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.lane FROM outbox next
            WHERE next.work = $1 AND next.parked_reason = '' AND next.lane > ring.lane ORDER BY next.lane LIMIT 1
        )
        FROM ring WHERE ring.lane IS NOT NULL
    )
    SELECT lane FROM ring
    WHERE EXISTS (
        SELECT FROM outbox due
        WHERE due.work = $1 AND due.parked_reason = '' AND due.lane = ring.lane AND due.due_at <= $3
            AND due.lease_id = ''
    )
    LIMIT $4
"""
_CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT due.place, due.invoice_id
        FROM unnest($2::text[], $3::int[]) AS turn (lane, quota)
        CROSS JOIN LATERAL (
            SELECT ctid AS place, invoice_id FROM outbox
            WHERE work = $1 AND parked_reason = '' AND lane = turn.lane AND due_at <= $4 AND lease_id = ''
            ORDER BY due_at LIMIT turn.quota
            FOR UPDATE SKIP LOCKED
        ) AS due
    ), taken AS (
        UPDATE outbox SET lease_id = $5
        FROM picked WHERE outbox.ctid = picked.place
        RETURNING outbox.*
    ), leased AS (
        INSERT INTO lease (lease_id, until, invoice_ids)
        SELECT $5, clock_timestamp() + $6 * interval '1 second', array_agg(invoice_id) FROM picked HAVING count(*) > 0
        ON CONFLICT (lease_id) DO UPDATE SET invoice_ids = lease.invoice_ids || excluded.invoice_ids
    )
    SELECT {columns(DUE, "taken.")}, taken.lane, invoice.authority, invoice.environment, invoice.region,
        invoice.credential_id, invoice.seller_tax_id, invoice.document_sha256, invoice.idempotency_key,
        invoice.traceparent
    FROM taken JOIN invoice ON invoice.invoice_id = taken.invoice_id
"""  # noqa: S608  the names are ours
_GO_ON = f"""
    WITH moved AS (
        UPDATE outbox SET ({columns(DUE[1:])}, lease_id) = ROW({columns(DUE[1:], "put.")}, '')
        FROM {unnested((*DUE, ("held", "text"), ("told", "text")))} AS put ({columns(DUE)}, held, told)
        WHERE outbox.invoice_id = put.invoice_id AND outbox.lease_id = put.held
        RETURNING {feed.left("put.")}, put.told
    ), told AS ({feed.telling("moved")})
    SELECT invoice_id FROM moved
"""  # noqa: S608  the names are ours
_SETTLE = f"""
    WITH put AS (
        SELECT {columns(SHARED)}, lease_id, check_at, told
        FROM {unnested((*SHARED, ("lease_id", "text"), ("check_at", "timestamptz"), ("told", "text")))}
            AS put ({columns(SHARED)}, lease_id, check_at, told)
    ), gone AS (
        DELETE FROM outbox USING put
        WHERE outbox.invoice_id = put.invoice_id AND outbox.lease_id = put.lease_id
        RETURNING {columns(SHARED, "put.")}, put.check_at, put.told
    ), told AS ({feed.telling("gone")})
    INSERT INTO settled ({columns(SHARED)}, check_at) SELECT {columns(SHARED)}, check_at FROM gone
    RETURNING invoice_id
"""  # noqa: S608  the names are ours
_REOPEN = f"""
    WITH gone AS (DELETE FROM settled WHERE invoice_id = ANY ($1::text[]) RETURNING invoice_id), moved AS (
        SELECT put.*
        FROM {unnested((*DUE, ("lane", "text"), ("told", "text")))} AS put ({columns(DUE)}, lane, told)
            JOIN gone ON gone.invoice_id = put.invoice_id
    ), told AS ({feed.telling("moved")})
    INSERT INTO outbox ({columns(DUE)}, lane, lease_id) SELECT {columns(DUE)}, lane, '' FROM moved
    RETURNING invoice_id
"""  # noqa: S608


async def lanes(session: AsyncSession, work: Work, after: str, limit: int, now: datetime) -> list[str]:
    """Lanes with rows that are due and free, after one in the ring, each once; at most `limit`."""
    found = [row[0] for row in await run(session, _LANES, work.value, after, now, limit)]
    if len(found) < limit and after:
        around = await run(session, _LANES, work.value, "", now, limit - len(found))
        found += [row[0] for row in around if row[0] not in found]
    return found


async def express_lanes(session: AsyncSession, work: Work, limit: int, now: datetime) -> list[str]:
    """The lanes of what is in a hurry; they stand before all others."""
    found = [row[0] for row in await run(session, _LANES, work.value, "", now, limit)]
    return [lane for lane in found if lane.startswith(EXPRESS_MARK)]


async def claim(
    session: AsyncSession, work: Work, quotas: Sequence[tuple[str, int]], lease: Lease, now: datetime
) -> list[Claim]:
    """Take the oldest due rows of each lane that no one else holds, at most its quota. For submits see submits.py."""
    assert work is not Work.SUBMIT, "a claim to submit begins attempts"
    await look_up_by_index(session)
    asked = ([lane for lane, _ in quotas], [quota for _, quota in quotas])
    rows = await run(session, _CLAIM, work.value, *asked, now, lease.lease_id, lease.seconds)
    return [_claim(row, lease.lease_id) for row in rows]


async def put(session: AsyncSession, wanted: Sequence[Put]) -> set[str]:
    """Give leases back and say what is due next, or settle, and tell it; the invoices whose lease still held."""
    due = [each for each in wanted if each.standing.work is not None]
    done = [each for each in wanted if each.standing.work is None]
    fenced: set[str] = set()
    await look_up_by_index(session)
    if due:
        arrays = transposed((*values(each.standing), each.lease_id, each.told or "") for each in due)
        fenced |= {row[0] for row in await run(session, _GO_ON, *arrays)}
    if done:
        arrays = transposed(
            (*values(each.standing)[:-2], each.lease_id, each.check_at, each.told or "") for each in done
        )
        fenced |= {row[0] for row in await run(session, _SETTLE, *arrays)}
    return fenced


async def reopen(session: AsyncSession, wanted: Sequence[Reopen]) -> set[str]:
    """Make something due for settled invoices, each in its lane, and tell it; those that were still settled."""
    arrays = transposed((*values(each.standing), each.lane, each.told or "") for each in wanted)
    return {row[0] for row in await run(session, _REOPEN, *arrays)}


async def add(session: AsyncSession, wanted: Sequence[tuple[Standing, str]]) -> None:
    """Rows for invoices that stand nowhere, each in its lane; one that stands somewhere already stays as it is."""
    arrays = transposed((*values(standing), lane) for standing, lane in wanted)
    await run(session, _ADD, *arrays)


async def add_settled(session: AsyncSession, wanted: Sequence[Standing]) -> None:
    """Rows for invoices that stand nowhere and that nothing is due for; one that stands so already stays as it is."""
    added = f"""
        INSERT INTO settled ({columns(SHARED)})
        SELECT {columns(SHARED)} FROM {unnested(SHARED)} AS made ({columns(SHARED)})
        ON CONFLICT DO NOTHING
    """  # noqa: S608
    await run(session, added, *transposed(values(standing)[: len(SHARED)] for standing in wanted))


async def end_leases(session: AsyncSession, lease_ids: Sequence[str]) -> None:
    """Forget leases whose every row is done, and what was begun with them: it is in the log."""
    await attempts.forget_batches(session, lease_ids)
    await run(session, "DELETE FROM lease WHERE lease_id = ANY ($1::text[])", list(lease_ids))


async def expired(session: AsyncSession, limit: int) -> list[tuple[Standing, str]]:
    """Hold the rows of leases that are over, by the database's clock, with the lease that each has; the leases go.

    What was begun under them is written into the log.
    """
    over = """
        DELETE FROM lease WHERE lease_id IN (
            SELECT lease_id FROM lease WHERE until < clock_timestamp() ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED
        ) RETURNING lease_id, invoice_ids
    """
    leases = await run(session, over, limit)
    if not leases:
        return []
    held = f"""
        SELECT {columns(DUE)}, lease_id FROM outbox
        WHERE invoice_id = ANY ($1::text[]) AND lease_id = ANY ($2::text[]) ORDER BY invoice_id FOR UPDATE
    """  # noqa: S608
    ids = [invoice_id for row in leases for invoice_id in row[1]]
    lease_ids = [row[0] for row in leases]
    rows = await run(session, held, ids, lease_ids)
    await attempts.write_out(session, lease_ids, [])
    return [(from_row(row), row[-1]) for row in rows]


async def under_no_lease(session: AsyncSession, after: str, limit: int) -> tuple[list[tuple[Standing, str]], str]:
    """Hold those of the next rows after an id that are under a lease which is gone, each with its lease; and how far.

    The last id that was looked at is empty at the end. A lease goes with its last row, so each of these is a fault.
    What was begun for them is written into the log.
    """
    looked = """
        WITH looked AS (
            SELECT invoice_id, lease_id FROM outbox WHERE invoice_id > $1 ORDER BY invoice_id LIMIT $2
        )
        SELECT invoice_id, lease_id,
            lease_id <> '' AND NOT EXISTS (SELECT FROM lease WHERE lease.lease_id = looked.lease_id)
        FROM looked ORDER BY invoice_id
    """
    rows = await run(session, looked, after, limit)
    last = rows[-1][0] if len(rows) == limit else ""
    lost = [row for row in rows if row[2]]
    if not lost:
        return [], last
    # Held by both: what another has taken back and given to a worker meanwhile is left alone.
    held = f"""
        SELECT {columns(DUE)}, lease_id FROM outbox
        WHERE invoice_id = ANY ($1::text[]) AND lease_id = ANY ($2::text[]) ORDER BY invoice_id FOR UPDATE SKIP LOCKED
    """  # noqa: S608
    taken = await run(session, held, [row[0] for row in lost], [row[1] for row in lost])
    await attempts.write_out(session, [], [row[0] for row in taken])
    return [(from_row(row), row[-1]) for row in taken], last


async def leased_until(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, datetime]:
    """Until when a worker holds each of some invoices; those that none holds are left out."""
    asked = "SELECT invoice_id, until FROM outbox JOIN lease USING (lease_id) WHERE invoice_id = ANY ($1::text[])"
    return {row[0]: row[1] for row in await run(session, asked, list(invoice_ids))}


async def hold_leased(session: AsyncSession, leased: Sequence[tuple[str, str]]) -> set[str]:
    """Keep those of some rows that are under the lease named with each under it, until the transaction ends."""
    asked = """
        SELECT outbox.invoice_id FROM unnest($1::text[], $2::text[]) AS held (invoice_id, lease_id)
            JOIN outbox USING (invoice_id, lease_id)
        ORDER BY invoice_id FOR SHARE OF outbox
    """
    return {row[0] for row in await run(session, asked, *transposed(leased))}


async def hold_idle(session: AsyncSession, invoice_ids: Sequence[str]) -> list[Standing]:
    """Hold those of some rows that no lease and no one else has."""
    asked = f"""
        SELECT {columns(DUE)} FROM outbox
        WHERE invoice_id = ANY ($1::text[]) AND lease_id = '' ORDER BY invoice_id FOR UPDATE SKIP LOCKED
    """  # noqa: S608
    return [from_row(row) for row in await run(session, asked, list(invoice_ids))]


async def hold_unsent(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, Standing]:
    """Hold those of some invoices that are known not to be at the authority nor on their way there, by their ids.

    It waits for whoever claims one this moment, and leaves that one out then.
    """
    states = sorted(UNSENT)
    due = f"""
        SELECT {columns(DUE)} FROM outbox
        WHERE invoice_id = ANY ($1::text[]) AND lease_id = '' AND sync_state = ANY ($2::text[])
        ORDER BY invoice_id FOR UPDATE
    """  # noqa: S608
    done = f"""
        SELECT {columns(SHARED)}, NULL, NULL FROM settled
        WHERE invoice_id = ANY ($1::text[]) AND sync_state = ANY ($2::text[]) ORDER BY invoice_id FOR UPDATE
    """  # noqa: S608
    rows = [*await run(session, due, list(invoice_ids), states), *await run(session, done, list(invoice_ids), states)]
    return {row[0]: from_row(row) for row in rows}


async def resettle(session: AsyncSession, standing: Standing, told: ChangeKind | None) -> None:
    """Have an invoice for which nothing is due stand otherwise, and tell it; it is held."""
    assert standing.work is None, "nothing is due for what is settled"
    moved = f"""
        WITH moved AS (
            UPDATE settled SET ({columns(SHARED[1:])}) = ROW({columns(SHARED[1:], "put.")}), check_at = NULL
            FROM {unnested((*SHARED, ("told", "text")))} AS put ({columns(SHARED)}, told)
            WHERE settled.invoice_id = put.invoice_id
            RETURNING {feed.left("put.")}, put.told
        )
        {feed.telling("moved")}
    """  # noqa: S608
    row = (*values(standing)[: len(SHARED)], told.value if told else "")
    await run(session, moved, *transposed([row]))


async def waiting_for_refunds(session: AsyncSession, limit: int) -> Sequence[str]:
    """The payments of invoices that wait to be made again for what is left."""
    asked = """
        SELECT DISTINCT payment_id FROM outbox JOIN invoice USING (invoice_id)
        WHERE parked_reason <> '' AND parked_reason = 'REFUND' LIMIT $1
    """
    return [row[0] for row in await run(session, asked, limit)]


async def hurry(session: AsyncSession, before: datetime, limit: int) -> int:
    """Move what waits to be sent and has its deadline before an instant to the express lanes; how many."""
    asked = f"""
        UPDATE outbox SET lane = '{EXPRESS_MARK}' || lane WHERE invoice_id IN (
            SELECT invoice_id FROM outbox
            WHERE work = 'SUBMIT' AND parked_reason = '' AND left(lane, 1) <> '!' AND deadline_at < $1 AND lease_id = ''
            ORDER BY deadline_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING invoice_id
    """  # noqa: S608
    return len(await run(session, asked, before, limit))


async def under_way(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many are on their way, and since when the oldest."""
    ((count, oldest),) = await run(session, "SELECT count(*), min(create_time) FROM outbox WHERE work <> 'CONFIRM'")
    return count, oldest


_ADD = f"""
    INSERT INTO outbox ({columns(DUE)}, lane, lease_id)
    SELECT {columns(DUE)}, lane, ''
    FROM {unnested((*DUE, ("lane", "text")))} AS made ({columns(DUE)}, lane)
    ON CONFLICT DO NOTHING
"""  # noqa: S608
_AFTER = len(NAMES)


def _claim(row: Sequence[Any], lease_id: str) -> Claim:
    lane, authority, environment, region, credential_id, seller, sha256, key, traceparent = row[_AFTER:]
    route = Route(authority, environment, region, credential_id)
    standing = functools.partial(from_row, row)
    return Claim(row[0], lease_id, lane, route, seller, sha256, key, traceparent, b"", standing)
