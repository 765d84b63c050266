"""Making a run: claim it, read what it is made from, let it be decided, and write all results at once or none."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault
from services.reconciler.actions.lease import kept_lease
from services.reconciler.actions.run_inputs import RunInputs, RunInputsActions
from services.reconciler.actions.suggestion import carry_suggestions
from services.reconciler.actions.tries import try_once
from services.reconciler.domain.pins import Mode, Pins
from services.reconciler.domain.retry import Retry
from services.reconciler.matcher import Matcher, MatchRequest
from services.reconciler.matching.run_results import EXCEPTIONS_CSV, RESULTS_CSV, RunTotals
from services.reconciler.store import feed
from services.reconciler.store.arrival import compare_with_close
from services.reconciler.store.exception import ExceptionStore
from services.reconciler.store.fact import FactStore
from services.reconciler.store.result import ResultStore
from services.reconciler.store.run import Claim, RunStore
from services.reconciler.store.settling import SettlingStore
from services.reconciler.tables import RunRow

_RETRY = Retry(base_seconds=1, seconds_max=30, attempts_max=6)
_SPANS_AT_ONCE = 500
_log = structlog.get_logger()


class ReconciliationActions:
    """What a worker does with runs."""

    def __init__(
        self,
        sessions: Sessions,
        inputs: RunInputsActions,
        matcher: Matcher,
        clock: Clock,
        lease_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._inputs = inputs
        self._matcher = matcher
        self._clock = clock
        self._lease_seconds = lease_seconds

    async def claim_run(self) -> Claim | None:
        """Take the oldest due run, or one whose worker was lost; None when there is none to take."""
        now = self._clock.now()
        try:
            async with self._sessions.begin() as session:
                return await RunStore(session).claim_due(now, self._lease_end(now))
        except IntegrityError:  # another worker took a run of the same channel at this moment
            return None

    async def run_reconciliation(self, claim: Claim) -> None:
        """Make a claimed run, and end it as succeeded or failed; or give it back when payments cannot be reached.

        A database that fails leaves the run to its lease, after which it is claimed again, a limited number of times.
        """
        with telemetry.span("run_reconciliation", parent=claim.traceparent):
            telemetry.annotate(
                run_id=claim.run_id,
                channel=claim.channel,
                business_date=str(claim.business_date),
                try_no=claim.attempts,
            )
            await try_once(
                partial(self._run, claim),
                claim.attempts,
                _RETRY,
                self._clock,
                give_back=partial(self._give_back, claim),
                fail=partial(self._fail, claim),
            )

    async def _run(self, claim: Claim) -> None:
        with _scratch(claim) as folder:
            async with kept_lease(self._sessions, self._clock, claim, self._lease_seconds):
                inputs = await self._inputs.complete(claim, folder)
                same = await self._same(claim, inputs.pins)
                found = None if same else await self._match(claim, inputs, folder)
            if found is None:
                assert same is not None, "a run without results stands for another"
                await self._record_same(claim, inputs.pins, same)
            elif await self._record(claim, inputs, found, folder) and claim.mode is Mode.COMMIT:
                await self._trace(claim.run_id)

    async def _same(self, claim: Claim, pins: Pins) -> RunRow | None:
        """The day's current run, if a COMMIT with these pins would only decide the same again."""
        if claim.mode is Mode.DRY_RUN:
            return None
        async with self._sessions() as session:
            current = await RunStore(session).current(claim.channel, claim.business_date)
        return (
            current if current and all(getattr(current, name) == told for name, told in asdict(pins).items()) else None
        )

    async def _match(self, claim: Claim, inputs: RunInputs, folder: Path) -> RunTotals:
        """Let the engine decide, and tell how far it is."""
        await self._progress(claim, 0, inputs.row_count)
        limits = self._matcher.limits
        request = MatchRequest(
            folder=folder,
            run_id=claim.run_id,
            rule_set=inputs.rule_set,
            as_of=inputs.pins.as_of,
            whole_to=inputs.whole_to,
            create_time=self._clock.now(),
            memory_mib=limits.memory_mib,
            threads=limits.threads,
        )
        async with aclosing(self._matcher.match(request)) as told:
            async for one in told:
                if isinstance(one, RunTotals):
                    return one
                await self._progress(claim, min(one.rows, inputs.row_count), inputs.row_count)
        raise AssertionError("matching ends with what it found")

    async def _record(self, claim: Claim, inputs: RunInputs, found: RunTotals, folder: Path) -> bool:
        """Write all results at once; False, and nothing written, when another worker has the run."""
        async with self._sessions.begin() as session:
            runs, results = RunStore(session), ResultStore(session)
            await results.begin(self._matcher.limits.seconds_max)
            if not await runs.lock(claim):
                _log.warning("run was taken over", run_id=claim.run_id, try_no=claim.attempts)
                return False
            superseded = await runs.supersede(claim) if claim.mode is Mode.COMMIT else None
            # After the wait for who was deciding about the superseded run: payments shows what was decided last.
            now = self._clock.now()
            if superseded:
                await results.resolve_run(superseded, claim.run_id)
            await results.add(folder / RESULTS_CSV, folder / EXCEPTIONS_CSV)
            await _check(results, claim, inputs, found)
            if claim.mode is Mode.COMMIT:
                # Before what is carried over, which is told after it.
                await feed.tell_opened_by(session, claim.run_id)
                await _settle(session, claim, superseded, now)
            rows = sum(place.row_count for place in found.places)
            await runs.succeed(
                claim,
                {
                    **asdict(inputs.pins),
                    "output_digest": found.digest,
                    "totals": found.totals,
                    "rows_done": rows,
                    "rows_total": rows,
                    "end_time": now,
                },
            )
        return True

    async def _record_same(self, claim: Claim, pins: Pins, current: RunRow) -> None:
        """End a run that would only have decided what the current one has: that one stands."""
        telemetry.annotate(same_as_run_id=current.run_id)
        told = ("output_digest", "totals", "rows_done", "rows_total")
        async with self._sessions.begin() as session:
            runs = RunStore(session)
            if await runs.lock(claim):
                same = {name: getattr(current, name) for name in told}
                ended = {"same_as_run_id": current.run_id, "end_time": self._clock.now()}
                await runs.succeed(claim, {**asdict(pins), **same, **ended})

    async def _give_back(self, claim: Claim, due_at: datetime, fault: Fault) -> None:
        _log.warning(
            "run waits", run_id=claim.run_id, reason=fault.reason, try_no=claim.attempts, next_try_at=str(due_at)
        )
        async with self._sessions.begin() as session:
            await RunStore(session).give_back(claim, due_at)

    async def _fail(self, claim: Claim, reason: str, message: str) -> None:
        _log.warning("run failed", run_id=claim.run_id, reason=reason, try_no=claim.attempts)
        telemetry.annotate(failure_reason=reason)
        async with self._sessions.begin() as session:
            await RunStore(session).fail(claim, reason, message, self._clock.now())

    async def _progress(self, claim: Claim, rows_done: int, rows_total: int) -> None:
        async with self._sessions.begin() as session:
            await RunStore(session).progress(claim, rows_done, rows_total, self._lease_end(self._clock.now()))

    async def _trace(self, run_id: str) -> None:
        """The step of matching, in each payment's own trace, linked with the run's; told once it is committed."""
        run, after = telemetry.current_traceparent(), ""
        while True:
            async with self._sessions() as session:
                page = await ResultStore(session).traced(run_id, after, _SPANS_AT_ONCE)
            for traced in page:
                attributes = {
                    "bihuan.run_id": run_id,
                    "bihuan.payment_id": traced.payment_id,
                    "bihuan.outcome": traced.outcome,
                }
                with telemetry.span("match_payment", parent=traced.traceparent, links=(run,), attributes=attributes):
                    pass
            if len(page) < _SPANS_AT_ONCE:
                return
            after = page[-1].payment_id

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._lease_seconds)


