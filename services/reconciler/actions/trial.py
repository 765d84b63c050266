"""Trying a version: claim its report, decide past days and labelled sets by both versions, write all of it at once."""

import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault
from services.reconciler.actions.tries import try_once
from services.reconciler.compare_process import Compared, Part, compared
from services.reconciler.domain.retry import Retry
from services.reconciler.domain.rule_set_words import Said
from services.reconciler.rules.compare import RowChange
from services.reconciler.rules.labelled import Suite, shipped_suites
from services.reconciler.store.regression import RegressionClaim, RegressionStore
from services.reconciler.store.rule_set import DEFAULT_ID, RuleSetStore
from services.reconciler.tables import RunRow

KEPT_ROWS_MAX = 100_000
_DAYS_PER_CHANNEL = 7
_DAYS_MAX = 70
_SPARE_SECONDS = 60.0
_RETRY = Retry(base_seconds=1, seconds_max=30, attempts_max=4)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PastSlice:
    """A day that a run has decided, as it is now: frames in two files, and what of them is not as the run had it."""

    payments: Path
    lines: Path
    as_of: datetime | None
    whole_to: str
    changed: Said | None


ReadSlice = Callable[[RunRow, str, Path], Awaitable[PastSlice]]


@dataclass(slots=True)
class _Found:
    """What the parts have brought so far."""

    slices: list[dict[str, Any]] = field(default_factory=list)
    suites: list[dict[str, Any]] = field(default_factory=list)
    kept: list[tuple[str, RowChange]] = field(default_factory=list)
    changed_rows: int = 0
    wrong_auto_posts: int = 0

    def add(self, source: str, part: Compared) -> dict[str, Any]:
        """Take a part's rows; returns the numbers that both kinds of parts tell."""
        self.kept += [(source, change) for change in part.changes]
        self.changed_rows += part.changed_rows
        self.wrong_auto_posts += part.new_wrong_posts
        return {
            "payment_count": part.payment_count,
            "line_count": part.line_count,
            "changed_rows": part.changed_rows,
        }


