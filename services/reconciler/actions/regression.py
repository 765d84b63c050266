"""Reports of what a version would change: asking for one, telling it, what it amounts to. It makes none itself."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.regression import Reported, Verdict, judge
from services.reconciler.store.regression import RegressionStore
from services.reconciler.store.rule_set import RuleSetStore
from services.reconciler.tables import (
    RuleSetRegressionChangeRow,
    RuleSetRegressionRow,
    RuleSetVersionRow,
)


class Asked(NamedTuple):
    """A report, and whether the same request had asked for it before."""

    report: "Report"
    replayed: bool


class Report(NamedTuple):
    """A report, and what it amounts to at this moment."""

    row: RuleSetRegressionRow
    verdict: Verdict


class RegressionActions:
    """What people do with reports."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

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
