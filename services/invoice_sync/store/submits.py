"""SQL of submits in batches: claimed with the beginnings of their attempts, finished with the ends. It sends nothing.

A claim and a finish are one statement each for hundreds of rows. What a claim changes is reckoned by the database,
the hashes of the beginnings too, so that nothing travels twice; the tests hold that to domain/machine_submit and
domain/log_chain.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import uuid_utils
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.attempt import Ended, Operation
from services.invoice_sync.domain.attempt_chain import Begun
from services.invoice_sync.domain.breaker import BreakerState
from services.invoice_sync.domain.claim import Claim, Lease
from services.invoice_sync.domain.log_chain import SEPARATOR, TAG, begin_layout, tagged
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import ParkedReason, Standing, SyncState, Work
from services.invoice_sync.store import attempts
from services.invoice_sync.store.sql import look_up_by_index, run_batch
from services.invoice_sync.store.standings import DUE, SHARED, columns, in_columns, put_rows

_BREAKER = f"coalesce(($9::text[])[array_position($8::text[], picked.route)], '{BreakerState.CLOSED.value}')"
# A new id such as chassis.ids makes, but for its last digits, which count the rows of a claim (RFC 9562, 6.2).
_COUNTED_DIGITS = 8
_ATTEMPT = f"'att_' || $6 || lpad(to_hex(picked.place_no), {_COUNTED_DIGITS}, '0')"
# Each field of a beginning as it is hashed, by the row that the claim has changed. None of these texts has a sign of
# the canonical text in it: all are ids, hex digits and words of ours.
_HASHED = {
    "attempt_id": _ATTEMPT,
    "invoice_id": "outbox.invoice_id",
    "attempt_no": f"'{TAG}i' || outbox.attempt_count",
    "version": f"'{TAG}i' || outbox.version",
    "operation": f"'{Operation.SUBMIT.value}'",
    "route": "picked.route",
    "start_time": "$7",
    "request_sha256": "picked.document_sha256",
    "trace_id": "substr(picked.traceparent, 4, 32)",
    "breaker_state": _BREAKER,
}
_ORDER, _LAYOUT = begin_layout(_HASHED)
_CANONICAL = f" || '{SEPARATOR}' || ".join(
    [f"'begun/1{SEPARATOR}' || outbox.log_head", f"'{_LAYOUT}'", *(_HASHED[name] for name in _ORDER)]
)
# What a claim sets itself, so that nobody has to be told.
_SET = {"sync_state", "parked_reason", "state_time", "work"}
_TOLD = [each for each in DUE if each[0] not in _SET]
_FACTS = "lane, route, seller_tax_id, document_sha256, idempotency_key, traceparent"
# The rows that are picked stay locked and in their place until they are changed, so they are found again by ctid.
_CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT due.place, invoice.invoice_id, row_number() OVER () AS place_no, turn.lane,
            authority || '/' || environment || '/' || region || '/' || credential_id AS route, seller_tax_id,
            document_sha256, idempotency_key, traceparent
        FROM unnest($1::text[], $2::int[]) AS turn (lane, quota)
        CROSS JOIN LATERAL (
            SELECT ctid AS place, invoice_id FROM outbox
            WHERE work = 'SUBMIT' AND parked_reason = '' AND lane = turn.lane AND due_at <= $3 AND lease_id = ''
            ORDER BY due_at LIMIT turn.quota
            FOR UPDATE SKIP LOCKED
        ) AS due JOIN invoice ON invoice.invoice_id = due.invoice_id
    ), taken AS (
        UPDATE outbox SET lease_id = $4, sync_state = 'SENDING', state_time = $3, tries = tries + 1,
            submit_count = submit_count + 1, attempt_count = attempt_count + 1
        FROM picked WHERE outbox.ctid = picked.place
        RETURNING {columns(_TOLD, "outbox.")}, picked.lane, route, seller_tax_id, document_sha256, idempotency_key,
            traceparent, {_ATTEMPT} AS attempt_id, {_BREAKER} AS breaker_state,
            encode(sha256(convert_to({_CANONICAL}, 'UTF8')), 'hex') AS log_hash
    ), begun AS (
        INSERT INTO attempt (
            invoice_id, attempt_no, attempt_id, version, operation, route, start_time, request_sha256, trace_id,
            breaker_state, prev_log_hash, log_hash
        )
        SELECT invoice_id, attempt_count, attempt_id, version, '{Operation.SUBMIT.value}', route, $3,
            document_sha256, substr(traceparent, 4, 32), breaker_state, log_head, log_hash
        FROM taken
        ON CONFLICT (invoice_id, attempt_no) DO NOTHING
        RETURNING 1
    ), leased AS (
        INSERT INTO lease (lease_id, until, invoice_ids)
        SELECT $4, clock_timestamp() + $5 * interval '1 second', array_agg(invoice_id) FROM picked HAVING count(*) > 0
        ON CONFLICT (lease_id) DO UPDATE SET invoice_ids = lease.invoice_ids || excluded.invoice_ids
    )
    SELECT {columns(_TOLD, "taken.")}, {_FACTS}, body.sealed, log_hash, (SELECT count(*) FROM begun)
    FROM taken LEFT JOIN body ON body.sha256 = taken.document_sha256
"""  # noqa: S608  the names are ours
_BEGUN = "SELECT invoice_id FROM attempt WHERE invoice_id = ANY ($1::text[]) AND log_hash = ANY ($2::text[])"
# Undoes the claim of a row for which no attempt began: nothing was sent, so nothing is unknown.
_PUT_BACK = """
    UPDATE outbox SET lease_id = '', sync_state = CASE WHEN tries > 1 THEN 'RETRY_WAIT' ELSE 'READY' END,
        tries = tries - 1, submit_count = submit_count - 1, attempt_count = newest.attempt_no, log_head = newest.head
    FROM unnest($1::text[]) AS dropped (invoice_id) CROSS JOIN LATERAL (
        SELECT attempt_no, coalesce(attempt_end.log_hash, attempt.log_hash) AS head
        FROM attempt LEFT JOIN attempt_end USING (invoice_id, attempt_no)
        WHERE attempt.invoice_id = dropped.invoice_id ORDER BY attempt_no DESC LIMIT 1
    ) AS newest
    WHERE outbox.invoice_id = dropped.invoice_id AND outbox.lease_id = $2
"""
_AFTER = len(_TOLD)
_TOLD_NAMES = [name for name, _ in _TOLD]
_LOG_HASH = _AFTER + 7
_ATTEMPT_NO = _TOLD.index(("attempt_count", "int"))


