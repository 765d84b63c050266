"""SQL of submits in batches: claimed with the beginnings of their attempts, finished with the ends. It sends nothing.

A claim and a finish are a few statements each for hundreds of rows. What a claim changes is reckoned by the database,
so that nothing travels twice; the tests hold that to domain/machine_submit. The beginnings of a claim are one row,
`attempt_batch`, that is committed before a byte is sent; the log gets each attempt once, with its end. What a dead
worker began is written out by whoever takes its lease back, see `attempts.write_out`.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import uuid_utils
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.attempt import Ended, Operation
from services.invoice_sync.domain.attempt_chain import Begun, submit_text, trace_id_of
from services.invoice_sync.domain.breaker import BreakerState
from services.invoice_sync.domain.change import ChangeKind
from services.invoice_sync.domain.claim import Claim, Lease
from services.invoice_sync.domain.log_chain import text_hash
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import ParkedReason, Standing, SyncState, Work
from services.invoice_sync.store import attempts, feed
from services.invoice_sync.store.sql import look_up_by_index, run_batch
from services.invoice_sync.store.standings import DUE, SHARED, columns, in_columns, put_rows

# An attempt's id is such as chassis.ids makes, but for its last digits, which count the claim's rows (RFC 9562, 6.2).
_COUNTED_DIGITS = 8
_SUBMIT = Operation.SUBMIT.value
# What a claim sets itself, so that nobody has to be told.
_SET = {"sync_state", "parked_reason", "state_time", "work"}
_TOLD = [each for each in DUE if each[0] not in _SET]
# The rows that are picked stay locked and in their place until they are changed, so they are found again by ctid.
_CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT due.place, due.invoice_id
        FROM unnest($1::text[], $2::int[]) AS turn (lane, quota)
        CROSS JOIN LATERAL (
            SELECT ctid AS place, invoice_id FROM outbox
            WHERE work = 'SUBMIT' AND parked_reason = '' AND lane = turn.lane AND due_at <= $3 AND lease_id = ''
            ORDER BY due_at LIMIT turn.quota
            FOR UPDATE SKIP LOCKED
        ) AS due
    )
    UPDATE outbox SET lease_id = $4, sync_state = 'SENDING', state_time = $3, tries = tries + 1,
        submit_count = submit_count + 1, attempt_count = attempt_count + 1
    FROM picked JOIN invoice ON invoice.invoice_id = picked.invoice_id
        LEFT JOIN body ON body.sha256 = invoice.document_sha256
    WHERE outbox.ctid = picked.place
    RETURNING {columns(_TOLD, "outbox.")}, outbox.lane,
        authority || '/' || environment || '/' || region || '/' || credential_id, seller_tax_id, document_sha256,
        idempotency_key, traceparent, sealed
"""  # noqa: S608  the names are ours
_HOLD = """
    WITH begun AS (
        INSERT INTO attempt_batch (batch_id, lease_id, begun) VALUES ($4, $1, $5)
    )
    INSERT INTO lease (lease_id, until, invoice_ids)
    VALUES ($1, clock_timestamp() + $2 * interval '1 second', $3::text[])
    ON CONFLICT (lease_id) DO UPDATE SET invoice_ids = lease.invoice_ids || excluded.invoice_ids
"""
_AFTER = len(_TOLD)
_TOLD_NAMES = [name for name, _ in _TOLD]
_VERSION, _ATTEMPT_NO, _HEAD = (_TOLD_NAMES.index(name) for name in ("version", "attempt_count", "log_head"))


class Moved(NamedTuple):
    """What the answer to a submit may change of where an invoice stands; all else stays as it was claimed.

    `work` and `due_at` are None for what is settled. The head of the log goes by the attempt's end. `told` is what
    others are told of it; empty for nothing.
    """

    sync_state: str
    work: str | None
    due_at: datetime | None
    tries: int
    look_count: int
    invoice_number: str
    ack_time: datetime | None
    settle_from: datetime
    state_time: datetime
    parked_reason: str
    told: str


def moved(standing: Standing, told: ChangeKind | None) -> Moved:
    """As the machine decided."""
    return Moved(
        standing.sync_state.value,
        standing.work.value if standing.work else None,
        standing.due_at,
        standing.tries,
        standing.look_count,
        standing.invoice_number,
        standing.ack_time,
        standing.settle_from,
        standing.state_time,
        standing.parked_reason.value,
        told.value if told else "",
    )


