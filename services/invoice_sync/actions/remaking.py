"""Makes invoices that were not sent again for what refunds leave of their payments, or cancels them. It sends nothing.

What may be at the authority is left as it is: a red letter takes back of that.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.issuing import broken_of
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put, Reopen
from services.invoice_sync.domain.event import Cancelled, Event, Lowered, MoneySettled
from services.invoice_sync.domain.invoice import Invoice, freeze_again, issue_date_of
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.number import NO_NUMBER
from services.invoice_sync.domain.standing import ParkedReason, Standing
from services.invoice_sync.store import cases, invoiceable, invoices, numbers, outbox, payments

_log = structlog.get_logger()


class Remaking:
    """Part of its callers' transactions, which hold the payments."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def follow_refunds(self, session: AsyncSession, payment_ids: Sequence[str]) -> int:
        """Have the unsent invoices of some payments hold no more than is left of these; how many were changed.

        The newest gives way first. What is being sent, and may be there, keeps its amount.
        """
        return sum([await self._follow_refund(session, each) for each in sorted(payment_ids)])

    async def follow_if_over(self, session: AsyncSession, payment_id: str) -> bool:
        """The same of one payment that seldom needs it; whether anything was changed."""
        over = await invoiceable.too_high(session, [payment_id])
        return bool(over) and bool(await self.follow_refunds(session, [payment_id]))

    async def follow_refund_of(self, payment_id: str) -> int:
        """The same of one payment, in a transaction of its own."""
        async with self._tools.sessions.begin() as session:
            await payments.lock(session, payment_id)
            return await self.follow_refunds(session, [payment_id])

    async def _follow_refund(self, session: AsyncSession, payment_id: str) -> int:
        money = await invoiceable.hold(session, payment_id)
        if money is None:
            return 0
        held = await invoices.hold_blue(session, payment_id)
        unsent = await outbox.hold_unsent(session, held)
        over_minor, changed_count = money.red_required_minor, 0
        for invoice in reversed(await invoices.get_many(session, sorted(unsent))):
            if not over_minor:
                await self._let_go(session, unsent[invoice.invoice_id])
                continue
            taken_minor = min(over_minor, invoice.amount.amount_minor)
            await self._lower(session, invoice, taken_minor)
            over_minor -= taken_minor
            changed_count += 1
        return changed_count

    async def _lower(self, session: AsyncSession, invoice: Invoice, taken_minor: int) -> None:
        """Take so many minor units off an invoice that is held; all of them is its end."""
        left_minor = invoice.amount.amount_minor - taken_minor
        with telemetry.span("remake_invoice", parent=invoice.traceparent):
            telemetry.annotate(payment_id=invoice.payment_id, invoice_id=invoice.invoice_id)
            if left_minor:
                await self._make_again(session, invoice, left_minor)
            else:
                await self._cancel(session, invoice)
        await invoiceable.put_back(session, invoice.payment_id, taken_minor)
        await cases.note(session, self._case(invoice, left_minor))
        _log.info("invoice made again before it was sent", invoice_id=invoice.invoice_id, left_minor=left_minor)

    async def _make_again(self, session: AsyncSession, invoice: Invoice, left_minor: int) -> None:
        now, tools = self._tools.clock.now(), self._tools
        number = await numbers.of_invoice(session, invoice.invoice_id)
        amount = Money(invoice.amount.currency_code, left_minor)
        broken = broken_of(amount, invoice.seller, invoice.buyer, invoice.merchant_order_no, now)
        waits = tools.numbers.preassigned and not broken and not number
        lower = replace(invoice, amount=amount)
        document = freeze_again(lower, invoice.buyer, now, number)
        rules = (NO_NUMBER,) if waits else broken
        lower = replace(
            lower,
            version=invoice.version + 1,
            document_sha256=document.sha256,
            broken_rules=rules,
            issue_date=issue_date_of(now),
        )
        await invoices.add_version(
            session, lower, tools.ring.seal(document.content, body_context(document.sha256)), now
        )
        await self._move(session, invoice, Lowered(lower.version, number, valid=not rules))
        if waits and invoice.broken_rules != (NO_NUMBER,):
            await numbers.want(session, [lower])

    async def _cancel(self, session: AsyncSession, invoice: Invoice) -> None:
        """It ends, and its payment has the invoice again that it had before it, or none."""
        await self._move(session, invoice, Cancelled())
        await numbers.want_no_more(session, invoice.invoice_id)
        before = await invoices.newest_blue(session, invoice.payment_id)
        await payments.invoiced(session, invoice.payment_id, before)

    async def _let_go(self, session: AsyncSession, standing: Standing) -> None:
        """What waited to be made again goes on, since what had gone back came again."""
        if standing.parked_reason is ParkedReason.REFUND:
            settled = self._decided(standing, MoneySettled())
            await outbox.put(session, [Put(settled, "", change_of(standing, settled))])

    async def _move(self, session: AsyncSession, invoice: Invoice, event: Event) -> None:
        was = invoice.standing
        to = self._decided(was, event)
        told = change_of(was, to)
        if was.work is not None:
            moved = bool(await outbox.put(session, [Put(to, "", told)]))
        elif to.work is not None:
            moved = bool(await outbox.reopen(session, [Reopen(to, invoice.seller.tax_id, told)]))
        else:
            await outbox.resettle(session, to, told)
            moved = True
        assert moved, "where it stands is held"

    def _decided(self, was: Standing, event: Event) -> Standing:
        tools = self._tools
        to = decide(was, event, tools.clock.now(), tools.jitter(), tools.timers).standing
        assert to != was, f"{type(event).__name__} moves what is {was.sync_state} and unsent"
        return to

    def _case(self, invoice: Invoice, left_minor: int) -> cases.Case:
        """What says why it is another amount than before: closed, since nobody has to do anything."""
        was = invoice.amount
        left = Money(was.currency_code, left_minor)
        fact = f"money of payment {invoice.payment_id} went back before the invoice was sent: "
        fact += f"it is for {left} instead of {was}" if left_minor else f"it was for {was}, and is cancelled"
        fact_zh = f"支付单 {invoice.payment_id} 在发票上传前发生退款，"
        fact_zh += f"发票金额由 {was} 改为 {left}" if left_minor else f"金额 {was} 的发票已撤销"
        now = self._tools.clock.now()
        return cases.Case(
            new_id("cse"), "MADE_AGAIN", invoice.invoice_id, "", "", invoice.payment_id, fact, fact_zh, now
        )
