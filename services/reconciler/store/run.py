"""SQL of runs: asking, claiming, progress and end. What has ended never changes, save that it is superseded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.reconciler.domain.pins import Mode
from services.reconciler.tables import RunRow

_OPEN = ("PENDING", "RUNNING")


@dataclass(frozen=True, slots=True)
class AskedRun:
    """What a run is asked for."""

    channel: str
    business_date: date
    mode: Mode = Mode.COMMIT


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list wants; an empty text and None mean every value."""

    channel: str = ""
    business_date: date | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours until the lease ends; `attempts` tells ours from every other claim of it."""

    run_id: str
    channel: str
    business_date: date
    attempts: int
    traceparent: str
    mode: Mode


class RunStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, run_id: str, request_id: str, asked: AskedRun, traceparent: str, now: datetime
    ) -> RunRow | None:
        """Insert a pending run; None when the request_id is taken or such a run has not ended."""
        row = {
            "run_id": run_id,
            "request_id": request_id,
            "channel": asked.channel,
            "business_date": asked.business_date,
            "mode": asked.mode,
            "state": "PENDING",
            "attempts": 0,
            "due_at": now,
            "traceparent": traceparent,
            "statement_sha256s": [],
            "payments_manifest_digest": b"",
            "neighbours_digest": b"",
            "rule_set_version": "",
            "output_digest": b"",
            "failure_reason": "",
            "failure_message": "",
            "rows_done": 0,
            "rows_total": 0,
            "create_time": now,
        }
        statement = insert(RunRow).values(**row).on_conflict_do_nothing().returning(RunRow)
        return (await self._session.scalars(statement)).one_or_none()

    async def of_request(self, request_id: str) -> RunRow | None:
        """The run that a request started."""
        return (await self._session.scalars(select(RunRow).where(RunRow.request_id == request_id))).one_or_none()

    async def open_run(self, asked: AskedRun) -> RunRow | None:
        """The run of a channel's day and mode that has not ended."""
        statement = select(RunRow).where(
            RunRow.channel == asked.channel,
            RunRow.business_date == asked.business_date,
            RunRow.mode == asked.mode,
            RunRow.state.in_(_OPEN),
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def get(self, run_id: str) -> RunRow | None:
        """The run by that id."""
        return await self._session.get(RunRow, run_id)

    async def page(self, wanted: RunFilter, before_id: str, limit: int) -> list[RunRow]:
        """Runs behind an id, newest first."""
        statement = select(RunRow).order_by(RunRow.run_id.desc()).limit(limit)
        if wanted.channel:
            statement = statement.where(RunRow.channel == wanted.channel)
        if wanted.business_date:
            statement = statement.where(RunRow.business_date == wanted.business_date)
        if wanted.mode:
            statement = statement.where(RunRow.mode == wanted.mode)
        if before_id:
            statement = statement.where(RunRow.run_id < before_id)
        return list(await self._session.scalars(statement))

    async def current(self, channel: str, business_date: date) -> RunRow | None:
        """The run whose results are those of a channel's day."""
        return (await self._session.scalars(select(RunRow).where(*_current(channel, business_date)))).one_or_none()

    async def reconciled(self, channel: str, days: Sequence[date]) -> set[date]:
        """Those of some days of a channel that have a run that succeeded."""
        statement = select(RunRow.business_date).where(
            RunRow.channel == channel,
            RunRow.business_date.in_(days),
            RunRow.state == "SUCCEEDED",
            RunRow.mode == Mode.COMMIT,
            RunRow.superseded_by_run_id.is_(None),
        )
        return set(await self._session.scalars(statement))

    async def claim_due(self, now: datetime, lease_until: datetime) -> Claim | None:
        """Take the oldest due run that no one else holds and whose channel has no other at work.

        Raises IntegrityError when another worker takes a run of the same channel at the same moment.
        """
        other = aliased(RunRow)
        busy = exists().where(other.channel == RunRow.channel, other.state == "RUNNING", other.run_id != RunRow.run_id)
        due = (
            select(RunRow.run_id)
            .where(RunRow.state.in_(_OPEN), RunRow.due_at <= now, ~busy)
            .order_by(RunRow.create_time, RunRow.run_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(RunRow)
            .where(RunRow.run_id.in_(due))
            .values(state="RUNNING", attempts=RunRow.attempts + 1, due_at=lease_until)
            .returning(
                RunRow.run_id, RunRow.channel, RunRow.business_date, RunRow.attempts, RunRow.traceparent, RunRow.mode
            )
        )
        row = (await self._session.execute(statement)).one_or_none()
        return Claim(*row[:-1], Mode(row[-1])) if row else None

    async def progress(self, claim: Claim, rows_done: int, rows_total: int, lease_until: datetime) -> bool:
        """Tell how far the run is, and keep it longer; False when it is no longer ours."""
        return await self._change(claim, rows_done=rows_done, rows_total=rows_total, due_at=lease_until)

    async def renew(self, claim: Claim, lease_until: datetime) -> bool:
        """Keep the run longer; False when it is no longer ours."""
        return await self._change(claim, due_at=lease_until)

    async def tell_gap(self, claim: Claim, gap: dict[str, Any]) -> bool:
        """Keep what the mirror had otherwise than payments when the run began; False when it is no longer ours."""
        return await self._change(claim, mirror_gap=gap)

    async def give_back(self, claim: Claim, due_at: datetime) -> bool:
        """Let the run wait for its next turn; False when it is no longer ours."""
        return await self._change(claim, state="PENDING", due_at=due_at, rows_done=0, rows_total=0)

    async def fail(self, claim: Claim, reason: str, message: str, now: datetime) -> bool:
        """End the run without a result; False when it is no longer ours."""
        return await self._change(
            claim, state="FAILED", failure_reason=reason, failure_message=message, end_time=now, rows_done=0
        )

    async def lock(self, claim: Claim) -> bool:
        """Hold the run until the transaction ends; False when it is no longer ours."""
        statement = select(RunRow.run_id).where(*_ours(claim)).with_for_update()
        return (await self._session.scalars(statement)).one_or_none() is not None

    async def supersede(self, claim: Claim) -> str | None:
        """Let the run take the place of the day's current one; returns the id of that."""
        statement = (
            update(RunRow)
            .where(*_current(claim.channel, claim.business_date))
            .values(superseded_by_run_id=claim.run_id)
            .returning(RunRow.run_id)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def succeed(self, claim: Claim, results: dict[str, Any]) -> None:
        """End the run, which is ours and locked, with its pins, totals and digest."""
        assert await self._change(claim, state="SUCCEEDED", **results), "a locked run was taken"

    async def _change(self, claim: Claim, **values: Any) -> bool:
        statement = update(RunRow).where(*_ours(claim)).values(**values).returning(RunRow.run_id)
        return (await self._session.scalars(statement)).one_or_none() is not None


def _current(channel: str, business_date: date) -> tuple[Any, ...]:
    return (
        RunRow.channel == channel,
        RunRow.business_date == business_date,
        RunRow.state == "SUCCEEDED",
        RunRow.mode == Mode.COMMIT,
        RunRow.superseded_by_run_id.is_(None),
        RunRow.same_as_run_id.is_(None),
    )


def _ours(claim: Claim) -> tuple[Any, ...]:
    return (RunRow.run_id == claim.run_id, RunRow.state == "RUNNING", RunRow.attempts == claim.attempts)