async def claim(
    session: AsyncSession,
    quotas: Sequence[tuple[str, int]],
    lease: Lease,
    now: datetime,
    breaker_states: Mapping[str, str],
) -> list[Claim]:
    """Take the oldest rows of each lane that are to be sent, at most its quota, and write their attempts down.

    All is there once the caller has committed. `breaker_states` tells the breakers of routes by key, for the log; one
    that is not told is closed.
    """
    await look_up_by_index(session)
    lanes, counts = [lane for lane, _ in quotas], [quota for _, quota in quotas]
    rows = await run_batch(session, _CLAIM, lanes, counts, now, lease.lease_id)
    if not rows:
        return []
    batch_id = uuid_utils.uuid7().hex[:-_COUNTED_DIGITS]
    begun, texts = _begun(rows, batch_id, now, breaker_states)
    held = lease.lease_id, lease.seconds, [row[0] for row in rows]
    await run_batch(session, _HOLD, *held, batch_id, "\n".join(texts))
    return [_claim(row, lease.lease_id, now, each) for row, each in zip(rows, begun, strict=True)]


async def finish(session: AsyncSession, finished: Sequence[tuple[Claim, Moved, Ended]]) -> set[str]:
    """Give the leases back with what is due next, or settle, and write the attempts into the log.

    The invoices whose lease still held; the others move nowhere, but the log has their ends too.
    """
    due: list[tuple[Any, ...]] = []
    done: list[tuple[Any, ...]] = []
    whole: list[tuple[Any, ...]] = []
    for claimed, to, ended in finished:
        assert claimed.begun is not None, "a claim to submit begins an attempt"
        whole.append((*claimed.begun, *attempts.end_values(ended)[2:]))
        row = (ended.invoice_id, claimed.lease_id, *to, ended.log_hash)
        (done if to.work is None else due).append(row)
    await look_up_by_index(session)
    fenced: set[str] = set()
    # The rows before the log, as whoever takes a lease back does it: two that write the same never wait in a ring.
    for statement, rows in ((_FINISH_DUE, due), (_FINISH_DONE, done)):
        if rows:
            fenced |= {row[0] for row in await run_batch(session, statement, *in_columns(_PUT, rows))}
    if lost := [row for row in whole if row[0] not in fenced]:
        apart = await _end_taken_back(session, lost)
        whole = [row for row in whole if row[0] not in apart]
    if whole:
        await run_batch(session, _WRITE, *in_columns(_WHOLE, whole))
    return fenced


async def _end_taken_back(session: AsyncSession, rows: Sequence[tuple[Any, ...]]) -> set[str]:
    """Write the ends of those of some attempts that were written out without them; the invoices of these."""
    await run_batch(session, _HOLD_ROWS, [row[0] for row in rows])
    return {row[0] for row in await run_batch(session, _END, *in_columns(_WHOLE, rows))}


