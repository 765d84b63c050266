"""Reports of what a version would change: asking for one, making it part by part, telling it. It activates nothing."""

import contextlib
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.compare_process import Compared, Part, compared
from services.reconciler.domain.regression import Reported, Verdict, judge
from services.reconciler.domain.retry import Retry
from services.reconciler.domain.rule_set_words import Said
from services.reconciler.rules.compare import RowChange
from services.reconciler.rules.labelled import Suite, shipped_suites
from services.reconciler.store.regression import RegressionClaim, RegressionStore
from services.reconciler.store.rule_set import DEFAULT_ID, RuleSetStore
from services.reconciler.tables import (
    RuleSetRegressionChangeRow,
    RuleSetRegressionRow,
    RuleSetVersionRow,
    RunRow,
)

KEPT_ROWS_MAX = 100_000
_DAYS_PER_CHANNEL = 7
_DAYS_MAX = 70
_SPARE_SECONDS = 60.0
_RETRY = Retry(base_seconds=1, seconds_max=30, attempts_max=4)
_RETRIED_KINDS = frozenset({Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED})
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


class Asked(NamedTuple):
    """A report, and whether the same request had asked for it before."""

    report: "Report"
    replayed: bool


class Report(NamedTuple):
    """A report, and what it amounts to at this moment."""

    row: RuleSetRegressionRow
    verdict: Verdict


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


class RegressionActions:
    """What people and the worker do with reports. A part, one day or one labelled set, may take `part_seconds_max`."""

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

    @telemetry.traced
    async def start_regression(self, request_id: str, rule_set_id: str, version: int, operator: str) -> Asked:
        """Ask for a report against the version that is active now; idempotent by request_id.

        Raises Fault NOT_FOUND, RULE_SET_STATE when the version is no draft, REGRESSION_IN_PROGRESS,
        REQUEST_ID_REUSED.
        """
        async with self._sessions.begin() as session:
            store, rule_sets = RegressionStore(session), RuleSetStore(session)
            await rule_sets.lock_set(rule_set_id)
            if known := await store.of_request(request_id):
                return Asked(await _report(session, _same(known, rule_set_id, version)), replayed=True)
            row = await rule_sets.get(rule_set_id, version)
            if row is None or row.state != "DRAFT":
                raise _no_draft(rule_set_id, version, row)
            baseline = await rule_sets.last_active(rule_set_id, row.effective_from)
            if baseline is None:
                raise _no_baseline(row)
            added = await store.add(_pending(row, baseline, request_id, operator), self._clock.now())
            if added is None:
                raise _in_progress(await store.open_of(rule_set_id, version))
            telemetry.annotate(regression_id=added.regression_id, rule_set_id=rule_set_id, rule_set_version=version)
            return Asked(await _report(session, added), replayed=False)

    @telemetry.traced
    async def get_report(
        self, regression_id: str, page: PageRequest
    ) -> tuple[Report, Page[RuleSetRegressionChangeRow]]:
        """A report and a page of its rows. Raises Fault NOT_FOUND."""
        name = f"regression\n{regression_id}"
        async with self._sessions() as session:
            store = RegressionStore(session)
            row = await store.get(regression_id)
            if row is None:
                raise Fault(
                    Kind.NOT_FOUND,
                    "NOT_FOUND",
                    f"there is no regression report {regression_id}",
                    f"没有编号为 {regression_id} 的回归报告",
                )
            report = await _report(session, row)
            rows = await store.rows(regression_id, page.after_number(name), page.limit)
        return report, page.page(name, rows, lambda one: str(one.row_no))

    async def claim_regression(self) -> RegressionClaim | None:
        """Take the oldest due report, or one whose worker was lost; None when there is none."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            return await RegressionStore(session).claim_due(now, self._lease_end(now))

    async def run_regression(self, claim: RegressionClaim) -> None:
        """Make a claimed report, and end it as succeeded or failed; a database that fails leaves it to its lease."""
        with telemetry.span("run_regression", parent=claim.traceparent):
            telemetry.annotate(regression_id=claim.regression_id, try_no=claim.attempts)
            try:
                await self._run(claim)
            except Fault as fault:
                await self._end_without_result(claim, fault)
            except (SQLAlchemyError, OSError):
                if claim.attempts >= _RETRY.attempts_max:
                    await self._fail(claim, "INTERNAL", "the database failed again and again; the log has the cause")
                raise
            except Exception:
                await self._fail(claim, "INTERNAL", "a fault of ours; the log has the cause")
                raise

    async def _run(self, claim: RegressionClaim) -> None:
        if claim.attempts > _RETRY.attempts_max:
            raise Fault(Kind.INTERNAL, "INTERNAL", "its workers were lost again and again", "执行进程多次中断")
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
            part = Part(old, new, now.payments, now.lines, folder / "out", self._keep(found))
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

    async def _end_without_result(self, claim: RegressionClaim, fault: Fault) -> None:
        now, due_at = self._clock.now(), None
        if fault.kind in _RETRIED_KINDS:
            due_at = _RETRY.next_try_at(now, claim.attempts, random.random())  # noqa: S311  guards nothing
        if due_at is None:
            await self._fail(claim, fault.reason, fault.message)
            return
        async with self._sessions.begin() as session:
            await RegressionStore(session).give_back(claim, due_at)

    async def _fail(self, claim: RegressionClaim, reason: str, message: str) -> None:
        _log.warning("regression failed", regression_id=claim.regression_id, reason=reason, try_no=claim.attempts)
        telemetry.annotate(failure_reason=reason)
        async with self._sessions.begin() as session:
            await RegressionStore(session).fail(claim, reason, message, self._clock.now())

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._part_seconds_max + _SPARE_SECONDS)


async def judged(session: AsyncSession, report: RuleSetRegressionRow) -> Verdict:
    """What a report amounts to: it is stale once another version stands where its draft's baseline stood."""
    rule_sets = RuleSetStore(session)
    row = await rule_sets.get(report.rule_set_id, report.version)
    assert row is not None, "a report is of a version"
    stands = await rule_sets.last_active(report.rule_set_id, row.effective_from) if row.state == "DRAFT" else None
    return judge(
        Reported(
            has_ended=report.state == "SUCCEEDED",
            has_failed=report.state == "FAILED",
            wrong_auto_posts=report.wrong_auto_posts,
            changed_rows=report.changed_rows,
            changed_slices=sum(one["inputs_changed"] for one in report.slices),
            slices=len(report.slices),
            is_stale=stands is not None and stands.content_hash != report.baseline_hash,
        )
    )


