"""Sends invoices to the authority, as many at once as it bears. What an answer means is decided in domain/."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from services.invoice_sync.actions.attempt_log import body_context, sealed_response
from services.invoice_sync.actions.call import bounded
from services.invoice_sync.actions.gates import Admission
from services.invoice_sync.actions.record import Finished
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.claim import Claim, Lease
from services.invoice_sync.domain.event import Answered
from services.invoice_sync.domain.fairness import share
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import Work
from services.invoice_sync.store import outbox, submits
from services.invoice_sync.tax import TaxSystem

# Lanes that one claim looks at; the next goes on behind them.
_LANES_MAX = 64
_LOOK_SECONDS = 0.2
_log = structlog.get_logger()


class UploadActions:
    """Keeps a window of calls in flight: a slow answer holds up its own place in it and nothing else."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._timers = tools.timers
        self._flying: set[asyncio.Task[None]] = set()
        self._after_lane = ""

    async def upload_due(self) -> int:
        """Send what is due once, as many as the authority may get, and wait for all; how many were sent.

        A failure with one invoice does not touch the others; its lease then runs out, and it becomes UNKNOWN.
        """
        claims = await self.claim_due(self._timers.upload_concurrency)
        results = await asyncio.gather(*(self.upload_invoice(claim) for claim in claims), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(claims)

    async def fill_window(self) -> int:
        """Send as many as there is room for, and return when there may be room again; how many were begun."""
        room = self._timers.upload_concurrency - len(self._flying)
        claims = await self.claim_due(room) if room > 0 else []
        for claim in claims:
            self._fly(self.upload_invoice(claim), claim)
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
        size = limit or self._timers.upload_concurrency
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
        tools.recorder.expect(claims)
        return claims

    async def _claim(self, session: AsyncSession, admission: Admission, lease: Lease, now: datetime) -> list[Claim]:
        """Claim what was admitted; what one lane could not use goes to those that used all of theirs."""
        claims = await submits.claim(session, admission.quotas, lease, now, admission.breaker_states)
        given = Counter(claim.lane for claim in claims)
        full = [lane for lane, quota in admission.quotas if given[lane] == quota]
        left = sum(quota for _, quota in admission.quotas) - len(claims)
        if claims and full and left > 0:
            quotas = share(full, "", left).quotas
            claims += await submits.claim(session, quotas, lease, now, admission.breaker_states)
        return claims

    async def upload_invoice(self, claim: Claim) -> None:
        """Send one invoice and record what came of it."""
        try:
            with telemetry.span("upload_invoice", parent=claim.traceparent):
                telemetry.annotate(invoice_id=claim.invoice_id, try_no=claim.standing.tries)
                await self._send(claim)
        except BaseException:
            self._tools.recorder.drop(claim)
            self._tools.gates.forget(claim.route)
            raise

    async def _send(self, claim: Claim) -> None:
        document = self._tools.ring.open(claim.sealed, body_context(claim.document_sha256))
        began = asyncio.get_running_loop().time()
        self._tools.crash("before_send")
        # Half a lease, so that the outcome can be recorded while the lease still holds.
        answer = await bounded(
            lambda: self._tax.submit(claim.route, document, claim.idempotency_key), self._timers.lease_seconds / 2
        )
        self._tools.crash("after_receive")
        telemetry.annotate(outcome=answer.outcome.value)
        await self._record(claim, answer, asyncio.get_running_loop().time() - began)

    async def _record(self, claim: Claim, answer: TaxAnswer, seconds: float) -> None:
        assert claim.begun is not None, "a claim to submit begins an attempt"
        now = self._tools.clock.now()
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
