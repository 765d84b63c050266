"""Making a run: claim it, read what it is made from, decide, and write all results at once or none."""

import asyncio
import random
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.lease import kept_lease
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.domain.fact import facts_of
from services.reconciler.domain.inputs import Inputs
from services.reconciler.domain.manifest import Manifest
from services.reconciler.domain.match import RULE_SET_VERSION, match_exact
from services.reconciler.domain.outcome import Match, Outcome
from services.reconciler.domain.retry import Retry
from services.reconciler.store.exception import ExceptionStore
from services.reconciler.store.fact import FactStore
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.store.result import ResultStore
from services.reconciler.store.run import Claim, RunStore
from services.reconciler.store.statement import StatementStore

_RETRY = Retry(base_seconds=1, seconds_max=30, attempts_max=6)
_RETRIED_KINDS = frozenset({Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED})
_SPANS_AT_ONCE = 500
_log = structlog.get_logger()


class ReconciliationActions:
    """What a worker does with runs."""

    def __init__(
        self,
        sessions: Sessions,
        payments: PaymentsClient,
        mirror: MirrorActions,
        clock: Clock,
        lease_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._payments = payments
        self._mirror = mirror
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

    async def _run(self, claim: Claim) -> None:
        if claim.attempts > _RETRY.attempts_max:
            raise Fault(Kind.INTERNAL, "INTERNAL", "its workers were lost again and again", "执行进程多次中断")
        async with kept_lease(self._sessions, self._clock, claim, self._lease_seconds):
            inputs = await self._complete_inputs(claim)
            await self._progress(claim, 0, len(inputs.lines) + len(inputs.of_day) - len(inputs.held_beside))
            outcome = await asyncio.to_thread(match_exact, claim.business_date, inputs.payments(), inputs.lines)
            placed = sum(1 for _ in outcome.payments()) + len(inputs.lines)
            await self._progress(claim, placed, placed)
        if await self._record(claim, inputs, outcome, placed):
            await _trace(claim.run_id, outcome)

    async def _complete_inputs(self, claim: Claim) -> Inputs:
        """The inputs, if the mirror has all that payments has at one place in its feed; what came later is left out.

        Raises Fault MIRROR_GAP, NOT_FOUND (no statement).
        """
        theirs = await self._payments.manifest(claim.channel, claim.business_date)
        await self._catch_up(theirs.max_sequence)
        inputs = await self._read(claim, theirs.max_sequence)
        ours = inputs.manifest()
        if ours != theirs.manifest:
            raise _gap(claim, theirs.manifest, ours)
        return inputs

    async def _catch_up(self, sequence: int) -> None:
        """Read the feed up to a sequence. Each turn reads on and the sequence stands, so it ends."""
        while await self._mirror.next_sequence() <= sequence:
            if not await self._mirror.follow_payments() and (ends := await self._mirror.next_sequence()) <= sequence:
                raise _short_feed(sequence, ends - 1)

    async def _read(self, claim: Claim, up_to: int) -> Inputs:
        day = (claim.channel, claim.business_date)
        async with self._sessions() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            statements, mirror = StatementStore(session), MirrorStore(session)
            loaded = await statements.of_day(*day)
            if not loaded:
                raise Fault(
                    Kind.NOT_FOUND,
                    "NOT_FOUND",
                    f"no statement of {claim.channel} for {claim.business_date} is loaded: ingest it, then run again",
                    f"尚未载入 {claim.channel} {claim.business_date} 的对账单，请先载入再重新对账",
                )
            return Inputs(
                statement_sha256s=tuple(statement.file_sha256 for statement in loaded),
                of_day=tuple(await mirror.of_day(*day, up_to)),
                held_beside=frozenset(await mirror.held_by_days_beside(*day, up_to)),
                from_beside=tuple(await mirror.led_to_from_days_beside(*day, up_to)),
                lines=tuple(await statements.loaded_lines(loaded, claim.business_date)),
            )

    async def _record(self, claim: Claim, inputs: Inputs, outcome: Outcome, rows: int) -> bool:
        """Write all results at once; False, and nothing written, when another worker has the run."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            runs, results = RunStore(session), ResultStore(session)
            if not await runs.lock(claim):
                _log.warning("run was taken over", run_id=claim.run_id, try_no=claim.attempts)
                return False
            if superseded := await runs.supersede(claim):
                await results.resolve_run(superseded, claim.run_id)
            await results.add_matches(claim.run_id, outcome.matches)
            await results.add_exceptions(claim.run_id, outcome.differences, now)
            if superseded:
                await ExceptionStore(session).carry_over(superseded, claim.run_id)
            await results.resolve_without_line(_from_beside(outcome), claim.run_id)
            await FactStore(session).put(facts_of(outcome, claim.run_id, now), now)
            await runs.succeed(claim, _results(inputs, outcome, rows, now))
        return True

    async def _end_without_result(self, claim: Claim, fault: Fault) -> None:
        now = self._clock.now()
        due_at = None
        if fault.kind in _RETRIED_KINDS:
            due_at = _RETRY.next_try_at(now, claim.attempts, random.random())  # noqa: S311  guards nothing
        if due_at is None:
            await self._fail(claim, fault.reason, fault.message)
            return
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

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._lease_seconds)


async def _trace(run_id: str, outcome: Outcome) -> None:
    """The step of matching, in each payment's own trace, linked with the run's; told once it is committed."""
    run = telemetry.current_traceparent()
    for number, (payment, place) in enumerate(outcome.payments()):
        if not number % _SPANS_AT_ONCE:
            await asyncio.sleep(0)
        if not payment.traceparent:
            continue
        decided = place.kind if isinstance(place, Match) else place.exception_class
        attributes = {
            "bihuan.run_id": run_id,
            "bihuan.payment_id": payment.payment_id,
            "bihuan.outcome": decided.value,
        }
        with telemetry.span("match_payment", parent=payment.traceparent, links=(run,), attributes=attributes):
            pass


def _gap(claim: Claim, theirs: Manifest, ours: Manifest) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "MIRROR_GAP",
        f"payments has {theirs.payment_count} payments of {claim.channel} on {claim.business_date} "
        f"({_told(theirs)}), the mirror has {ours.payment_count} ({_told(ours)}): nothing was decided",
        f"{claim.channel} {claim.business_date}：支付服务有 {theirs.payment_count} 笔（{_told(theirs)}），"
        f"镜像有 {ours.payment_count} 笔（{_told(ours)}），未作任何判定",
    )


def _short_feed(told: int, read: int) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "MIRROR_GAP",
        f"the feed of payments has told up to {told} and can be read up to {read} only: nothing was decided",
        f"支付服务的变更流已至 {told}，仅能读到 {read}，未作任何判定",
    )


def _told(manifest: Manifest) -> str:
    sums = ", ".join(f"{minor} minor units of {code}" for code, minor in sorted(manifest.amount_sums.items()))
    return f"{sums or 'no money'}, digest {manifest.digest.hex()[:8]}"


def _from_beside(outcome: Outcome) -> list[str]:
    return [payment.payment_id for payment, _ in outcome.payments() if payment.business_date != outcome.business_date]


def _results(inputs: Inputs, outcome: Outcome, rows: int, now: datetime) -> dict[str, object]:
    pins = inputs.pins()
    return {
        "statement_sha256s": list(pins.statement_sha256s),
        "payments_manifest_digest": pins.payments_manifest_digest,
        "neighbours_digest": pins.neighbours_digest,
        "rule_set_version": RULE_SET_VERSION,
        "output_digest": outcome.digest(),
        "totals": asdict(outcome.totals()),
        "rows_done": rows,
        "rows_total": rows,
        "end_time": now,
    }
