"""One call to the authority: its attempt row first, a bounded wait, then what came of it. It moves no invoice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.lookup import shows_other
from services.invoice_sync.store import attempts, invoices
from services.invoice_sync.tax import TaxSystem

Call = Callable[[], Awaitable[TaxAnswer]]


@dataclass(frozen=True, slots=True)
class Asked:
    """An answered question and the row that proves it."""

    attempt_id: str
    answer: TaxAnswer


async def bounded(call: Call, seconds: float) -> TaxAnswer:
    """The answer, or UNKNOWN when there is none in time: a time-out never means that nothing happened."""
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError:
        return TaxAnswer(Outcome.UNKNOWN, f"no answer within {seconds:g} s")


class Questions:
    """Asks the authority's main database, and writes each question down before its first byte."""

    def __init__(self, sessions: Sessions, tax: TaxSystem, clock: Clock, call_seconds: float) -> None:
        self._sessions = sessions
        self._tax = tax
        self._clock = clock
        self._call_seconds = call_seconds

    async def by_key(self, invoice: Invoice) -> Asked:
        """Ask for our key."""
        return await self._ask(
            invoice,
            Operation.QUERY_BY_KEY,
            lambda: self._tax.query_by_key(invoice.seller.tax_id, invoice.idempotency_key),
        )

    async def by_number(self, invoice: Invoice, invoice_number: str) -> Asked:
        """Ask for the authority's number."""
        return await self._ask(invoice, Operation.QUERY_BY_NUMBER, lambda: self._tax.query_by_number(invoice_number))

    async def _ask(self, invoice: Invoice, operation: Operation, call: Call) -> Asked:
        attempt_id = await self._begin(invoice, operation)
        answer = await bounded(call, self._call_seconds)
        if shows_other(answer, invoice.document.sha256, invoice.invoice_number):
            answer = replace(answer, outcome=Outcome.MISMATCH)
        async with self._sessions.begin() as session:
            await attempts.finish(session, attempt_id, answer, self._clock.now())
        return Asked(attempt_id, answer)

    async def _begin(self, invoice: Invoice, operation: Operation) -> str:
        async with self._sessions.begin() as session:
            begun = Attempt(
                attempt_id=new_id("att"),
                invoice_id=invoice.invoice_id,
                attempt_no=await invoices.begin_question(session, invoice.invoice_id),
                operation=operation,
                start_time=self._clock.now(),
                end_time=None,
                request_sha256="",
                trace_id=telemetry.current_trace_id(),
                answer=None,
            )
            await attempts.begin(session, [begun])
        return begun.attempt_id
