"""Reads invoices back from the authority's main database and gathers the proof of absence. It sends no invoice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.actions.call import Asked, Questions
from services.invoice_sync.domain.absence import Canary, Round, next_round_time
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.backoff import next_look
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.lookup import Finding, judge
from services.invoice_sync.domain.sync_state import LookedUp, Work, move
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import attempts, invoices, outbox
from services.invoice_sync.tax import TaxSystem

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What asking brought: both questions, what they say together, and the canary's attempt when it was asked."""

    by_key: Asked
    by_number: Asked | None
    finding: Finding
    canary: Canary | None
    canary_attempt_id: str | None


class VerifyActions:
    """`jitter` gives a share in [0, 1] for each wait."""

    def __init__(
        self, sessions: Sessions, tax: TaxSystem, clock: Clock, jitter: Callable[[], float], timers: Timers
    ) -> None:
        self._sessions = sessions
        self._questions = Questions(sessions, tax, clock, timers.lease_seconds / 6)
        self._clock = clock
        self._jitter = jitter
        self._timers = timers

    async def verify_due(self) -> int:
        """Ask for what is due to be asked for; how many were. One canary serves all of them."""
        owner, now = new_id("lease"), self._clock.now()
        timers = self._timers
        async with self._sessions.begin() as session:
            taken = await outbox.claim(
                session, Work.VERIFY, timers.upload_concurrency, owner, timers.lease_seconds, now
            )
            claimed = await invoices.lock(session, list(taken)) if taken else []
        canary = _CanaryOnce(self._sessions, self._questions)
        results = await asyncio.gather(
            *(self.verify_booked(invoice, owner, canary) for invoice in claimed), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(claimed)

    async def verify_booked(self, invoice: Invoice, owner: str, canary: "_CanaryOnce") -> None:
        """Ask for one invoice by key and by number, and record what that proves."""
        with telemetry.span("verify_booked", parent=invoice.traceparent):
            telemetry.annotate(invoice_id=invoice.invoice_id)
            looked = await self._look(invoice, canary)
            telemetry.annotate(finding=looked.finding.value)
            await self._record(invoice.invoice_id, owner, looked)

    async def _look(self, invoice: Invoice, canary: "_CanaryOnce") -> Looked:
        by_key = await self._questions.by_key(invoice)
        number = invoice.invoice_number or by_key.answer.invoice_number
        by_number = await self._questions.by_number(invoice, number) if number else None
        finding = judge(
            by_key.answer, by_number.answer if by_number else None, invoice.document.sha256, invoice.invoice_number
        )
        if finding is not Finding.NOT_FOUND or await self._next_round_time(invoice) > self._clock.now():
            return Looked(by_key, by_number, finding, None, None)
        return Looked(by_key, by_number, finding, *await canary.ask())

    async def _next_round_time(self, invoice: Invoice) -> datetime:
        async with self._sessions() as session:
            before = await attempts.rounds(session, invoice.invoice_id, invoice.settle_from)
        return next_round_time(invoice.settle_from, before, self._timers)

    async def _record(self, invoice_id: str, owner: str, looked: Looked) -> None:
        async with self._sessions.begin() as session:
            if not await outbox.still_held(session, invoice_id, owner):
                _log.warning("lease was lost before the answer came", invoice_id=invoice_id)
                return
            (invoice,) = await invoices.lock(session, [invoice_id])
            if looked.canary in (Canary.SEEN, Canary.NONE_BOOKED):
                await self._count_round(session, invoice_id, looked.canary, looked)
            moved = move(invoice.sync_state, LookedUp(looked.finding))
            changes = self._changes(invoice, looked)
            if moved.state is not invoice.sync_state:
                changes |= {"sync_state": moved.state.value, "state_time": self._clock.now()}
            await invoices.change(session, invoice_id, **changes)
            if moved.work is None:
                await outbox.remove(session, invoice_id)
            else:
                due_at = await self._next_look(session, invoice, looked)
                await outbox.go_on(session, invoice_id, moved.work, due_at, attempts=0)
        _log.info("verified", invoice_id=invoice_id, finding=looked.finding.value, sync_state=moved.state.value)

    async def _count_round(self, session: AsyncSession, invoice_id: str, canary: Canary, looked: Looked) -> None:
        await attempts.add_round(
            session,
            invoice_id,
            Round(new_id("rnd"), self._clock.now(), canary),
            looked.by_key.attempt_id,
            looked.by_number.attempt_id if looked.by_number else None,
            looked.canary_attempt_id,
        )

    def _changes(self, invoice: Invoice, looked: Looked) -> dict[str, Any]:
        changes: dict[str, Any] = {"look_count": invoice.look_count + 1}
        if looked.finding in (Finding.SAME, Finding.NOT_YET):
            answers = [asked.answer for asked in (looked.by_key, looked.by_number) if asked is not None]
            changes |= {
                "invoice_number": invoice.invoice_number or _first(answer.invoice_number for answer in answers) or "",
                "ack_time": invoice.ack_time or _first(answer.ack_time for answer in answers),
                "book_time": _first(answer.book_time for answer in answers),
                # A sign that the authority holds it voids every negative answer before.
                "settle_from": self._clock.now(),
            }
        return changes

    async def _next_look(self, session: AsyncSession, invoice: Invoice, looked: Looked) -> datetime:
        now, wait = self._clock.now(), looked.by_key.answer.retry_after_seconds
        at = next_look(invoice.look_count + 1, now, self._jitter(), wait, self._timers)
        if looked.finding is not Finding.NOT_FOUND:
            return at
        rounds: Sequence[Round] = await attempts.rounds(session, invoice.invoice_id, invoice.settle_from)
        next_round = next_round_time(invoice.settle_from, rounds, self._timers)
        return next_round if now < next_round < at else at


class _CanaryOnce:
    """Asks for an invoice that is known to be booked, once in a turn, however many rounds need it."""

    def __init__(self, sessions: Sessions, questions: Questions) -> None:
        self._sessions = sessions
        self._questions = questions
        self._asking: asyncio.Task[tuple[Canary, str | None]] | None = None

    async def ask(self) -> tuple[Canary, str | None]:
        """What the canary says, and the attempt that proves it."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> tuple[Canary, str | None]:
        async with self._sessions() as session:
            booked = await invoices.newest_booked(session)
        if booked is None:
            return Canary.NONE_BOOKED, None
        asked = await self._questions.by_key(booked)
        seen = asked.answer.outcome is Outcome.OK
        return Canary.SEEN if seen else Canary.NOT_SEEN, asked.attempt_id


def _first(values: Any) -> Any:
    return next((value for value in values if value), None)
