"""SQL of the attempt log and of the rounds that prove an absence. Nothing here changes a finished row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.absence import ROUNDS_NEEDED, ROUNDS_NEEDED_WITHOUT_CANARY, Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.sync_state import SyncState
from services.invoice_sync.tables import absence_round, attempt, invoice

_LIST_MAX = 1000
# Of each operation; more than any verdict looks at.
_NEWEST_MAX = 100
# With these the authority surely has nothing of the submit.
_NOT_SENT = (Outcome.NOT_RECEIVED.value, Outcome.THROTTLED.value)


async def begin(session: AsyncSession, begun: Sequence[Attempt]) -> None:
    """Write attempts that are about to be made."""
    await session.execute(
        insert(attempt),
        [
            {
                "attempt_id": each.attempt_id,
                "invoice_id": each.invoice_id,
                "attempt_no": each.attempt_no,
                "operation": each.operation.value,
                "start_time": each.start_time,
                "request_sha256": each.request_sha256,
                "trace_id": each.trace_id,
                "outcome": "",
                "message": "",
                "http_status": 0,
                "authority_code": "",
                "invoice_number": "",
                "document_sha256": "",
                "response_sha256": "",
                "retry_after_seconds": 0,
            }
            for each in begun
        ],
    )


async def finish(session: AsyncSession, attempt_id: str, answer: TaxAnswer, end_time: datetime) -> None:
    """Write what came of an attempt, once."""
    await session.execute(
        update(attempt)
        .where(attempt.c.attempt_id == attempt_id)
        .values(
            end_time=end_time,
            outcome=answer.outcome.value,
            message=answer.message,
            http_status=answer.http_status,
            authority_code=answer.authority_code,
            invoice_number=answer.invoice_number,
            document_sha256=answer.document_sha256,
            response_sha256=answer.response_sha256,
            retry_after_seconds=answer.retry_after_seconds,
        )
    )


async def of_invoice(session: AsyncSession, invoice_id: str) -> Sequence[Attempt]:
    """Every attempt for an invoice, oldest first; at most 1,000."""
    asked = select(attempt).where(attempt.c.invoice_id == invoice_id).order_by(attempt.c.attempt_no).limit(_LIST_MAX)
    return [_attempt(row) for row in await session.execute(asked)]


async def newest(session: AsyncSession, invoice_id: str) -> Sequence[Attempt]:
    """The newest 100 attempts of each operation, oldest first: however long the questions go on, the submits stay."""
    newness = func.row_number().over(partition_by=attempt.c.operation, order_by=attempt.c.attempt_no.desc())
    ranked = select(attempt, newness.label("newness")).where(attempt.c.invoice_id == invoice_id).subquery()
    asked = select(ranked).where(ranked.c.newness <= _NEWEST_MAX).order_by(ranked.c.attempt_no)
    return [_attempt(row) for row in await session.execute(asked)]


async def count_sent(session: AsyncSession, invoice_id: str) -> int:
    """How many submits of an invoice the authority may have had, those without an outcome among them."""
    asked = (
        select(func.count())
        .select_from(attempt)
        .where(attempt.c.invoice_id == invoice_id, attempt.c.operation == Operation.SUBMIT.value)
        .where(attempt.c.outcome.not_in(_NOT_SENT))
    )
    return (await session.execute(asked)).scalar_one()


def _attempt(row: Row[Any]) -> Attempt:
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
    )


def _answer(row: Row[Any]) -> TaxAnswer:
    return TaxAnswer(
        outcome=Outcome(row.outcome),
        message=row.message,
        http_status=row.http_status,
        authority_code=row.authority_code,
        invoice_number=row.invoice_number,
        document_sha256=row.document_sha256,
        response_sha256=row.response_sha256,
        retry_after_seconds=row.retry_after_seconds,
    )


async def add_round(
    session: AsyncSession,
    invoice_id: str,
    counted: Round,
    by_key_attempt_id: str,
    by_number_attempt_id: str | None,
    canary_attempt_id: str | None,
) -> None:
    """Write one round of the proof of absence, with the attempts that it rests on."""
    await session.execute(
        insert(absence_round).values(
            round_id=counted.round_id,
            invoice_id=invoice_id,
            round_time=counted.round_time,
            canary=counted.canary.value,
            by_key_attempt_id=by_key_attempt_id,
            by_number_attempt_id=by_number_attempt_id,
            canary_attempt_id=canary_attempt_id,
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
    """Invoices whose rounds call for a move: acknowledged ones with any, the others with as many as the proof needs."""
    seen = func.bool_and(absence_round.c.canary == Canary.SEEN.value)
    needed = case(
        (invoice.c.sync_state == SyncState.ACKED.value, 1), (seen, ROUNDS_NEEDED), else_=ROUNDS_NEEDED_WITHOUT_CANARY
    )
    asked = (
        select(invoice.c.invoice_id)
        .join(absence_round, absence_round.c.invoice_id == invoice.c.invoice_id)
        .where(
            invoice.c.sync_state.in_([SyncState.ACKED.value, SyncState.UNKNOWN.value, SyncState.MISSING.value]),
            absence_round.c.round_time > invoice.c.settle_from,
        )
        .group_by(invoice.c.invoice_id)
        .having(func.count() >= needed)
        .limit(limit)
    )
    return (await session.scalars(asked)).all()
