"""Takes up again what was cancelled after it had been sent, and stands at the authority after all. It sends nothing."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.actions.untaken import red_required
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Reopen
from services.invoice_sync.domain.event import LookedUp
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.store import books, cases, invoiceable, invoices, outbox, payments

_log = structlog.get_logger()


class Resurfaced:
    """The beginning of its caller's transaction, since it holds payments and money before where invoices stand."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._remaking = Remaking(tools)

    async def take_up(self, session: AsyncSession, shown: Sequence[str]) -> int:
        """Ask for those of the invoices in the authority's list that were cancelled though sent before; how many.

        Their money counts again, so that nothing is issued for it a second time. What is more than is left of their
        payments gives way where it is not sent, and of the rest a red letter is asked for.
        """
        payment_ids = await books.payments_cancelled(session, shown)
        if not payment_ids:
            return 0
        await payments.lock_many(session, payment_ids)
        found = await invoices.get_many(session, await books.hold_cancelled(session, shown))
        if found:
            await invoiceable.count_again(session, [(each.payment_id, each.amount.amount_minor) for each in found])
            await outbox.reopen(session, [self._reopened(each) for each in found])
            for payment_id in sorted({each.payment_id for each in found}):
                await self._follow(session, payment_id)
        return len(found)

    def _reopened(self, invoice: Invoice) -> Reopen:
        tools, was = self._tools, invoice.standing
        now = tools.clock.now()
        seen = decide(was, LookedUp(Finding.NOT_YET), now, tools.jitter(), tools.timers).standing
        assert seen != was, "what was sent before may turn out to be there"
        _log.warning("cancelled, and in the authority's list", invoice_id=invoice.invoice_id)
        return Reopen(replace(seen, due_at=now), invoice.seller.tax_id, change_of(was, seen))

    async def _follow(self, session: AsyncSession, payment_id: str) -> None:
        await payments.invoiced(session, payment_id, await invoices.newest_blue(session, payment_id))
        await self._remaking.follow_refunds(session, [payment_id])
        for invoice_id in (await invoiceable.too_high(session, [payment_id])).values():
            await cases.open_case(session, red_required(payment_id, invoice_id, self._tools.clock.now()))
