"""Sends invoices to the authority, as many at once as it bears. What an answer means is decided in domain/."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.admission import Admission
from services.invoice_sync.actions.attempt_log import LeaseLost, body_context, sealed_response
from services.invoice_sync.actions.call import bounded
from services.invoice_sync.actions.record import Finished
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.claim import Claim, Lease
from services.invoice_sync.domain.event import Answered
from services.invoice_sync.domain.fairness import share
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.number import judged_by_number
from services.invoice_sync.domain.outcome_policy import telling_of
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Work
from services.invoice_sync.store import outbox, submits
from services.invoice_sync.tax import BatchItem, NotOffered, TaxSystem

# Lanes that one claim looks at; the next goes on behind them.
_LANES_MAX = 64
_LOOK_SECONDS = 0.2
_log = structlog.get_logger()


class UploadActions:
    """Keeps a window of calls in flight: a slow answer holds up its own place in it and nothing else."""

    def __init__(self, tax: TaxSystem, tools: Tools, batch_size: int = 1) -> None:
        """With a `batch_size` above 1, up to so many of one route go together in a call."""
        self._tax = tax
        self._tools = tools
        self._timers = tools.timers
        self._batch_size = batch_size
        # One for each call.
        self._flying: set[asyncio.Task[None]] = set()
        self._after_lane = ""

    async def upload_due(self) -> int:
        """Send what is due once, as many as the authority may get, and wait for all; how many were sent.

        A failure with one invoice does not touch the others; its lease then runs out, and it becomes UNKNOWN.
        """
        claims = await self.claim_due()
        await side_by_side(self.upload_claims, self._together(claims), self._timers.upload_concurrency)
        return len(claims)

    async def fill_window(self) -> int:
        """Send as many as there is room for, and return when there may be room again; how many were begun."""
        room = self._timers.upload_concurrency - len(self._flying)
        claims = await self.claim_due(room * self._batch_size) if room > 0 else []
        for together in self._together(claims):
            self._fly(self.upload_claims(together), together[0])
        if self._flying and (not claims or len(self._flying) >= self._timers.upload_concurrency):
            # Not longer than the rest of a loop that found nothing, so that what becomes due is seen.
            await asyncio.wait(self._flying, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return max(1, len(claims))
        return len(claims)

    async def drain(self, within_seconds: float) -> None:
        """Wait for what is in flight; what is not done then is left to its lease, and is UNKNOWN after it."""
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=within_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
                _log.warning("uploads were cut off", count=len(late))

    async def claim_due(self, limit: int = 0) -> list[Claim]:
        """Take leases and write the attempts down; all is committed before the first byte leaves."""
        tools = self._tools
        now = tools.clock.now()
        size = limit or self._timers.upload_concurrency * self._batch_size
        async with tools.sessions.begin() as session:
            hurried = await outbox.express_lanes(session, Work.SUBMIT, _LANES_MAX, now)
            others = await outbox.lanes(session, Work.SUBMIT, self._after_lane, max(size, _LANES_MAX), now)
            lanes = list(dict.fromkeys([*hurried, *others]))
            if not lanes:
                return []
            self._after_lane = others[-1] if len(others) >= max(size, _LANES_MAX) else ""
            admission = await tools.gates.admit(session, lanes, size, now)
            if not admission.quotas:
                return []
            lease = Lease(new_id("lea"), self._timers.lease_seconds)
            claims = await self._claim(session, admission, lease, now)
            await tools.gates.charge(session, admission, claims, now)
            tools.crash("before_claim_commit")
        tools.crash("after_claim_commit")
        # Not before: nobody would ever forget what a claim that failed had counted.
        tools.recorder.expect(claims)
        tools.gates.expect(claims)
        return claims

    async def _claim(self, session: AsyncSession, admission: Admission, lease: Lease, now: datetime) -> list[Claim]:
        """Claim what was admitted; what one lane could not use goes to those that used all of theirs."""
        claims = await submits.claim(session, admission.quotas, lease, now, admission.breaker_states)
        given = Counter(claim.lane for claim in claims)
        full = [lane for lane, quota in admission.quotas if given[lane] == quota and lane not in admission.probing]
        left = sum(quota for _, quota in admission.quotas) - len(claims)
        if claims and full and left > 0:
            quotas = share(full, "", left).quotas
            claims += await submits.claim(session, quotas, lease, now, admission.breaker_states)
        return claims

    async def upload_claims(self, claims: Sequence[Claim]) -> None:
        """Send what goes in one call, and record what came of each.

        Raises LeaseLost, and sends nothing, when so long went by since the claim that others may have judged by now
        what can have been sent.
        """
        try:
            if self._is_late(claims[0]):
                raise LeaseLost(claims[0].invoice_id)
            if self._batch_size > 1:
                await self.upload_batch(claims)
            else:
                await self.upload_invoice(claims[0])
        except BaseException:
            for claim in claims:
                self._tools.recorder.drop(claim)
            raise
        finally:
            self._tools.gates.forget(claims)

    def _is_late(self, claim: Claim) -> bool:
        """Whether a call, which has half a lease, might outlast the lease: who claimed stood still meanwhile."""
        assert claim.begun is not None, "a claim to submit begins an attempt"
        since = self._tools.clock.now() - claim.begun.start_time
        return since.total_seconds() >= self._timers.lease_seconds / 2

    async def upload_invoice(self, claim: Claim) -> None:
        """Send one invoice and record what came of it."""
        with telemetry.span("upload_invoice", parent=claim.traceparent):
            telemetry.annotate(invoice_id=claim.invoice_id, try_no=claim.standing.tries)
            began = asyncio.get_running_loop().time()
            answer = await self._send(claim)
            await self._record(claim, answer, asyncio.get_running_loop().time() - began)

    async def upload_batch(self, claims: Sequence[Claim]) -> None:
        """Send invoices of one route together and record what came of each: the answers are by place in the batch.

        A trace of its own, to which the span of each invoice points.
        """
        with telemetry.span("upload_batch", parent=""):
            telemetry.annotate(route=claims[0].route.key, size=len(claims))
            batch_traceparent = telemetry.current_traceparent()
            began = asyncio.get_running_loop().time()
            answers = await self._send_batch(claims)
            seconds = asyncio.get_running_loop().time() - began
        assert len(answers) == len(claims), "a batch has an answer for each of its items"
        telling = telling_of(answers)

        async def record(place: int) -> None:
            claim = claims[place]
            with telemetry.span("upload_invoice", parent=claim.traceparent, links=[batch_traceparent]):
                telemetry.annotate(invoice_id=claim.invoice_id, try_no=claim.standing.tries)
                await self._record(claim, answers[place], seconds, observed=place == telling)

        await side_by_side(record, range(len(claims)), len(claims))

    async def _send(self, claim: Claim) -> TaxAnswer:
        document = self._document(claim)
        self._tools.crash("before_send")
        # Half a lease, so that the outcome can be recorded while the lease still holds.
        answer = await bounded(
            lambda: self._tax.submit(claim.route, document, claim.idempotency_key), self._timers.lease_seconds / 2
        )
        self._tools.crash("after_receive")
        return answer

    async def _send_batch(self, claims: Sequence[Claim]) -> Sequence[TaxAnswer]:
        items = [BatchItem(self._document(claim), claim.idempotency_key) for claim in claims]
        seconds = self._timers.lease_seconds / 2
        self._tools.crash("before_send")
        try:
            async with asyncio.timeout(seconds):
                answers = await self._tax.submit_batch(claims[0].route, items)
        except TimeoutError:
            answers = [TaxAnswer(Outcome.UNKNOWN, f"no answer to the batch within {seconds:g} s")] * len(items)
        self._tools.crash("after_receive")
        if isinstance(answers, NotOffered):
            # Nothing was sent yet.
            return await asyncio.gather(*(self._send(claim) for claim in claims))
        return answers

    def _together(self, claims: Sequence[Claim]) -> list[list[Claim]]:
        """What goes in one call each: of one route, at most a batch."""
        by_route: dict[Route, list[Claim]] = {}
        for claim in claims:
            by_route.setdefault(claim.route, []).append(claim)
        size = self._batch_size
        return [of[start : start + size] for of in by_route.values() for start in range(0, len(of), size)]

    def _document(self, claim: Claim) -> bytes:
        return self._tools.ring.open(claim.sealed, body_context(claim.document_sha256))

    async def _record(self, claim: Claim, answer: TaxAnswer, seconds: float, *, observed: bool = True) -> None:
        assert claim.begun is not None, "a claim to submit begins an attempt"
        now = self._tools.clock.now()
        if self._tools.numbers.preassigned:
            answer = judged_by_number(answer, claim.standing.invoice_number)
        telemetry.annotate(outcome=answer.outcome.value)
        ended = attempt_chain.end(claim.begun, answer, now)
        decision = decide(claim.standing, Answered(answer), now, self._tools.jitter(), self._timers)
        decision = replace(decision, standing=replace(decision.standing, log_head=ended.log_hash))
        held = await self._tools.recorder.record(
            Finished(
                claim,
                decision,
                [answer],
                ended=ended,
                bodies=sealed_response(self._tools.ring, answer),
                seconds=seconds,
                observed=observed,
            )
        )
        if not held:
            _log.warning("lease was lost before the answer came", invoice_id=claim.invoice_id)
            return
        _log.info("uploaded", invoice_id=claim.invoice_id, try_no=claim.standing.tries, outcome=answer.outcome.value)

    def _fly(self, upload: Coroutine[Any, Any, None], claim: Claim) -> None:
        task = asyncio.create_task(upload, name=f"upload {claim.invoice_id}")
        self._flying.add(task)
        task.add_done_callback(self._land)

    def _land(self, task: "asyncio.Task[None]") -> None:
        self._flying.discard(task)
        if not task.cancelled() and (raised := task.exception()) is not None:
            _log.error("upload failed, its lease is left to expire", task=task.get_name(), error=type(raised).__name__)