@contextmanager
def _scratch(claim: Claim) -> Iterator[Path]:
    """A folder for the rows of a run, in place of what a worker of it that was lost may have left here."""
    prefix = f"bihuan-run-{claim.run_id}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        yield Path(name)


async def _settle(session: AsyncSession, claim: Claim, superseded: str | None, now: datetime) -> None:
    """Let the day stand as its new run has it: for payments, for the days beside, and for what people did before."""
    settling = SettlingStore(session, claim.run_id, claim.channel, claim.business_date)
    if superseded:
        await settling.reopen(superseded)
    await settling.settle()
    await FactStore(session).put_of_run(claim.run_id, now)
    if superseded:
        await settling.take_back(superseded, now)
    await compare_with_close(session, claim.run_id, claim.channel, now)
    if superseded:
        await carry_suggestions(session, superseded, claim.run_id, now)
    await ExceptionStore(session).carry_over(superseded or "", claim.run_id)


async def _check(results: ResultStore, claim: Claim, inputs: RunInputs, found: RunTotals) -> None:
    """Assert that nothing was lost, counted twice or made up on the way from the inputs into the tables."""
    assert await results.places(claim.run_id) == [*found.places], "the tables do not have what was found"
    assert await results.own_rows(claim.run_id) == inputs.own_rows, "the day does not add up"
