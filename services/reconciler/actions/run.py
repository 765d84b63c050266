"""Runs: asking for one, and telling what one found. It makes none itself."""

from typing import NamedTuple

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.match import Match
from services.reconciler.matching.frames import Disposition
from services.reconciler.store.result import ResultStore
from services.reconciler.store.run import AskedRun, RunFilter, RunStore
from services.reconciler.tables import RunRow

_STARTS_MAX = 3


class Started(NamedTuple):
    """A run, and whether the same request had started it before."""

    run: RunRow
    replayed: bool


class RunActions:
    """What can be asked about runs."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def start_run(self, request_id: str, asked: AskedRun) -> Started:
        """Ask for a run, idempotent by request_id.

        Raises Fault REQUEST_ID_REUSED when the request_id has asked for another one, RUN_IN_PROGRESS when one for
        the channel, day and mode has not ended.
        """
        for _ in range(_STARTS_MAX):
            async with self._sessions.begin() as session:
                store = RunStore(session)
                added = await store.add(
                    ids.new_id("run"),
                    request_id,
                    asked,
                    telemetry.current_traceparent(),
                    self._clock.now(),
                )
                if added is not None:
                    telemetry.annotate(
                        run_id=added.run_id, channel=asked.channel, business_date=str(asked.business_date)
                    )
                    return Started(added, replayed=False)
                if known := await store.of_request(request_id):
                    return _replayed(known, asked)
                if at_work := await store.open_run(asked):
                    raise _in_progress(at_work)
            # It has ended between the two looks: ask again.
        raise _in_progress(None)

    @telemetry.traced
    async def get_run(self, run_id: str) -> RunRow:
        """One run. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            return await _run(RunStore(session), run_id)

    @telemetry.traced
    async def list_runs(self, wanted: RunFilter, page: PageRequest) -> Page[RunRow]:
        """Runs, newest first."""
        name = f"runs\n{wanted}"
        async with self._sessions() as session:
            rows = await RunStore(session).page(wanted, page.after(name), page.limit)
        return page.page(name, rows, lambda row: row.run_id)

    @telemetry.traced
    async def list_matches(self, run_id: str, wanted: Disposition | None, page: PageRequest) -> Page[Match]:
        """Matches and suggestions of a run, in order of group; of one that decided nothing anew those that stand.

        Raises Fault NOT_FOUND: there is no such run, or its matches were let go of.
        """
        name = f"matches\n{run_id}\n{wanted}"
        async with self._sessions() as session:
            runs = RunStore(session)
            run = await _run(runs, run_id)
            stands = await _run(runs, run.same_as_run_id) if run.same_as_run_id else run
            if stands.results_forget_time:
                raise _forgotten(stands)
            found = await ResultStore(session).matches(stands.run_id, wanted, page.after(name), page.limit)
        return page.page(name, found, lambda match: match.group_id)


async def _run(store: RunStore, run_id: str) -> RunRow:
    run = await store.get(run_id)
    if run is None:
        raise _not_found(run_id)
    return run


def _not_found(run_id: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", f"there is no run {run_id}", f"没有编号为 {run_id} 的对账批次")


def _forgotten(run: RunRow) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"what {run.run_id} matched was let go of at {run.results_forget_time:%Y-%m-%d}, since it stands no more; its "
        "totals, digest and exceptions are kept",
        f"批次 {run.run_id} 已不再有效，其匹配明细已于 {run.results_forget_time:%Y-%m-%d} 清理；合计、摘要与差异仍保留",
        metadata={"run_id": run.run_id, "superseded_by_run_id": run.superseded_by_run_id or ""},
    )


def _replayed(run: RunRow, asked: AskedRun) -> Started:
    if (run.channel, run.business_date, run.mode) == (asked.channel, asked.business_date, asked.mode):
        return Started(run, replayed=True)
    raise Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        f"request_id {run.request_id} has started a run of {run.channel} for {run.business_date}",
        f"request_id {run.request_id} 已用于 {run.channel} {run.business_date} 的对账批次",
        metadata={"run_id": run.run_id},
    )


def _in_progress(run: RunRow | None) -> Fault:
    return Fault(
        Kind.CONFLICT,
        "RUN_IN_PROGRESS",
        "such a run of this channel and day has not ended: wait for it",
        "该渠道该日的对账批次尚未结束，请等待其完成",
        metadata={"run_id": run.run_id} if run else {},
    )