class Moved(NamedTuple):
    """What the answer to a submit may change of where an invoice stands; all else stays as it was claimed.

    `work` and `due_at` are None for what is settled. The head of the log goes by the attempt's end.
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


def moved(standing: Standing) -> Moved:
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
    that is not told is closed. A row whose attempt's number is taken already is not claimed: who held it before came
    too late with a question. It is put back as it was, with the number and the head that the log has.
    """
    await look_up_by_index(session)
    lanes, counts = [lane for lane, _ in quotas], [quota for _, quota in quotas]
    prefix = uuid_utils.uuid7().hex[:-_COUNTED_DIGITS]
    states = list(breaker_states), list(breaker_states.values())
    of_lease = lease.lease_id, lease.seconds, prefix, tagged(now)
    rows = await run_batch(session, _CLAIM, lanes, counts, now, *of_lease, *states)
    if rows and rows[0][-1] < len(rows):
        asked = [row[0] for row in rows], [row[_LOG_HASH] for row in rows]
        begun = {row[0] for row in await run_batch(session, _BEGUN, *asked)}
        await run_batch(session, _PUT_BACK, [row[0] for row in rows if row[0] not in begun], lease.lease_id)
        rows = [row for row in rows if row[0] in begun]
    return [_claim(row, lease.lease_id, now) for row in rows]


async def finish(session: AsyncSession, finished: Sequence[tuple[Claim, Moved, Ended]]) -> set[str]:
    """Write the ends of submits, and give the leases back with what is due next, or settle.

    The invoices whose lease still held; the others move nowhere, but the log has their ends too.
    """
    due: list[tuple[Any, ...]] = []
    done: list[tuple[Any, ...]] = []
    for claimed, to, ended in finished:
        row = (ended.invoice_id, claimed.lease_id, *to, ended.log_hash)
        (done if to.work is None else due).append(row)
    await look_up_by_index(session)
    ends = [attempts.end_values(ended) for _, _, ended in finished]
    await run_batch(session, _END, *in_columns(attempts.ENDED, ends))
    fenced: set[str] = set()
    for statement, rows in ((_FINISH_DUE, due), (_FINISH_DONE, done)):
        if rows:
            fenced |= {row[0] for row in await run_batch(session, statement, *in_columns(_PUT, rows))}
    return fenced


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
    ("log_hash", "text"),
)
_END = f"""
    INSERT INTO attempt_end ({columns(attempts.ENDED)}) {put_rows(attempts.ENDED)}
    ON CONFLICT (invoice_id, attempt_no) DO NOTHING
"""
_FINISH_DUE = f"""
    UPDATE outbox SET lease_id = '', sync_state = put.sync_state, work = put.work, due_at = put.due_at,
        tries = put.tries, look_count = put.look_count, invoice_number = put.number, ack_time = put.acked,
        settle_from = put.settle_from, state_time = put.state_time, parked_reason = put.parked_reason,
        log_head = put.log_hash
    FROM ({put_rows(_PUT)}) AS put WHERE outbox.invoice_id = put.invoice_id AND outbox.lease_id = put.lease_id
    RETURNING outbox.invoice_id
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
            put.parked_reason AS to_parked_reason, put.log_hash
    )
    INSERT INTO settled ({columns(SHARED)})
    SELECT {", ".join(_ANSWERED.get(name, name) for name, _ in SHARED)} FROM gone
    RETURNING invoice_id
"""  # noqa: S608


@functools.lru_cache(maxsize=1024)
def _route(key: str) -> Route:
    """There are few, and this is asked for each row."""
    return Route(*key.split("/"))


def _claim(row: Sequence[Any], lease_id: str, now: datetime) -> Claim:
    lane, route, seller, sha256, key, traceparent, sealed, log_hash, _ = row[_AFTER:]
    invoice_id = row[0]
    return Claim(
        invoice_id,
        lease_id,
        lane,
        _route(route),
        seller,
        sha256,
        key,
        traceparent,
        sealed or b"",
        functools.partial(_standing, row, now),
        Begun(invoice_id, row[_ATTEMPT_NO], now, log_hash),
    )


def _standing(row: Sequence[Any], now: datetime) -> Standing:
    """Of a row of a claim, which is not told what the claim set."""
    told = dict(zip(_TOLD_NAMES, row, strict=False))
    parked = ParkedReason.NOT_PARKED
    return Standing(**told, sync_state=SyncState.SENDING, work=Work.SUBMIT, state_time=now, parked_reason=parked)
