"""Finds what should have moved and did not, and moves it. It decides on evidence rows alone and calls no authority."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.domain.absence import Absence, weigh
from services.invoice_sync.domain.backoff import GiveUp, next_resend
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.domain.sync_state import (
    AbsenceProved,
    AbsenceSuspected,
    LeaseExpired,
    PutBack,
    SyncState,
    Work,
    move,
    work_of,
)
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import attempts, invoices, outbox, payments, sweeps

# A pass takes no more than this at once, so that its locks are short; the next sweep goes on.
_PASS_MAX = 500
_log = structlog.get_logger()


class SweepActions:
    """Each pass is one transaction. Two sweeps at once do no harm: what one holds, the other leaves alone."""

    def __init__(self, sessions: Sessions, issue: IssueActions, clock: Clock, timers: Timers) -> None:
        self._sessions = sessions
        self._issue = issue
        self._clock = clock
        self._timers = timers

    @telemetry.traced
    async def sweep(self) -> Sweep:
        """Run every pass and report; the report is stored when it found something."""
        start_time = self._clock.now()
        lease_expired_count = await self.take_back_leases()
        missing_count, resent_count = await self.act_on_absence()
        requeued_count = await self.make_due()
        issued_count = await self.issue_due()
        async with self._sessions.begin() as session:
            made = Sweep(
                sweep_id=new_id("swp"),
                start_time=start_time,
                end_time=self._clock.now(),
                scanned_count=await invoices.count_open(session),
                lease_expired_count=lease_expired_count,
                missing_count=missing_count,
                resent_count=resent_count,
                issued_count=issued_count,
            )
            if made.found_count or requeued_count:
                await sweeps.add(session, made)
        if requeued_count:
            # Nothing but a fault of ours, or a hand in the database, leaves an invoice without its outbox row.
            _log.error("invoices had nothing due", requeued_count=requeued_count)
        return made

    async def take_back_leases(self) -> int:
        """Take back expired leases; what was being sent becomes UNKNOWN. How many of those."""
        now, unknown_count = self._clock.now(), 0
        async with self._sessions.begin() as session:
            for invoice in await invoices.lock(session, await outbox.expired(session, _PASS_MAX)):
                if invoice.sync_state is SyncState.SENDING:
                    await self._sent_or_not(session, invoice, now)
                    unknown_count += 1
                else:
                    work = work_of(invoice.sync_state)
                    assert work is not None, f"{invoice.sync_state} had a lease"
                    await outbox.go_on(session, invoice.invoice_id, work, now, attempts=0)
        return unknown_count

    async def act_on_absence(self) -> tuple[int, int]:
        """Declare missing, and put back what is proved absent: the same bytes under the same key. How many of each.

        What was put back too often is parked instead, and counted as neither: its diagnosis calls for a person.
        """
        missing_count = resent_count = 0
        async with self._sessions.begin() as session:
            found = await attempts.with_rounds_enough(session, _PASS_MAX)
            for invoice in await invoices.lock(session, await outbox.hold_idle(session, found)):
                rounds = await attempts.rounds(session, invoice.invoice_id, invoice.settle_from)
                absence = weigh(rounds)
                if absence is not Absence.OPEN and invoice.sync_state is SyncState.ACKED:
                    missing_count += 1
                resent_count += await self._act(session, invoice, absence)
        return missing_count, resent_count

    async def make_due(self) -> int:
        """Give an outbox row to each invoice on its way that has none. How many."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            found = await invoices.without_outbox(session, _PASS_MAX)
            for invoice in found:
                await outbox.add(session, invoice.invoice_id, work_of(invoice.sync_state) or Work.VERIFY, now)
                if invoice.sync_state is SyncState.SENDING:
                    await self._sent_or_not(session, invoice, now)
                elif invoice.sync_state is SyncState.ABSENT:
                    await self._put_back(session, invoice, now)
        return len(found)

    async def issue_due(self) -> int:
        """Issue what the merchants' policies want and no invoice stands for. How many."""
        async with self._sessions() as session:
            wanted = await payments.due_by_policy(session, _PASS_MAX)
        return sum([await self._issue.issue_due(payment_id) for payment_id in wanted])

    async def _act(self, session: AsyncSession, invoice: Invoice, absence: Absence) -> bool:
        """Move it as far as its proof has come; whether it is to be sent again."""
        now = self._clock.now()
        if absence is Absence.OPEN:
            return False
        state = move(invoice.sync_state, AbsenceSuspected()).state
        if absence is Absence.PROVED:
            assert move(state, AbsenceProved()).state is SyncState.ABSENT
            return await self._put_back(session, invoice, now)
        if state is not invoice.sync_state:
            await invoices.change(session, invoice.invoice_id, sync_state=state.value, state_time=now)
        return False

    async def _put_back(self, session: AsyncSession, invoice: Invoice, now: datetime) -> bool:
        invoice_id, moved = invoice.invoice_id, move(SyncState.ABSENT, PutBack())
        assert moved.work is Work.SUBMIT
        back = {"sync_state": moved.state.value, "state_time": now, "look_count": 0}
        sent_count = await attempts.count_sent(session, invoice_id)
        match next_resend(sent_count, now, invoice.create_time, self._timers):
            case GiveUp(reason=reason):
                # settle_from stays, so that the rounds of this proof stay its evidence.
                await invoices.change(session, invoice_id, **back)
                await outbox.go_on(session, invoice_id, moved.work, now, attempts=sent_count, parked=True)
                _log.error("absence proved, resend given up", invoice_id=invoice_id, reason=reason)
                return False
            case due_at:
                await invoices.change(session, invoice_id, settle_from=now, **back)
                await outbox.go_on(session, invoice_id, moved.work, due_at, attempts=0)
                _log.warning("absence proved, sent again", invoice_id=invoice_id)
                return True

    async def _sent_or_not(self, session: AsyncSession, invoice: Invoice, now: datetime) -> None:
        moved = move(invoice.sync_state, LeaseExpired())
        assert moved.work is Work.VERIFY
        await invoices.change(
            session, invoice.invoice_id, sync_state=moved.state.value, state_time=now, settle_from=now, look_count=0
        )
        await outbox.go_on(session, invoice.invoice_id, moved.work, now, attempts=0)
        _log.warning("uploader did not come back", invoice_id=invoice.invoice_id)
