"""SQL of the attempt log and of the rounds that prove an absence. Nothing here changes or removes a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.absence import ROUNDS_NEEDED, ROUNDS_NEEDED_WITHOUT_CANARY, Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Ended, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.standing import SyncState, Work
from services.invoice_sync.store.sql import run
from services.invoice_sync.store.standings import columns, transposed, unnested
from services.invoice_sync.tables import absence_round, attempt, attempt_end

_LIST_MAX = 1000
# Of each operation; more than any verdict looks at.
_NEWEST_MAX = 100
# With these the authority surely has nothing of the submit.
_NOT_SENT = (
    Outcome.NOT_RECEIVED.value,
    Outcome.THROTTLED.value,
    Outcome.AUTH.value,
    Outcome.QUOTA.value,
    Outcome.OUTAGE.value,
)
# The columns of a beginning and of an end, in the order in which they are written.
BEGUN = (
    ("invoice_id", "text"),
    ("attempt_no", "int"),
    ("attempt_id", "text"),
    ("version", "int"),
    ("operation", "text"),
    ("route", "text"),
    ("start_time", "timestamptz"),
    ("request_sha256", "text"),
    ("trace_id", "text"),
    ("breaker_state", "text"),
    ("prev_log_hash", "text"),
    ("log_hash", "text"),
)
ENDED = (
    ("invoice_id", "text"),
    ("attempt_no", "int"),
    ("end_time", "timestamptz"),
    ("first_byte_time", "timestamptz"),
    ("clock_offset_ms", "bigint"),
    ("outcome", "text"),
    ("message", "text"),
    ("http_status", "int"),
    ("authority_code", "text"),
    ("code_detail", "text"),
    ("url_path", "text"),
    ("place", "text"),
    ("invoice_number", "text"),
    ("red_number", "text"),
    ("ack_time", "timestamptz"),
    ("book_time", "timestamptz"),
    ("document_sha256", "text"),
    ("response_sha256", "text"),
    ("retry_after_seconds", "int"),
    ("log_hash", "text"),
)
_BEGIN = f"""
    INSERT INTO attempt_begun ({columns(BEGUN)}) SELECT * FROM {unnested(BEGUN)}
    ON CONFLICT (invoice_id, attempt_no) DO NOTHING
    RETURNING attempt_id
"""  # noqa: S608  the names are ours
_END = f"""
    INSERT INTO attempt_ended ({columns(ENDED)}) SELECT * FROM {unnested(ENDED)}
    ON CONFLICT (invoice_id, attempt_no) DO NOTHING
"""  # noqa: S608
_WRITE_OUT = f"""
    INSERT INTO attempt_begun ({columns(BEGUN)})
    SELECT {columns(BEGUN)} FROM attempt_line
    WHERE (lease_id = ANY ($1::text[]) OR invoice_id = ANY ($2::text[])) AND NOT EXISTS (
        SELECT FROM attempt_whole AS written
        WHERE written.invoice_id = attempt_line.invoice_id AND written.attempt_no = attempt_line.attempt_no
    )
    ON CONFLICT (invoice_id, attempt_no) DO NOTHING
"""  # noqa: S608
_BODIES = """
    INSERT INTO body (sha256, sealed) SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT (sha256) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class RoundEvidence:
    """The rows that a round rests on, beside the attempt by key."""

    by_number_attempt_id: str | None = None
    window_attempt_id: str | None = None
    elsewhere_attempt_id: str | None = None
    canary_probe_id: str | None = None
    watermark: datetime | None = None


async def begin(session: AsyncSession, begun: Sequence[Attempt]) -> set[str]:
    """Write attempts that are about to be made; those whose number was still free."""
    if not begun:
        return set()
    arrays = transposed(
        (
            each.invoice_id,
            each.attempt_no,
            each.attempt_id,
            each.version,
            each.operation.value,
            each.route,
            each.start_time,
            each.request_sha256,
            each.trace_id,
            each.breaker_state,
            each.prev_log_hash,
            each.log_hash,
        )
        for each in begun
    )
    return {row[0] for row in await run(session, _BEGIN, *arrays)}


async def write_out(session: AsyncSession, lease_ids: Sequence[str], invoice_ids: Sequence[str]) -> None:
    """Write into the log what was begun under some leases, and for some invoices, and has no row there yet.

    The batches of the leases go: nobody else writes their beginnings any more.
    """
    await run(session, _WRITE_OUT, list(lease_ids), list(invoice_ids))
    await forget_batches(session, lease_ids)


async def forget_batches(session: AsyncSession, lease_ids: Sequence[str]) -> None:
    """The beginnings that were kept with some leases are all in the log."""
    await run(session, "DELETE FROM attempt_batch WHERE lease_id = ANY ($1::text[])", list(lease_ids))


