"""SQL of what runs found: the place of every row, matches and exceptions. What a run found never changes."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.reconciler.domain.change import ChangeKind
from services.reconciler.domain.match import Match
from services.reconciler.matching.exception_rows import EXCEPTION_COLUMNS
from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.matching.run_results import NULL, RESULT_COLUMNS, Place
from services.reconciler.store import feed
from services.reconciler.tables import ExceptionRow, PaymentRow, RefundRow, RunResultRow

_MATCHES = (Disposition.MATCHED, Disposition.SUGGESTED)


class OwnRows(NamedTuple):
    """How many rows of a run's own day one side has of one currency, and their money in minor units."""

    side: str
    currency_code: str
    row_count: int
    amount_minor: int


class Traced(NamedTuple):
    """A payment that was traced, and what became of it."""

    payment_id: str
    traceparent: str
    outcome: str


class ResultStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, seconds_max: float) -> None:
        """Millions of rows may come: the usual limit of a statement is too short."""
        limit = {"value": f"{int(seconds_max * 1000)}ms"}
        await self._session.execute(text("SELECT set_config('statement_timeout', :value, true)"), limit)

    async def add(self, results: Path, exceptions: Path) -> None:
        """Take in the files of a run: the place of every row, and its exceptions."""
        raw = await (await self._session.connection()).get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None, "a session at work has a connection"
        await driver.copy_to_table("run_results", source=results, columns=RESULT_COLUMNS, format="csv", null=NULL)
        await driver.copy_to_table("exceptions", source=exceptions, columns=EXCEPTION_COLUMNS, format="csv")

    async def places(self, run_id: str) -> list[Place]:
        """What the tables have of a run, by place."""
        by = (RunResultRow.side, RunResultRow.disposition, RunResultRow.exception_class, RunResultRow.currency_code)
        statement = (
            select(*by, func.count(), func.sum(RunResultRow.amount_minor))
            .where(RunResultRow.run_id == run_id)
            .group_by(*by)
        )
        rows = await self._session.execute(statement)
        return sorted(Place(*row[:5], int(row[5])) for row in rows)

    async def own_rows(self, run_id: str) -> list[OwnRows]:
        """What the tables have of a run's own day."""
        by = (RunResultRow.side, RunResultRow.currency_code)
        statement = (
            select(*by, func.count(), func.sum(RunResultRow.amount_minor))
            .where(RunResultRow.run_id == run_id, ~RunResultRow.beside)
            .group_by(*by)
        )
        return sorted(OwnRows(*row[:3], int(row[3])) for row in await self._session.execute(statement))

    async def resolve_run(self, run_id: str, by_run_id: str) -> None:
        """Close what a run left open, since a later one has decided the same day anew, and tell it."""
        statement = (
            update(ExceptionRow)
            .where(ExceptionRow.state != "RESOLVED", ExceptionRow.run_id == run_id)
            .values(state="RESOLVED", resolved_by_run_id=by_run_id)
        )
        await feed.change_and_tell(self._session, statement, f"'{ChangeKind.RESOLVED}'")

    async def matches(self, run_id: str, wanted: Disposition | None, after_group_id: str, limit: int) -> list[Match]:
        """Matches and suggestions of a run behind a group, in order of group."""
        which = (
            RunResultRow.run_id == run_id,
            RunResultRow.disposition.in_((wanted,) if wanted else _MATCHES),
        )
        groups = (
            select(RunResultRow.group_id)
            .where(*which, RunResultRow.group_id > after_group_id)
            .group_by(RunResultRow.group_id)
            .order_by(RunResultRow.group_id)
            .limit(limit)
        )
        traceparent = func.coalesce(PaymentRow.traceparent, RefundRow.traceparent, "")
        statement = (
            select(RunResultRow, traceparent)
            .outerjoin(PaymentRow, PaymentRow.payment_id == RunResultRow.id)
            .outerjoin(RefundRow, RefundRow.refund_id == RunResultRow.id)
            .where(*which, RunResultRow.group_id.in_(groups))
            .order_by(RunResultRow.group_id, RunResultRow.side.desc(), RunResultRow.id)
        )
        rows = (await self._session.execute(statement)).all()
        return [_match([*group]) for _, group in groupby(rows, key=lambda row: row[0].group_id)]

    async def traced(self, run_id: str, after_payment_id: str, limit: int) -> list[Traced]:
        """Payments of a run behind one, that were traced, in order."""
        outcome = func.coalesce(func.nullif(RunResultRow.exception_class, ""), RunResultRow.disposition)
        statement = (
            select(PaymentRow.payment_id, PaymentRow.traceparent, outcome)
            .join(RunResultRow, RunResultRow.id == PaymentRow.payment_id)
            .where(
                RunResultRow.run_id == run_id,
                RunResultRow.side == literal(Side.PAYMENT.value),
                RunResultRow.id > after_payment_id,
                PaymentRow.traceparent != "",
            )
            .order_by(RunResultRow.id)
            .limit(limit)
        )
        return [Traced(*row) for row in await self._session.execute(statement)]


def _match(rows: Sequence[Any]) -> Match:
    payments = [row for row, _ in rows if row.side == Side.PAYMENT]
    first: RunResultRow = rows[0][0]
    assert payments, "what matches has a payment"
    return Match(
        run_id=first.run_id,
        group_id=first.group_id,
        payment_ids=tuple(row.id for row in payments),
        line_ids=tuple(row.id for row, _ in rows if row.side == Side.LINE),
        amount=Money(first.currency_code, sum(row.amount_minor for row in payments)),
        rule_id=first.rule_id,
        stage=first.stage,
        disposition=Disposition(first.disposition),
        found_class=first.exception_class,
        reason=first.reason,
        runner_up_id=first.runner_up_id,
        margin_us=first.margin,
        traceparent=next((traceparent for _, traceparent in rows if traceparent), ""),
    )
