"""SQL of the reports of what a version would change: asking, claiming, progress, rows. An ended one stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.rules.compare import RowChange
from services.reconciler.tables import RuleSetRegressionChangeRow, RuleSetRegressionRow, RunRow

_OPEN = ("PENDING", "RUNNING")
_ROWS_AT_ONCE = 2_000
_Row = RuleSetRegressionRow


@dataclass(frozen=True, slots=True)
class RegressionClaim:
    """A report that is ours until the lease ends; `attempts` tells ours from every other claim of it."""

    regression_id: str
    rule_set_id: str
    version: int
    baseline_rule_set_id: str
    baseline_version: int
    attempts: int
    traceparent: str


class RegressionStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: Mapping[str, object], now: datetime) -> RuleSetRegressionRow | None:
        """Insert a report that is to be made; None when its request_id is taken or one of the version is open."""
        values = {
            **row,
            "state": "PENDING",
            "attempts": 0,
            "due_at": now,
            "create_time": now,
            "slices": [],
            "suites": [],
            **dict.fromkeys(("changed_rows", "kept_rows", "wrong_auto_posts", "parts_done", "parts_total"), 0),
            "failure_reason": "",
            "failure_message": "",
        }
        statement = insert_or(_Row).values(**values).on_conflict_do_nothing().returning(_Row)
        return (await self._session.scalars(statement)).one_or_none()

    async def of_request(self, request_id: str) -> RuleSetRegressionRow | None:
        """The report that a request asked for."""
        return (await self._session.scalars(select(_Row).where(_Row.request_id == request_id))).one_or_none()

    async def open_of(self, rule_set_id: str, version: int) -> RuleSetRegressionRow | None:
        """The report of a version that has not ended."""
        statement = select(_Row).where(_Row.rule_set_id == rule_set_id, _Row.version == version, _Row.state.in_(_OPEN))
        return (await self._session.scalars(statement)).one_or_none()

    async def get(self, regression_id: str) -> RuleSetRegressionRow | None:
        """The report by that id."""
        return await self._session.get(_Row, regression_id)

    async def rows(self, regression_id: str, after_no: int, limit: int) -> list[RuleSetRegressionChangeRow]:
        """Rows of a report behind a number, in order."""
        statement = (
            select(RuleSetRegressionChangeRow)
            .where(
                RuleSetRegressionChangeRow.regression_id == regression_id, RuleSetRegressionChangeRow.row_no > after_no
            )
            .order_by(RuleSetRegressionChangeRow.row_no)
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def claim_due(self, now: datetime, lease_until: datetime) -> RegressionClaim | None:
        """Take the oldest due report that no one else holds."""
        due = (
            select(_Row.regression_id)
            .where(_Row.state.in_(_OPEN), _Row.due_at <= now)
            .order_by(_Row.create_time, _Row.regression_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(_Row)
            .where(_Row.regression_id.in_(due))
            .values(state="RUNNING", attempts=_Row.attempts + 1, due_at=lease_until)
            .returning(
                *(_Row.regression_id, _Row.rule_set_id, _Row.version, _Row.baseline_rule_set_id, _Row.baseline_version),
                *(_Row.attempts, _Row.traceparent),
            )
        )
        row = (await self._session.execute(statement)).one_or_none()
        return RegressionClaim(*row) if row else None

    async def progress(self, claim: RegressionClaim, parts_done: int, parts_total: int, lease_until: datetime) -> bool:
        """Tell how far the report is, and keep it longer; False when it is no longer ours."""
        return await self._change(claim, parts_done=parts_done, parts_total=parts_total, due_at=lease_until)

    async def give_back(self, claim: RegressionClaim, due_at: datetime) -> bool:
        """Let the report wait for its next turn; False when it is no longer ours."""
        return await self._change(claim, state="PENDING", due_at=due_at, parts_done=0)

    async def fail(self, claim: RegressionClaim, reason: str, message: str, now: datetime) -> bool:
        """End the report without a result; False when it is no longer ours."""
        return await self._change(claim, state="FAILED", failure_reason=reason, failure_message=message, end_time=now)

    async def succeed(self, claim: RegressionClaim, **results: Any) -> bool:
        """End the report with its result; False, and nothing is written, when it is no longer ours."""
        return await self._change(claim, state="SUCCEEDED", **results)

    async def add_rows(self, regression_id: str, changes: Sequence[tuple[str, RowChange]]) -> None:
        """Insert all rows of a report, each with its source, some thousands at a time."""
        for start in range(0, len(changes), _ROWS_AT_ONCE):
            rows = [
                _change_row(regression_id, start + at, source, change)
                for at, (source, change) in enumerate(changes[start : start + _ROWS_AT_ONCE], 1)
            ]
            await self._session.execute(insert(RuleSetRegressionChangeRow), rows)

    async def past_runs(self, channel: str, limit: int) -> list[RunRow]:
        """The last days of a channel whose run stands, newest first."""
        statement = (
            select(RunRow)
            .where(
                *(RunRow.channel == channel, RunRow.state == "SUCCEEDED", RunRow.mode == "COMMIT"),
                RunRow.superseded_by_run_id.is_(None),
                RunRow.same_as_run_id.is_(None),
            )
            .order_by(RunRow.business_date.desc())
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def channels(self) -> list[str]:
        """The channels that have a run that stands, in order."""
        statement = select(RunRow.channel).where(RunRow.state == "SUCCEEDED", RunRow.mode == "COMMIT").distinct()
        return sorted(await self._session.scalars(statement))

    async def _change(self, claim: RegressionClaim, **values: Any) -> bool:
        statement = (
            update(_Row)
            .where(
                *(_Row.regression_id == claim.regression_id, _Row.state == "RUNNING", _Row.attempts == claim.attempts)
            )
            .values(**values)
            .returning(_Row.regression_id)
        )
        return (await self._session.scalars(statement)).one_or_none() is not None


def _change_row(regression_id: str, row_no: int, source: str, change: RowChange) -> dict[str, object]:
    return {
        "regression_id": regression_id,
        "row_no": row_no,
        "source": source,
        "side": change.side,
        "row_id": change.row_id,
        "currency_code": change.currency_code,
        "amount_minor": change.amount_minor,
        "old": change.old,
        "new": change.new,
    }