async def end(session: AsyncSession, ended: Sequence[Ended]) -> None:
    """Write what came of attempts, once each."""
    await run(session, _END, *transposed(end_values(each) for each in ended))


async def keep_bodies(session: AsyncSession, sealed: Sequence[tuple[str, bytes]]) -> None:
    """Keep sealed bytes under their SHA-256; those that are there already stay."""
    if sealed:
        # In one order everywhere, so that two batches with the same answer cannot wait for each other.
        await run(session, _BODIES, *transposed(sorted(dict(sealed).items())))


async def sealed_body(session: AsyncSession, sha256: str) -> bytes | None:
    """The sealed bytes with this SHA-256."""
    return (await sealed_bodies(session, [sha256])).get(sha256)


async def sealed_bodies(session: AsyncSession, sha256s: Sequence[str]) -> dict[str, bytes]:
    """The sealed bytes with these SHA-256s, of those that are kept."""
    rows = await run(session, "SELECT sha256, sealed FROM body WHERE sha256 = ANY ($1::text[])", list(sha256s))
    return {row[0]: bytes(row[1]) for row in rows}


def end_values(ended: Ended) -> tuple[Any, ...]:
    """What is written of an end, in the order of ENDED."""
    answer = ended.answer
    return (
        ended.invoice_id,
        ended.attempt_no,
        ended.end_time,
        answer.first_byte_time,
        answer.clock_offset_ms,
        answer.outcome.value,
        answer.message,
        answer.http_status,
        answer.authority_code,
        answer.code_detail,
        answer.url_path,
        answer.place,
        answer.invoice_number,
        answer.red_number,
        answer.ack_time,
        answer.book_time,
        answer.document_sha256,
        answer.response_sha256,
        answer.retry_after_seconds,
        ended.log_hash,
    )


def logged() -> Select[Any]:
    """Each attempt with its end, if it has one."""
    ends = [each for each in attempt_end.c if each.name not in ("invoice_id", "attempt_no", "log_hash")]
    return select(attempt, *ends, attempt_end.c.log_hash.label("end_log_hash")).outerjoin(
        attempt_end,
        and_(attempt_end.c.invoice_id == attempt.c.invoice_id, attempt_end.c.attempt_no == attempt.c.attempt_no),
    )


async def of_invoice(session: AsyncSession, invoice_id: str, limit: int = _LIST_MAX) -> Sequence[Attempt]:
    """Every attempt for an invoice, oldest first; at most 1,000."""
    asked = logged().where(attempt.c.invoice_id == invoice_id).order_by(attempt.c.attempt_no).limit(limit)
    return [from_row(row) for row in await session.execute(asked)]


