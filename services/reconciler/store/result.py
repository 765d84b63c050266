"""SQL of what runs write: matches and exceptions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from services.reconciler.domain.explanation import explain
from services.reconciler.domain.outcome import Difference, Match
from services.reconciler.tables import Base, ExceptionRow, MatchRow

_ROWS_AT_ONCE = 5_000


class ResultStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_matches(self, run_id: str, matches: Iterable[Match]) -> None:
        """Insert the matches of a run, some thousands at a time."""
        await self._add(MatchRow, [_match_row(run_id, match) for match in matches])

    async def add_exceptions(self, run_id: str, differences: Iterable[Difference], now: datetime) -> None:
        """Insert the exceptions of a run as open, some thousands at a time."""
        await self._add(ExceptionRow, [_exception_row(run_id, each, now) for each in differences])

    async def resolve_run(self, run_id: str, by_run_id: str) -> None:
        """Close what a run left open, since a later one has decided the same day anew."""
        await self._resolve(by_run_id, ExceptionRow.run_id == run_id)

    async def resolve_without_line(self, payment_ids: Sequence[str], by_run_id: str) -> None:
        """Close what earlier runs left open of payments that had no line, since a line was found."""
        await self._resolve(
            by_run_id,
            ExceptionRow.payment_id.in_(payment_ids),
            ExceptionRow.line_no.is_(None),
            ExceptionRow.run_id != by_run_id,
        )

    async def matches(self, run_id: str, after_payment_id: str, limit: int) -> list[MatchRow]:
        """Matches of a run behind a payment, in order of payment."""
        statement = (
            select(MatchRow)
            .where(MatchRow.run_id == run_id, MatchRow.payment_id > after_payment_id)
            .order_by(MatchRow.payment_id)
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def _add(self, table: type[Base], rows: Sequence[dict[str, object]]) -> None:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            await self._session.execute(insert(table), rows[start : start + _ROWS_AT_ONCE])

    async def _resolve(self, by_run_id: str, *which: Any) -> None:
        statement = (
            update(ExceptionRow)
            .where(ExceptionRow.state != "RESOLVED", *which)
            .values(state="RESOLVED", resolved_by_run_id=by_run_id)
            .execution_options(synchronize_session=False)
        )
        await self._session.execute(statement)


def _match_row(run_id: str, match: Match) -> dict[str, object]:
    return {
        "match_id": ids.new_id("match"),
        "run_id": run_id,
        "payment_id": match.payment.payment_id,
        "statement_id": match.line.statement_id,
        "line_no": match.line.line_no,
        "kind": match.kind,
        "key": match.key,
        "currency_code": match.payment.amount.currency_code,
        "amount_minor": match.payment.amount.amount_minor,
        "trace_id": telemetry.trace_id_of(match.payment.traceparent),
    }


def _exception_row(run_id: str, difference: Difference, now: datetime) -> dict[str, object]:
    payment, line = difference.payment, difference.line
    explanation, explanation_zh = explain(difference)
    holder = payment or line
    assert holder is not None, "an exception holds a payment, a line, or both"
    return {
        "exception_id": ids.new_id("exc"),
        "run_id": run_id,
        "exception_class": difference.exception_class,
        "state": "OPEN",
        "payment_id": payment.payment_id if payment else None,
        "statement_id": line.statement_id if line else None,
        "line_no": line.line_no if line else None,
        "merchant_order_no": holder.merchant_order_no,
        "book_currency_code": payment.amount.currency_code if payment else None,
        "book_amount_minor": payment.amount.amount_minor if payment else None,
        "channel_currency_code": line.amount.currency_code if line else None,
        "channel_amount_minor": line.amount.amount_minor if line else None,
        "explanation": explanation,
        "explanation_zh": explanation_zh,
        "trace_id": telemetry.trace_id_of(payment.traceparent) if payment else "",
        "create_time": now,
        "resolved_by_run_id": None,
    }
