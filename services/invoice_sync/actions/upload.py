"""Sends invoices to the authority. What an answer means is decided in domain/; nothing here asks what became of one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.actions.call import bounded
from services.invoice_sync.domain.attempt import Attempt, Operation, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp, next_look, next_try
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.sync_state import Answered, Claimed, Due, SyncState, Work, move
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import attempts, invoices, outbox
from services.invoice_sync.tax import TaxSystem

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claim:
    """An invoice that this uploader alone may send, until its lease is over. `tries` counts from 1."""

    invoice: Invoice
    attempt_id: str
    owner: str
    tries: int


class UploadActions:
    """`jitter` gives a share in [0, 1] for each wait."""

    def __init__(
        self, sessions: Sessions, tax: TaxSystem, clock: Clock, jitter: Callable[[], float], timers: Timers
    ) -> None:
        self._sessions = sessions
        self._tax = tax
        self._clock = clock
        self._jitter = jitter
        self._timers = timers

    async def upload_due(self) -> int:
        """Send what is due, as many at a time as the authority may get; how many were sent.

        A failure with one invoice does not touch the others; its lease then runs out, and it becomes UNKNOWN.
        """
        claims = await self.claim_due()
        results = await asyncio.gather(*(self.upload_invoice(claim) for claim in claims), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(claims)

    async def claim_due(self) -> list[Claim]:
        """Take leases and write the attempts down; all is committed before the first byte leaves."""
        owner, now = new_id("lease"), self._clock.now()
        timers = self._timers
        async with self._sessions.begin() as session:
            tries = await outbox.claim(
                session, Work.SUBMIT, timers.upload_concurrency, owner, timers.lease_seconds, now
            )
            if not tries:
                return []
            claimed = await invoices.lock(session, list(tries))
            for invoice in claimed:
                _to_sending(invoice.sync_state)
            begun = await self._begin(session, claimed)
        return [Claim(each, begun[each.invoice_id], owner, tries[each.invoice_id]) for each in claimed]

    async def upload_invoice(self, claim: Claim) -> None:
        """Send one invoice and record what came of it."""
        invoice = claim.invoice
        with telemetry.span("upload_invoice", parent=invoice.traceparent):
            telemetry.annotate(invoice_id=invoice.invoice_id, try_no=claim.tries)
            # Half a lease, so that the outcome can be recorded while the lease still holds.
            answer = await bounded(
                lambda: self._tax.submit(invoice.document.content, invoice.idempotency_key),
                self._timers.lease_seconds / 2,
            )
            telemetry.annotate(outcome=answer.outcome.value)
            await self._record(claim, answer)

    async def _begin(self, session: AsyncSession, claimed: Sequence[Invoice]) -> dict[str, str]:
        now = self._clock.now()
        numbers = await invoices.begin_submits(session, [each.invoice_id for each in claimed], now)
        begun = [
            Attempt(
                attempt_id=new_id("att"),
                invoice_id=each.invoice_id,
                attempt_no=numbers[each.invoice_id],
                operation=Operation.SUBMIT,
                start_time=now,
                end_time=None,
                request_sha256=each.document.sha256,
                trace_id=telemetry.trace_id_of(each.traceparent),
                answer=None,
            )
            for each in claimed
        ]
        await attempts.begin(session, begun)
        return {each.invoice_id: each.attempt_id for each in begun}

    async def _record(self, claim: Claim, answer: TaxAnswer) -> None:
        invoice_id, now = claim.invoice.invoice_id, self._clock.now()
        async with self._sessions.begin() as session:
            await attempts.finish(session, claim.attempt_id, answer, now)
            if not await outbox.still_held(session, invoice_id, claim.owner):
                _log.warning("lease was lost before the answer came", invoice_id=invoice_id)
                return
            (invoice,) = await invoices.lock(session, [invoice_id])
            moved = move(invoice.sync_state, Answered(answer.outcome))
            await invoices.change(
                session,
                invoice_id,
                sync_state=moved.state.value,
                invoice_number=answer.invoice_number or invoice.invoice_number,
                ack_time=answer.ack_time or invoice.ack_time,
                settle_from=now,
                state_time=now,
                look_count=0,
            )
            await self._make_due(session, claim, moved.work, answer)
        _log.info("uploaded", invoice_id=invoice_id, try_no=claim.tries, outcome=answer.outcome.value)

    async def _make_due(self, session: AsyncSession, claim: Claim, work: Work | None, answer: TaxAnswer) -> None:
        invoice_id, now, wait = claim.invoice.invoice_id, self._clock.now(), answer.retry_after_seconds
        if work is None:
            await outbox.remove(session, invoice_id)
            return
        if work is Work.VERIFY:
            due_at = next_look(1, now, self._jitter(), wait, self._timers)
            await outbox.go_on(session, invoice_id, work, due_at, attempts=0)
            return
        match next_try(claim.tries, now, self._jitter(), wait, claim.invoice.create_time, self._timers):
            case GiveUp(reason=reason):
                _log.error("upload given up", invoice_id=invoice_id, try_no=claim.tries, reason=reason)
                await outbox.go_on(session, invoice_id, work, now, attempts=claim.tries, parked=True)
            case due_at:
                await outbox.go_on(session, invoice_id, work, due_at, attempts=claim.tries)


def _to_sending(state: SyncState) -> None:
    ready = move(state, Due()).state if state is SyncState.RETRY_WAIT else state
    assert move(ready, Claimed()).state is SyncState.SENDING