async def newest(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    """The newest 100 attempts of each operation for each invoice, oldest first; an empty list where there is none.

    However long the questions go on, the submits stay.
    """
    by = (attempt.c.invoice_id, attempt.c.operation)
    newness = func.row_number().over(partition_by=by, order_by=attempt.c.attempt_no.desc())
    ranked = logged().add_columns(newness.label("newness")).where(attempt.c.invoice_id.in_(invoice_ids)).subquery()
    asked = select(ranked).where(ranked.c.newness <= _NEWEST_MAX).order_by(ranked.c.attempt_no)
    found: dict[str, list[Attempt]] = {invoice_id: [] for invoice_id in invoice_ids}
    for row in await session.execute(asked):
        found[row.invoice_id].append(from_row(row))
    return found


async def get(session: AsyncSession, attempt_id: str) -> Attempt | None:
    """One attempt."""
    row = (await session.execute(logged().where(attempt.c.attempt_id == attempt_id))).one_or_none()
    return None if row is None else from_row(row)


async def heads(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The number and the newest hash of the last attempt of each, as the log itself has it."""
    asked = """
        SELECT DISTINCT ON (attempt.invoice_id) attempt.invoice_id, attempt.attempt_no,
            coalesce(attempt_end.log_hash, attempt.log_hash)
        FROM attempt LEFT JOIN attempt_end USING (invoice_id, attempt_no)
        WHERE attempt.invoice_id = ANY ($1::text[])
        ORDER BY attempt.invoice_id, attempt.attempt_no DESC
    """
    return {row[0]: (row[1], row[2]) for row in await run(session, asked, list(invoice_ids))}


async def count_sent(session: AsyncSession, invoice_id: str) -> int:
    """How many submits of an invoice the authority may have had, those without an outcome among them."""
    asked = (
        select(func.count())
        .select_from(attempt)
        .outerjoin(
            attempt_end,
            and_(attempt_end.c.invoice_id == attempt.c.invoice_id, attempt_end.c.attempt_no == attempt.c.attempt_no),
        )
        .where(attempt.c.invoice_id == invoice_id, attempt.c.operation == Operation.SUBMIT.value)
        .where(or_(attempt_end.c.outcome.is_(None), attempt_end.c.outcome.not_in(_NOT_SENT)))
    )
    return (await session.execute(asked)).scalar_one()


async def first_submit_time(session: AsyncSession, invoice_id: str) -> datetime | None:
    """When the first submit of an invoice began; None when there was none."""
    asked = "SELECT min(start_time) FROM attempt WHERE invoice_id = $1 AND operation = 'SUBMIT'"
    first: datetime | None = (await run(session, asked, invoice_id))[0][0]
    return first


async def submitted(session: AsyncSession, invoice_ids: Sequence[str]) -> dict[str, int]:
    """How often each was sent or begun to be sent; those that never were are left out."""
    asked = """
        SELECT invoice_id, count(*)::int FROM attempt
        WHERE invoice_id = ANY ($1::text[]) AND operation = 'SUBMIT' GROUP BY invoice_id
    """
    return {row[0]: row[1] for row in await run(session, asked, list(invoice_ids))}


def from_row(row: Row[Any]) -> Attempt:
    """Of a row of `logged`."""
    return Attempt(
        attempt_id=row.attempt_id,
        invoice_id=row.invoice_id,
        attempt_no=row.attempt_no,
        operation=Operation(row.operation),
        start_time=row.start_time,
        end_time=row.end_time,
        request_sha256=row.request_sha256,
        trace_id=row.trace_id,
        answer=_answer(row) if row.outcome else None,
        version=row.version,
        route=row.route,
        breaker_state=row.breaker_state,
        prev_log_hash=row.prev_log_hash,
        log_hash=row.log_hash,
        end_log_hash=row.end_log_hash or "",
    )


def _answer(row: Row[Any]) -> TaxAnswer:
    return TaxAnswer(
        outcome=Outcome(row.outcome),
        message=row.message,
        http_status=row.http_status,
        authority_code=row.authority_code,
        invoice_number=row.invoice_number,
        ack_time=row.ack_time,
        book_time=row.book_time,
        document_sha256=row.document_sha256,
        response_sha256=row.response_sha256,
        retry_after_seconds=row.retry_after_seconds,
        code_detail=row.code_detail,
        clock_offset_ms=row.clock_offset_ms,
        url_path=row.url_path,
        first_byte_time=row.first_byte_time,
        place=row.place,
        red_number=row.red_number,
    )


async def add_round(
    session: AsyncSession, invoice_id: str, counted: Round, by_key_attempt_id: str, evidence: RoundEvidence
) -> None:
    """Write one round of the proof of absence, with the rows that it rests on."""
    await session.execute(
        insert(absence_round).values(
            round_id=counted.round_id,
            invoice_id=invoice_id,
            round_time=counted.round_time,
            canary=counted.canary.value,
            by_key_attempt_id=by_key_attempt_id,
            by_number_attempt_id=evidence.by_number_attempt_id,
            window_attempt_id=evidence.window_attempt_id,
            elsewhere_attempt_id=evidence.elsewhere_attempt_id,
            canary_probe_id=evidence.canary_probe_id,
            watermark=evidence.watermark,
        )
    )


async def rounds(session: AsyncSession, invoice_id: str, settle_from: datetime) -> Sequence[Round]:
    """The rounds since the invoice was last sent, or last seen at the authority; oldest first."""
    asked = (
        select(absence_round.c.round_id, absence_round.c.round_time, absence_round.c.canary)
        .where(absence_round.c.invoice_id == invoice_id, absence_round.c.round_time > settle_from)
        .order_by(absence_round.c.round_time)
    )
    return [Round(row.round_id, row.round_time, Canary(row.canary)) for row in await session.execute(asked)]


async def with_rounds_enough(session: AsyncSession, limit: int) -> Sequence[str]:
    """Invoices whose rounds call for a move: acknowledged ones with any, the others with as many as the proof needs.

    Read from the working set on, so that the rounds of what is done are never looked at.
    """
    seen = "bool_and(absence_round.canary = 'SEEN')"
    acknowledged = f"('{SyncState.ACKED.value}', '{SyncState.SUBMITTED.value}')"
    asked = f"""
        SELECT outbox.invoice_id FROM outbox
        JOIN absence_round ON absence_round.invoice_id = outbox.invoice_id
            AND absence_round.round_time > outbox.settle_from
        WHERE outbox.work = '{Work.VERIFY.value}' AND outbox.parked_reason = '' AND outbox.lease_id = ''
        GROUP BY outbox.invoice_id, outbox.sync_state
        HAVING count(*) >= CASE WHEN outbox.sync_state IN {acknowledged} THEN 1
            WHEN {seen} THEN {ROUNDS_NEEDED} ELSE {ROUNDS_NEEDED_WITHOUT_CANARY} END
        LIMIT $1
    """  # noqa: S608  the names are ours
    return [row[0] for row in await run(session, asked, limit)]
