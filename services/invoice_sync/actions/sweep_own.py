"""The pass over our own rows: dead workers' leases, lost rows, proved absences, late ones. It calls no authority."""

from dataclasses import replace
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.record import case_of, parked_for_refund
from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.actions.untaken import not_made_again, red_required, untaken
from services.invoice_sync.domain.absence import Absence, weigh
from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put
from services.invoice_sync.domain.command import Decision, case_code_of
from services.invoice_sync.domain.event import AbsenceProved, AbsenceSuspected, LeaseExpired, PutBack
from services.invoice_sync.domain.log_chain import GENESIS
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import ACKNOWLEDGED, Standing, SyncState, opened
from services.invoice_sync.domain.sweep import Counts
from services.invoice_sync.store import (
    attempts,
    cases,
    invoiceable,
    invoices,
    manual,
    numbers,
    outbox,
    payments,
    sweeps,
)
from services.invoice_sync.store.sql import look_up_by_index, walk_by_index

# A pass takes no more than this at once, so that its locks are short; the next sweep goes on.
_PASS_MAX = 500
_LOOK_MAX = 2_000
_LAST_ID = "inv_~"
_log = structlog.get_logger()


class OwnPass:
    """Each method is one transaction. What one holds, the other leaves alone."""

    def __init__(self, issue: IssueActions, tools: Tools) -> None:
        self._issue = issue
        self._tools = tools
        self._timers = tools.timers
        self._remaking = Remaking(tools)

    @telemetry.traced
    async def run(self) -> Counts:
        """All of them."""
        lease_expired_count = await self.take_back_leases()
        acted = await self.act_on_absence()
        await self.follow_refunds()
        return Counts(
            lease_expired_count=lease_expired_count,
            missing_count=acted.missing_count,
            resent_count=acted.resent_count,
            opened_count=acted.opened_count,
            requeued_count=await self.make_due(),
            issued_count=await self.issue_due(),
            hurried_count=await self.hurry(),
        )

    async def take_back_leases(self) -> int:
        """Take back expired leases, and rows whose lease is gone; what was being sent becomes UNKNOWN.

        How many of those that were being sent. Goes round the outbox for the rows whose lease is gone, so many in a
        sweep.
        """
        now, unknown_count, name = self._tools.clock.now(), 0, "own.leases"
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            lost, last = await outbox.under_no_lease(session, await sweeps.position(session, name), _LOOK_MAX)
            await sweeps.move(session, name, last, now)
            held = [*await outbox.expired(session, _PASS_MAX), *lost]
            heads = await attempts.heads(session, [standing.invoice_id for standing, _ in held])
            puts = []
            for standing, lease_id in held:
                # The log knows what was begun; the row may not, since questions do not touch it.
                count, head = heads.get(standing.invoice_id, (standing.attempt_count, standing.log_head))
                known = replace(standing, attempt_count=max(count, standing.attempt_count), log_head=head)
                moved = decide(known, LeaseExpired(), now, self._tools.jitter(), self._timers).standing
                unknown_count += standing.sync_state is SyncState.SENDING
                puts.append(Put(moved, lease_id, change_of(standing, moved)))
                _log.warning("worker did not come back", invoice_id=standing.invoice_id, work=standing.work)
            for standing, lease_id in lost:
                # Only a fault of ours takes a lease away before its rows.
                _log.error("row had a lease that is gone", invoice_id=standing.invoice_id, lease_id=lease_id)
            await outbox.put(session, puts)
        return unknown_count

    async def act_on_absence(self) -> Counts:
        """Declare missing, and put back what is proved absent: the same bytes under the same key.

        What was put back too often is parked instead, and counted as neither: its case calls for a person.
        """
        counts = Counts()
        async with self._tools.sessions.begin() as session:
            await look_up_by_index(session)
            found = await attempts.with_rounds_enough(session, _PASS_MAX)
            overtaken = await invoiceable.overtaken(session, found)
            for standing in await outbox.hold_idle(session, found):
                absence = weigh(await attempts.rounds(session, standing.invoice_id, standing.settle_from))
                missing = absence is not Absence.OPEN and standing.sync_state in ACKNOWLEDGED
                counts = counts.plus(Counts(missing_count=int(missing)))
                refunded = standing.invoice_id in overtaken
                counts = counts.plus(await self._act(session, standing, absence, refunded=refunded))
        return counts

    async def make_due(self) -> int:
        """Give a row to each invoice that stands nowhere, by what it is and what the log tells of it. How many.

        Goes round all invoices, so many in a sweep, and over the newest in each.
        """
        now, name = self._tools.clock.now(), "own.standing"
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            after = await sweeps.position(session, name)
            lost, last = await invoices.without_standing(session, after, _LAST_ID, _LOOK_MAX)
            await sweeps.move(session, name, last, now)
            if lost:
                # What is being sent this moment may have lost its row too.
                await attempts.write_out(session, [], lost)
                sent, heads = await attempts.submitted(session, lost), await attempts.heads(session, lost)
                overtaken = await invoiceable.overtaken(session, lost)
                own, carried = await numbers.of_invoices(session, lost), await manual.exported(session, lost)
                rows = [
                    (
                        self._restored(
                            fact,
                            # A person may have brought it there, which is as good as a submit.
                            sent.get(fact["invoice_id"], 0) + (fact["invoice_id"] in carried),
                            heads.get(fact["invoice_id"]),
                            own.get(fact["invoice_id"], ""),
                            refunded=fact["invoice_id"] in overtaken,
                        ),
                        fact["seller_tax_id"],
                    )
                    for fact in await invoices.facts_of(session, lost)
                ]
                if due := [row for row in rows if row[0].work is not None]:
                    await outbox.add(session, due)
                if settled := [standing for standing, _ in rows if standing.work is None]:
                    await outbox.add_settled(session, settled)
        return len(lost)

    async def issue_due(self) -> int:
        """Issue what the merchants' policies want and no invoice stands for. How many.

        A payment for which that fails opens a case and holds up no other; each sweep tries it again.
        """
        async with self._tools.sessions() as session:
            await look_up_by_index(session)
            wanted = await payments.due_by_policy(session, _PASS_MAX)
        return sum([await self._issue_or_tell(payment_id) for payment_id in wanted])

    async def follow_refunds(self) -> int:
        """Make again what came back unsent after a refund of its payment, and let go what is right again. How many.

        What is still to be taken back has its case, whenever the refund was told. A payment for which it fails has one
        too, and holds up no other. Goes round the payments of which something is to be taken back, so many in a sweep.
        """
        name = "own.refunds"
        async with self._tools.sessions.begin() as session:
            await walk_by_index(session)
            waiting = await outbox.waiting_for_refunds(session, _PASS_MAX)
            found = await invoiceable.to_take_back(session, await sweeps.position(session, name), _PASS_MAX)
            last = found[-1] if len(found) == _PASS_MAX else ""
            await sweeps.move(session, name, last, self._tools.clock.now())
        followed_count = sum([await self._follow_or_tell(each) for each in sorted({*waiting, *found})])
        async with self._tools.sessions.begin() as session:
            # Also of refunds from before there were such cases.
            for payment_id, invoice_id in (await invoiceable.too_high(session, found)).items():
                await cases.open_case(session, red_required(payment_id, invoice_id, self._tools.clock.now()))
        return followed_count

    async def hurry(self) -> int:
        """Move what has used up half of its time to the deadline to the express lane. How many."""
        half = self._timers.deadline_seconds / 2
        async with self._tools.sessions.begin() as session:
            from_now = self._tools.clock.now() + _seconds(half)
            return await outbox.hurry(session, from_now, _PASS_MAX)

    async def _issue_or_tell(self, payment_id: str) -> bool:
        try:
            return await self._issue.issue_due(payment_id)
        except Exception as fault:  # noqa: BLE001  when it is the database, the case fails too, and ends the sweep
            _log.error("invoice of a payment cannot be issued", payment_id=payment_id, error=type(fault).__name__)
            async with self._tools.sessions.begin() as session:
                await cases.open_case(session, untaken(payment_id, fault, self._tools.clock.now()))
            return False

    async def _follow_or_tell(self, payment_id: str) -> int:
        try:
            return await self._remaking.follow_refund_of(payment_id)
        except Exception as fault:  # noqa: BLE001  as above
            _log.error("invoices of a payment cannot be made again", payment_id=payment_id, error=type(fault).__name__)
            async with self._tools.sessions.begin() as session:
                await cases.open_case(session, not_made_again(payment_id, fault, self._tools.clock.now()))
            return 0

    async def _act(self, session: AsyncSession, standing: Standing, absence: Absence, *, refunded: bool) -> Counts:
        """Move it as far as its proof has come, and open the cases that this asks for.

        What is `refunded`, so that it is for more than is left, waits to be made again before it is sent again.
        """
        now, dice = self._tools.clock.now(), self._tools.jitter()
        if absence is Absence.OPEN:
            return Counts()
        suspected = decide(standing, AbsenceSuspected(), now, dice, self._timers)
        if absence is Absence.SUSPECTED:
            if suspected.standing != standing:
                told = change_of(standing, suspected.standing)
                await outbox.put(session, [Put(suspected.standing, "", told)])
            return await self._open(session, suspected)
        proved = decide(suspected.standing, AbsenceProved(), now, dice, self._timers).standing
        if proved.sync_state is not SyncState.ABSENT:
            return Counts()
        sent_count = await attempts.count_sent(session, standing.invoice_id)
        own_number = await numbers.of_invoice(session, standing.invoice_id)
        back = decide(proved, PutBack(sent_count, own_number), now, dice, self._timers)
        back = parked_for_refund(back, now, self._timers) if refunded else back
        await outbox.put(session, [Put(back.standing, "", change_of(standing, back.standing))])
        given_up = [each.reason for each in back.commands if isinstance(each, GiveUp)]
        if given_up:
            _log.error("absence proved, resend given up", invoice_id=standing.invoice_id, reason=given_up[0])
        else:
            _log.warning("absence proved, sent again", invoice_id=standing.invoice_id)
        opened = await self._open(session, suspected, back)
        return opened.plus(Counts(resent_count=int(not given_up)))

    async def _open(self, session: AsyncSession, *decisions: Decision) -> Counts:
        """The cases that these ask for."""
        now = self._tools.clock.now()
        made = [
            case_of(each.standing.invoice_id, code, now)
            for each in decisions
            for code in map(case_code_of, each.commands)
            if code
        ]
        return Counts(opened_count=sum([await cases.open_case(session, each) for each in made]))

    def _restored(
        self, fact: RowMapping, sent_count: int, head: tuple[int, str] | None, own_number: str, *, refunded: bool
    ) -> Standing:
        """As safe as the log allows: what may have been sent is only asked for."""
        now, attempt_count, log_head = self._tools.clock.now(), *(head or (0, GENESIS))
        deadline_at = fact["create_time"] + _seconds(self._timers.deadline_seconds)
        valid = sent_count > 0 or not fact["broken_rules"]
        made = opened(fact["invoice_id"], now, deadline_at, valid=valid, own_number=own_number)
        made = replace(
            made,
            version=fact["version"],
            submit_count=sent_count,
            attempt_count=attempt_count,
            create_time=fact["create_time"],
            log_head=log_head,
        )
        if sent_count == 0:
            return parked_for_refund(Decision(made), now, self._timers).standing if refunded else made
        return decide(
            replace(made, sync_state=SyncState.SENDING), LeaseExpired(), now, self._tools.jitter(), self._timers
        ).standing


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