class TrialActions:
    """What a worker does with reports. A part, one day or one labelled set, may take `part_seconds_max`."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        read_slice: ReadSlice,
        *,
        part_seconds_max: float = 600.0,
        suites: Sequence[Suite] | None = None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._read_slice = read_slice
        self._part_seconds_max = part_seconds_max
        self._suites = tuple(shipped_suites() if suites is None else suites)

    async def claim_regression(self) -> RegressionClaim | None:
        """Take the oldest due report, or one whose worker was lost; None when there is none."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            return await RegressionStore(session).claim_due(now, self._lease_end(now))

    async def run_regression(self, claim: RegressionClaim) -> None:
        """Make a claimed report, and end it as succeeded or failed; a database that fails leaves it to its lease."""
        with telemetry.span("run_regression", parent=claim.traceparent):
            telemetry.annotate(regression_id=claim.regression_id, try_no=claim.attempts)
            await try_once(
                partial(self._run, claim),
                claim.attempts,
                _RETRY,
                self._clock,
                give_back=partial(self._give_back, claim),
                fail=partial(self._fail, claim),
            )

    async def _run(self, claim: RegressionClaim) -> None:
        async with self._sessions() as session:
            old, new = await _both(session, claim)
            past = await _past_runs(session, claim.rule_set_id)
        found, total = _Found(), len(self._suites) + len(past)
        for done, suite in enumerate(self._suites):
            if not await self._progress(claim, done, total):
                return
            await self._try_suite(found, suite, old, new)
        for done, run in enumerate(past, len(self._suites)):
            if not await self._progress(claim, done, total):
                return
            await self._try_slice(found, run, old, new)
        await self._record(claim, found, total)

    async def _try_suite(self, found: _Found, suite: Suite, old: str, new: str) -> None:
        with _scratch() as folder:
            part = Part(old, new, suite.payments, suite.lines, folder, self._keep(found), suite=suite)
            result = await compared(part, self._part_seconds_max)
        told = found.add(f"suite:{suite.name}", result)
        wrong = {"wrong_auto_posts": result.new_wrong_posts, "baseline_wrong_auto_posts": result.old_wrong_posts}
        found.suites.append({"name": suite.name, "seed": suite.seed, **told, **wrong})

    async def _try_slice(self, found: _Found, run: RunRow, old: str, new: str) -> None:
        with _scratch() as folder:
            now = await self._read_slice(run, old, folder)
            part = Part(old, new, now.payments, now.lines, folder, self._keep(found))
            part = replace(part, as_of=now.as_of, whole_to=now.whole_to)
            result = await compared(part, self._part_seconds_max)
        told = found.add(f"run:{run.run_id}", result)
        changed = now.changed or Said("", "")
        found.slices.append(
            {
                "run_id": run.run_id,
                "channel": run.channel,
                "business_date": run.business_date.isoformat(),
                "inputs_changed": now.changed is not None,
                "inputs_said": changed.en,
                "inputs_said_zh": changed.zh,
                **told,
            }
        )

    def _keep(self, found: _Found) -> int:
        return KEPT_ROWS_MAX - len(found.kept)

    async def _record(self, claim: RegressionClaim, found: _Found, parts: int) -> None:
        async with self._sessions.begin() as session:
            store = RegressionStore(session)
            ours = await store.succeed(
                claim,
                slices=found.slices,
                suites=found.suites,
                changed_rows=found.changed_rows,
                kept_rows=len(found.kept),
                wrong_auto_posts=found.wrong_auto_posts,
                parts_done=parts,
                parts_total=parts,
                end_time=self._clock.now(),
            )
            if ours:
                await store.add_rows(claim.regression_id, found.kept)
        if not ours:
            _log.warning("regression was taken over", regression_id=claim.regression_id, try_no=claim.attempts)

    async def _progress(self, claim: RegressionClaim, done: int, total: int) -> bool:
        async with self._sessions.begin() as session:
            return await RegressionStore(session).progress(claim, done, total, self._lease_end(self._clock.now()))

    async def _give_back(self, claim: RegressionClaim, due_at: datetime, fault: Fault) -> None:
        _log.warning("regression waits", regression_id=claim.regression_id, reason=fault.reason, try_no=claim.attempts)
        async with self._sessions.begin() as session:
            await RegressionStore(session).give_back(claim, due_at)

    async def _fail(self, claim: RegressionClaim, reason: str, message: str) -> None:
        _log.warning("regression failed", regression_id=claim.regression_id, reason=reason, try_no=claim.attempts)
        telemetry.annotate(failure_reason=reason)
        async with self._sessions.begin() as session:
            await RegressionStore(session).fail(claim, reason, message, self._clock.now())

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._part_seconds_max + _SPARE_SECONDS)


async def _both(session: AsyncSession, claim: RegressionClaim) -> tuple[str, str]:
    store = RuleSetStore(session)
    old = await store.get(claim.baseline_rule_set_id, claim.baseline_version)
    new = await store.get(claim.rule_set_id, claim.version)
    assert old is not None, "versions are never deleted"
    assert new is not None, "versions are never deleted"
    return old.yaml, new.yaml


async def _past_runs(session: AsyncSession, rule_set_id: str) -> list[RunRow]:
    """The last days of each channel that the set decides."""
    store = RegressionStore(session)
    channels = [rule_set_id]
    if rule_set_id == DEFAULT_ID:
        own = await RuleSetStore(session).own_sets()
        channels = [channel for channel in await store.channels() if channel not in own]
    days = [run for channel in channels for run in await store.past_runs(channel, _DAYS_PER_CHANNEL)]
    newest = sorted(days, key=lambda run: (run.business_date, run.channel), reverse=True)[:_DAYS_MAX]
    return sorted(newest, key=lambda run: (run.channel, run.business_date))


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="regression-") as name:
        yield Path(name)
