"""Take a document, book it, answer from the main book. Faults strike here, and what struck is committed with it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from services.tax_sandbox.domain import reply
from services.tax_sandbox.domain.acceptance import Acceptance, Booking, Record, number_of, schedule_of
from services.tax_sandbox.domain.document import Refusal, TaxDocument, read_document, sha256_of, with_altered_amount
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Phase, candidates
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.store import Store

_BOOKED_IN_A_TURN_MAX = 100
_TWISTS = (FaultName.BOOKED_WITH_ALTERED_AMOUNT, FaultName.BOOKED_UNDER_OTHER_NUMBER)


class InvoiceActions:
    """`booking_delay_seconds` passes between the yes and the row in the main book when no fault says otherwise."""

    def __init__(self, sessions: Sessions, clock: Clock, booking_delay_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._booking_delay_seconds = booking_delay_seconds

    async def submit_invoice(self, key: str, body: bytes) -> Reply:
        """Take a document under a key, once: a repeat gets the same number, other bytes are refused.

        What was taken is committed before this returns, whatever befalls the answer afterwards.
        """
        document = read_document(body)
        now = self._clock.now()
        async with self._sessions.begin() as session:
            store = Store(session)
            await store.lock_key(key)
            verdict = await self._judge(store, _Submit(key, body, sha256_of(body), now), document)
            faults = ",".join(plan.fault for plan in verdict.struck)
            await store.log_submit(key, sha256_of(body), now, verdict.outcome, faults)
        return verdict.reply

    async def _judge(self, store: Store, submit: "_Submit", document: TaxDocument | Refusal) -> "_Verdict":
        if isinstance(document, Refusal):
            return _Verdict("REFUSED", reply.refused(422, document))
        earlier_count, throttled_count = await store.earlier_submits(submit.key)
        plans = await store.plans()

        def falling(phase: Phase) -> list[FaultPlan]:
            return candidates(plans, phase, submit.key, document.order_no, first_of_key=earlier_count == 0)

        if at_door := await _strike(store, falling(Phase.DOOR)):
            return _Verdict("TURNED_AWAY", reply.turned_away(at_door, throttled_count), (at_door,))
        record = await store.find(submit.key)
        if record and record.acceptance.document_sha256 != submit.sha256:
            return _Verdict("KEY_REUSED", reply.key_reused())
        in_booking = None
        if record is None or record.is_swallowed():
            in_booking = await _strike(store, falling(Phase.BOOKING))
        acceptance = await self._accept(store, submit, document, record, in_booking)
        in_answer = await _strike(store, falling(Phase.ANSWER))
        return _Verdict(
            "DUPLICATE" if record else "ACCEPTED",
            reply.on_its_way(reply.accepted(acceptance, duplicate=record is not None), in_answer),
            tuple(plan for plan in (in_booking, in_answer) if plan),
        )

    async def _accept(
        self, store: Store, submit: "_Submit", document: TaxDocument, record: Record | None, plan: FaultPlan | None
    ) -> Acceptance:
        """The acceptance of a submit: made, or the one from before, sent on to the main book if it was swallowed."""
        schedule = schedule_of(plan, submit.now, self._booking_delay_seconds)
        twist = plan.fault if plan and plan.fault in _TWISTS else None
        traceparent = telemetry.current_traceparent()
        if record is None:
            acceptance = Acceptance(
                invoice_number=number_of(document.issue_date, await store.next_sequence()),
                idempotency_key=submit.key,
                seller_tax_id=document.seller_tax_id,
                order_no=document.order_no,
                amount_minor=document.amount_minor,
                document_sha256=submit.sha256,
                accepted_at=submit.now,
                schedule=schedule,
                twist=twist,
            )
            await store.add(acceptance, submit.body, traceparent)
            return acceptance
        if record.is_swallowed():
            await store.reschedule(replace(record.acceptance, schedule=schedule, twist=twist), traceparent)
        return record.acceptance

    async def book_due(self) -> int:
        """One turn of the booking: what is due gets its row in the main book. Returns how many."""
        async with self._sessions() as session:
            due = await Store(session).due(self._clock.now(), _BOOKED_IN_A_TURN_MAX)
        return sum([await self.book_invoice(number, traceparent) for number, traceparent in due])

    async def book_invoice(self, number: str, traceparent: str) -> bool:
        """Book one, under the trace of its submit; false when another turn was faster."""
        with telemetry.span("book_invoice", parent=traceparent):
            async with self._sessions.begin() as session:
                store = Store(session)
                if (taken := await store.take_due(number, now := self._clock.now())) is None:
                    return False
                acceptance, document = taken
                if acceptance.twist is FaultName.BOOKED_WITH_ALTERED_AMOUNT:
                    document = with_altered_amount(document)
                if acceptance.twist is FaultName.BOOKED_UNDER_OTHER_NUMBER:
                    number = number_of(acceptance.accepted_at.date(), await store.next_sequence())
                await store.book(acceptance.idempotency_key, Booking(number, sha256_of(document), now), document)
            telemetry.annotate(invoice_number=number)
            return True

    async def query_by_key(self, seller_tax_id: str, key: str) -> Reply:
        """What the main book has under a seller's key."""
        async with self._sessions.begin() as session:
            store = Store(session)
            record = await store.find(key)
            if record and record.acceptance.seller_tax_id != seller_tax_id:
                record = None
            return await self._answer(store, record, key=key)

    async def query_by_number(self, number: str) -> Reply:
        """What the main book has under a number."""
        async with self._sessions.begin() as session:
            store = Store(session)
            return await self._answer(store, await store.find_by_number(number), number=number)

    async def _answer(self, store: Store, record: Record | None, *, number: str = "", key: str = "") -> Reply:
        acceptance = record.acceptance if record else None
        falling = candidates(
            await store.plans(),
            Phase.QUERY,
            acceptance.idempotency_key if acceptance else key,
            acceptance.order_no if acceptance else "",
            first_of_key=False,
        )
        said = reply.said_by_the_book(record, number, self._clock.now())
        return reply.on_its_way(said, await _strike(store, falling))


@dataclass(frozen=True, slots=True)
class _Submit:
    key: str
    body: bytes
    sha256: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What was made of a submit; `outcome` is its word in the log."""

    outcome: str
    reply: Reply
    struck: tuple[FaultPlan, ...] = ()


async def _strike(store: Store, falling: Iterable[FaultPlan]) -> FaultPlan | None:
    """The first of the plans that is not spent, counted as used."""
    for plan in falling:
        if await store.strike(plan):
            return plan
    return None
