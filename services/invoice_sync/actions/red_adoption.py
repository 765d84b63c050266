"""Finds the red-letter forms that were applied for at the authority's portal, by buyers or by hand, and follows them.

It moves no form: the seller's people confirm or refuse.
"""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.red_steps import AUTHORITY
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.red_form import CONFIRMED_WITHIN, RedForm
from services.invoice_sync.domain.red_letter import ACTIVE, RedLetter, RedStep, reason_of, state_by_form
from services.invoice_sync.store import books, invoices, red_letters, sweeps
from services.invoice_sync.tax import NotOffered, RedFormPage, TaxSystem

_SELLERS_MAX = 200
_PAGES_MAX = 20
_NOTHING_TOLD = RedFormPage(TaxAnswer(Outcome.UNKNOWN, "not asked, or no answer in time"))
# Before a page's cursor, which is empty for the first page.
_PAGE_AFTER = "after "
_log = structlog.get_logger()


class RedAdoption:
    """A turn goes round the sellers; each page is one call and one transaction."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._after_seller = ""

    async def adopt_forms(self) -> int:
        """Read the forms of the next sellers, so many in a turn; how many were new."""
        async with self._tools.sessions() as session:
            sellers = await books.sellers(session, self._after_seller, _SELLERS_MAX)
        self._after_seller = sellers[-1] if len(sellers) == _SELLERS_MAX else ""
        return sum([await self.adopt_of_seller(seller) for seller in sellers])

    @telemetry.traced
    async def adopt_of_seller(self, seller_tax_id: str) -> int:
        """Follow what is new of one seller's forms, from the page on that was the last one before; how many."""
        name, adopted = f"red_forms {seller_tax_id}", 0
        async with self._tools.sessions() as session:
            after = await sweeps.position(session, name)
        for _ in range(_PAGES_MAX):
            page = await self._page(seller_tax_id, after)
            if isinstance(page, NotOffered) or page.answer.outcome is not Outcome.OK:
                break
            async with self._tools.sessions.begin() as session:
                followed, passed_over = await self._adopt(session, seller_tax_id, page)
                if page.next_after:
                    await sweeps.move(session, name, page.next_after, self._tools.clock.now())
                    if passed_over and not await sweeps.position(session, _passed(seller_tax_id)):
                        await self._come_back_to(session, seller_tax_id, after)
            adopted += followed
            if not page.next_after:
                break
            after = page.next_after
        return adopted + await self._adopt_passed(seller_tax_id)

    async def _adopt_passed(self, seller_tax_id: str) -> int:
        """Look again at the oldest page with a form that had to wait for the end of another letter; how many."""
        async with self._tools.sessions() as session:
            position = await sweeps.position(session, _passed(seller_tax_id))
        if not position:
            return 0
        page = await self._page(seller_tax_id, position.removeprefix(_PAGE_AFTER))
        if isinstance(page, NotOffered) or page.answer.outcome is not Outcome.OK:
            return 0
        async with self._tools.sessions.begin() as session:
            followed, passed_over = await self._adopt(session, seller_tax_id, page)
            if not passed_over:
                await self._come_back_to(session, seller_tax_id, page.next_after or None)
        return followed

    async def _come_back_to(self, session: AsyncSession, seller_tax_id: str, after: str | None) -> None:
        """Look at the page after this again in the next turn; None for none, since the last page is read in each."""
        position = "" if after is None else _PAGE_AFTER + after
        await sweeps.move(session, _passed(seller_tax_id), position, self._tools.clock.now())

    async def _page(self, seller_tax_id: str, after: str) -> RedFormPage | NotOffered:
        route = self._tools.routing.route_for(seller_tax_id)
        async with self._tools.sessions.begin() as session:
            if not await self._tools.gates.spend(session, route, 1, spare=True):
                return _NOTHING_TOLD
        try:
            async with asyncio.timeout(self._tools.timers.lease_seconds / 4):
                return await self._tax.red_forms(route, seller_tax_id=seller_tax_id, after=after)
        except TimeoutError:
            return _NOTHING_TOLD

    async def _adopt(self, session: AsyncSession, seller_tax_id: str, page: RedFormPage) -> tuple[int, bool]:
        """Follow what is new on a page: how many, and whether one was passed over for a letter that is under way."""
        known = await red_letters.known_forms(session, [each.form_id for each in page.forms])
        adopted, passed_over = 0, False
        for form in page.forms:
            # One that had ended before anybody here saw it changes nothing any more.
            if form.form_id in known or state_by_form(form) not in ACTIVE or form.red_number:
                continue
            invoice_id = await red_letters.invoice_of_number(session, form.blue_number, seller_tax_id)
            blue = await invoices.get(session, invoice_id) if invoice_id else None
            if blue is not None:
                followed = await self._follow(session, form, blue)
                adopted, passed_over = adopted + followed, passed_over or not followed
        return adopted, passed_over

    async def _follow(self, session: AsyncSession, form: RedForm, blue: Invoice) -> bool:
        now, state = self._tools.clock.now(), state_by_form(form)
        letter = RedLetter(
            new_id("red"),
            blue.invoice_id,
            blue.payment_id,
            blue.merchant_id,
            Money(blue.amount.currency_code, form.amount_minor),
            reason_of(form.reason),
            form.reason,
            form.applied_by,
            state,
            AUTHORITY,
            now,
            now,
            form_id=form.form_id,
            expire_time=form.apply_time + CONFIRMED_WITHIN,
        )
        # One of ours whose answer got lost is active already, and adopted by its own step; any other waits for its end.
        if not await red_letters.add(session, letter, f"form:{form.form_id}", now):
            return False
        await red_letters.add_step(
            session, RedStep(letter.red_letter_id, 1, now, AUTHORITY, state, None, form.reason or "no reason given")
        )
        _log.info("red form followed", red_letter_id=letter.red_letter_id, applied_by=form.applied_by.value)
        return True


def _passed(seller_tax_id: str) -> str:
    return f"red_forms passed over {seller_tax_id}"