async def _report(session: AsyncSession, row: RuleSetRegressionRow) -> Report:
    return Report(row, await judged(session, row))


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


def _pending(row: RuleSetVersionRow, baseline: RuleSetVersionRow, request_id: str, operator: str) -> dict[str, object]:
    return {
        "regression_id": ids.new_id("reg"),
        "request_id": request_id,
        "started_by": operator,
        "rule_set_id": row.rule_set_id,
        "version": row.version,
        "content_hash": row.content_hash,
        "baseline_rule_set_id": baseline.rule_set_id,
        "baseline_version": baseline.version,
        "baseline_hash": baseline.content_hash,
        "traceparent": telemetry.current_traceparent(),
    }


def _same(known: RuleSetRegressionRow, rule_set_id: str, version: int) -> RuleSetRegressionRow:
    if (known.rule_set_id, known.version) == (rule_set_id, version):
        return known
    raise Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        f"request_id {known.request_id} has asked for a report of version {known.version} of {known.rule_set_id}",
        f"request_id {known.request_id} 已用于 {known.rule_set_id} 第 {known.version} 版的回归",
    )


def _no_draft(rule_set_id: str, version: int, row: RuleSetVersionRow | None) -> Fault:
    if row is None:
        return Fault(
            Kind.NOT_FOUND,
            "NOT_FOUND",
            f"there is no version {version} of {rule_set_id}",
            f"规则 {rule_set_id} 没有第 {version} 版",
        )
    return Fault(
        Kind.PRECONDITION,
        "RULE_SET_STATE",
        f"version {version} of {rule_set_id} is {row.state}: a report is made of a draft",
        f"{rule_set_id} 第 {version} 版当前为 {row.state}，仅草稿可做回归",
        metadata={"state": row.state},
    )


def _no_baseline(row: RuleSetVersionRow) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "RULE_SET_STATE",
        f"no version decides {row.effective_from}, so there is nothing to hold this one against",
        f"{row.effective_from} 没有生效版本，无从比较",
    )


def _in_progress(row: RuleSetRegressionRow | None) -> Fault:
    return Fault(
        Kind.CONFLICT,
        "REGRESSION_IN_PROGRESS",
        "a report of this version has not ended: wait for it",
        "该版本的回归尚未结束，请等待其完成",
        metadata={"regression_id": row.regression_id} if row else {},
    )
