"""SQL that searches the attempt log over all invoices, and says how long the calls took. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome
from services.invoice_sync.domain.diagnosis.attempt_cause import BY_QUESTION, BY_SUBMIT
from services.invoice_sync.domain.diagnosis.codes import BY_CODE, BY_DETAIL, OUTSIDE_CODES
from services.invoice_sync.store import attempts
from services.invoice_sync.tables import attempt, attempt_end, invoice

_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts; an empty field means every value. Begun from `from_time` on and before `to_time`."""

    from_time: datetime | None = None
    to_time: datetime | None = None
    seller_tax_id: str = ""
    operation: Operation | None = None
    outcome: Outcome | None = None
    authority_code: str = ""
    cause: str = ""

    def text(self) -> str:
        """Every filter in order, for the page token."""
        times = (each.isoformat() if each else "" for each in (self.from_time, self.to_time))
        others = (self.seller_tax_id, self.operation or "", self.outcome or "", self.authority_code, self.cause)
        return "\x1f".join(("attempts", *times, *others))


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the attempts of one operation and outcome took, in milliseconds; 0 for those under way."""

    operation: Operation
    outcome: Outcome | None
    attempt_count: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int


async def page(session: AsyncSession, wanted: AttemptFilter, limit: int, before: str) -> Sequence[Attempt]:
    """Newest first; ids sort by the time of their making."""
    asked = attempts.logged().where(*_matching(wanted))
    if before:
        asked = asked.where(attempt.c.attempt_id < before)
    rows = await session.execute(asked.order_by(attempt.c.attempt_id.desc()).limit(limit))
    return [attempts.from_row(row) for row in rows]


async def durations(session: AsyncSession, wanted: AttemptFilter) -> Sequence[Durations]:
    """Over all that match, by operation and outcome."""
    took = cast(func.round(func.extract("epoch", attempt_end.c.end_time - attempt.c.start_time) * 1000), BigInteger)
    shares = [func.percentile_disc(share).within_group(took) for share in _SHARES]
    groups = (attempt.c.operation, attempt_end.c.outcome)
    asked: Select[Any] = (
        select(*groups, func.count(), *shares, func.max(took))
        .select_from(attempt.outerjoin(attempt_end, _same_attempt()))
        .where(*_matching(wanted))
        .group_by(*groups)
        .order_by(*groups)
    )
    rows = (await session.execute(asked)).all()
    return [_durations(*row) for row in rows]


def _durations(operation: str, outcome: str | None, count: int, *took: int | None) -> Durations:
    return Durations(Operation(operation), Outcome(outcome) if outcome else None, count, *(each or 0 for each in took))


def points_to() -> ColumnElement[str]:
    """The cause that an attempt alone points to, as domain/diagnosis/attempt_cause has it; a test compares the two."""
    ok = attempt_end.c.outcome == Outcome.OK.value
    lists = (Operation.QUERY_WINDOW.value, Operation.QUERY_TOTALS.value)
    return case(
        (attempt.c.operation == Operation.SUBMIT.value, _of_submit()),
        (attempt.c.operation == Operation.QUERY_ELSEWHERE.value, case((ok, "D3"), else_="")),
        (attempt.c.operation == Operation.SEAL.value, case((ok, ""), else_="C7")),
        (attempt.c.operation.in_(lists), case((ok, ""), else_="E3")),
        else_=_of_question(),
    )


def _of_submit() -> ColumnElement[str]:
    details = [
        (attempt_end.c.code_detail.startswith(each, autoescape=True), cause) for each, cause in BY_DETAIL.items()
    ]
    codes = [(attempt_end.c.authority_code == code, cause) for code, cause in BY_CODE.items()]
    outcomes = [(attempt_end.c.outcome == outcome.value, cause) for outcome, cause in BY_SUBMIT.items()]
    return case((attempt_end.c.outcome.is_(None), "B2"), *details, *codes, *outcomes, else_="")


def _of_question() -> ColumnElement[str]:
    outside = [(attempt_end.c.authority_code == code, "E2") for code in sorted(OUTSIDE_CODES)]
    outcomes = [(attempt_end.c.outcome == outcome.value, cause) for outcome, cause in BY_QUESTION.items()]
    return case(*outside, *outcomes, else_="E3")


def _matching(wanted: AttemptFilter) -> list[ColumnElement[bool]]:
    matching: list[ColumnElement[bool]] = []
    if wanted.from_time is not None:
        matching.append(attempt.c.start_time >= wanted.from_time)
    if wanted.to_time is not None:
        matching.append(attempt.c.start_time < wanted.to_time)
    if wanted.seller_tax_id:
        sold = select(invoice.c.invoice_id).where(invoice.c.seller_tax_id == wanted.seller_tax_id)
        matching.append(attempt.c.invoice_id.in_(sold))
    if wanted.operation is not None:
        matching.append(attempt.c.operation == wanted.operation.value)
    if wanted.outcome is not None:
        matching.append(attempt_end.c.outcome == wanted.outcome.value)
    if wanted.authority_code:
        matching.append(attempt_end.c.authority_code == wanted.authority_code)
    if wanted.cause:
        matching.append(points_to() == wanted.cause)
    return matching


def _same_attempt() -> ColumnElement[bool]:
    return and_(attempt_end.c.invoice_id == attempt.c.invoice_id, attempt_end.c.attempt_no == attempt.c.attempt_no)