_WHOLE = (*attempts.BEGUN, *attempts.ENDED[2:-1], ("end_log_hash", "text"))
_WRITE = f"""
    INSERT INTO attempt_whole ({columns(_WHOLE)}) {put_rows(_WHOLE)} ON CONFLICT (invoice_id, attempt_no) DO NOTHING
"""
# Who takes rows back writes out what was begun for them, and has let go of them when this returns.
_HOLD_ROWS = "SELECT FROM outbox WHERE invoice_id = ANY ($1::text[]) ORDER BY invoice_id FOR UPDATE"
_END = f"""
    WITH apart AS (
        SELECT put.* FROM ({put_rows(_WHOLE)}) AS put JOIN attempt_begun USING (invoice_id, attempt_no)
        WHERE attempt_begun.attempt_id = put.attempt_id
    ), ended AS (
        INSERT INTO attempt_ended ({columns(attempts.ENDED)})
        SELECT {columns(attempts.ENDED[:-1])}, end_log_hash FROM apart
        ON CONFLICT (invoice_id, attempt_no) DO NOTHING
    )
    SELECT invoice_id FROM apart
"""  # noqa: S608
_PUT = (
    ("invoice_id", "text"),
    ("lease_id", "text"),
    ("sync_state", "text"),
    ("work", "text"),
    ("due_at", "timestamptz"),
    ("tries", "int"),
    ("look_count", "int"),
    ("number", "text"),
    ("acked", "timestamptz"),
    ("settle_from", "timestamptz"),
    ("state_time", "timestamptz"),
    ("parked_reason", "text"),
    ("told", "text"),
    ("log_hash", "text"),
)
_FINISH_DUE = f"""
    WITH moved AS (
        UPDATE outbox SET lease_id = '', sync_state = put.sync_state, work = put.work, due_at = put.due_at,
            tries = put.tries, look_count = put.look_count, invoice_number = put.number, ack_time = put.acked,
            settle_from = put.settle_from, state_time = put.state_time, parked_reason = put.parked_reason,
            log_head = put.log_hash
        FROM ({put_rows(_PUT)}) AS put WHERE outbox.invoice_id = put.invoice_id AND outbox.lease_id = put.lease_id
        RETURNING outbox.invoice_id, put.sync_state, outbox.version, put.number AS invoice_number, outbox.red_number,
            put.parked_reason, put.told
    ), told AS ({feed.telling("moved")})
    SELECT invoice_id FROM moved
"""  # noqa: S608
# What the answer changed, by the column of settled that it goes to.
_ANSWERED = {
    "sync_state": "to_state",
    "tries": "to_tries",
    "look_count": "to_look_count",
    "invoice_number": "number",
    "ack_time": "acked",
    "settle_from": "to_settle_from",
    "state_time": "to_state_time",
    "parked_reason": "to_parked_reason",
    "log_head": "log_hash",
}
_FINISH_DONE = f"""
    WITH gone AS (
        DELETE FROM outbox USING ({put_rows(_PUT)}) AS put
        WHERE outbox.invoice_id = put.invoice_id AND outbox.lease_id = put.lease_id
        RETURNING {columns([each for each in SHARED if each[0] not in _ANSWERED], "outbox.")},
            put.sync_state AS to_state, put.tries AS to_tries, put.look_count AS to_look_count, put.number, put.acked,
            put.settle_from AS to_settle_from, put.state_time AS to_state_time,
            put.parked_reason AS to_parked_reason, put.log_hash, put.told
    ), moved AS (
        SELECT {", ".join(f"{_ANSWERED.get(name, name)} AS {name}" for name, _ in SHARED)}, told FROM gone
    ), told AS ({feed.telling("moved")})
    INSERT INTO settled ({columns(SHARED)}) SELECT {columns(SHARED)} FROM moved
    RETURNING invoice_id
"""  # noqa: S608


@functools.lru_cache(maxsize=1024)
def _route(key: str) -> Route:
    """There are few, and this is asked for each row."""
    return Route(*key.split("/"))


def _begun(
    rows: Sequence[Sequence[Any]], batch_id: str, now: datetime, breaker_states: Mapping[str, str]
) -> tuple[list[Begun], list[str]]:
    """The beginnings of the attempts of a claim's rows, and each as it is hashed."""
    begun: list[Begun] = []
    texts: list[str] = []
    for place, row in enumerate(rows, start=1):
        _, route, _, sha256, _, traceparent, _ = row[_AFTER:]
        attempt_id = f"att_{batch_id}{place:0{_COUNTED_DIGITS}x}"
        trace_id, head = trace_id_of(traceparent), row[_HEAD]
        state = breaker_states.get(route, BreakerState.CLOSED.value)
        made = row[0], row[_ATTEMPT_NO], attempt_id, row[_VERSION], _SUBMIT, route, now, sha256, trace_id, state, head
        text = submit_text(*made)
        begun.append(Begun(*made, text_hash(text)))
        texts.append(text)
    return begun, texts


def _claim(row: Sequence[Any], lease_id: str, now: datetime, begun: Begun) -> Claim:
    lane, route, seller, sha256, key, traceparent, sealed = row[_AFTER:]
    return Claim(
        row[0],
        lease_id,
        lane,
        _route(route),
        seller,
        sha256,
        key,
        traceparent,
        sealed or b"",
        functools.partial(_standing, row, now),
        begun,
    )


def _standing(row: Sequence[Any], now: datetime) -> Standing:
    """Of a row of a claim, which is not told what the claim set."""
    told = dict(zip(_TOLD_NAMES, row, strict=False))
    parked = ParkedReason.NOT_PARKED
    return Standing(**told, sync_state=SyncState.SENDING, work=Work.SUBMIT, state_time=now, parked_reason=parked)
