"""Keeps numbers of the authority's in stock for each seller, and gives them out. It sends no invoice."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import next_open
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Reopen
from services.invoice_sync.domain.event import Corrected
from services.invoice_sync.domain.invoice import Invoice, freeze_again, issue_date_of
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.number import NumberRange, Use
from services.invoice_sync.domain.route import Route, parse_route
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import invoices, numbers, outbox
from services.invoice_sync.tax import NotOffered, Numbers, TaxSystem

_SELLERS_MAX = 500
_ASK_MAX = 50
_AT_ONCE = 8
_NUMBERED_MAX = 500
_log = structlog.get_logger()


class NumberActions:
    """A turn is several short transactions; what one replica holds, the others leave alone."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._after_seller = ""

    async def top_up(self) -> int:
        """Ask for numbers where they run low, and number what waits; how much was done.

        A range is written down before it is asked for, and its id is the key of the call: whatever gets lost between
        the authority's giving and our storing, the next call is given the same numbers.
        """
        await self.want_ranges()
        filled = await self.take_ranges()
        return filled + await self.number_waiting()

    async def want_ranges(self) -> int:
        """Write down the ranges that are to be asked for: of sellers that run low, so many of them in a turn."""
        tools, policy = self._tools, self._tools.numbers
        async with tools.sessions.begin() as session:
            low = await numbers.sellers(session, self._after_seller, _SELLERS_MAX)
            self._after_seller = low[-1] if len(low) == _SELLERS_MAX else ""
            places = [(tools.routing.route_for(seller).key, seller) for seller in low]
            places += await numbers.sellers_waiting(session, _SELLERS_MAX)
            wanted = [NumberRange(new_id("rng"), *place, policy.range_size) for place in dict.fromkeys(places)]
            return await numbers.ask(session, wanted, policy.low_water, tools.clock.now())

    async def take_ranges(self) -> int:
        """Ask the authority for the ranges that are due; how many came."""
        async with self._tools.sessions() as session:
            wanted = await numbers.to_ask(session, self._tools.clock.now(), _ASK_MAX)
        return sum(await side_by_side(self.take_range, wanted, _AT_ONCE))

    @telemetry.traced
    async def take_range(self, wanted: NumberRange) -> bool:
        """Ask for one range, and store it; False when it did not come, and is asked for again later.

        Numbers that were given before are none: to use one would be refused here, and hold up whoever comes after.
        """
        tools = self._tools
        given = await self._ask(wanted)
        telemetry.annotate(range_id=wanted.range_id, outcome=given.answer.outcome.value)
        tools.crash("after_receive")
        async with tools.sessions.begin() as session:
            told = given.answer.outcome is Outcome.OK
            if told and not await numbers.are_given(session, wanted.range_id, given.first, given.last):
                return await numbers.fill(session, wanted.range_id, given.first, given.last)
            message = f"{given.first} to {given.last} were given before" if told else given.answer.message
            said = f"{given.answer.outcome} {given.answer.authority_code} {message}"
            wait = given.answer.retry_after_seconds
            ask_at = next_open(wanted.ask_count + 1, tools.clock.now(), tools.jitter(), wait, tools.timers)
            await numbers.put_off(session, wanted.range_id, said, ask_at)
        _log.warning(
            "no numbers came", range_id=wanted.range_id, outcome=given.answer.outcome.value, next_try_at=ask_at
        )
        return False

    async def number_waiting(self) -> int:
        """Give a number to the invoices that wait for one, as far as they reach; how many got one."""
        async with self._tools.sessions() as session:
            waiting = await numbers.waiting(session, _NUMBERED_MAX)
        return sum([await self.number_invoice(invoice_id) for invoice_id in waiting])

    async def number_invoice(self, invoice_id: str) -> bool:
        """Freeze the document anew with a number, and make it due; False when none is left, or it waits no more."""
        async with self._tools.sessions.begin() as session:
            await invoices.hold(session, invoice_id)
            if not await numbers.hold_wanted(session, invoice_id):
                return False
            invoice = await invoices.get(session, invoice_id)
            assert invoice is not None, "what waits for a number is there"
            if invoice.standing.sync_state is not SyncState.INVALID:
                # People decided something else about it meanwhile.
                await numbers.want_no_more(session, invoice_id)
                return False
            number = await take_number(session, self._tools, invoice.route, invoice.seller.tax_id, invoice_id)
            if not number:
                return False
            with telemetry.span("number_invoice", parent=invoice.traceparent):
                await self._freeze_with(session, invoice, number)
            await numbers.want_no_more(session, invoice_id)
        _log.info("numbered", invoice_id=invoice_id)
        return True

    async def hand_over(self, invoice: Invoice) -> None:
        """Note that someone is told this invoice's number now, when it is told before the authority has it."""
        standing = invoice.standing
        if standing.invoice_number and standing.ack_time is None:
            async with self._tools.sessions.begin() as session:
                await numbers.hand_over(session, invoice.invoice_id, standing.invoice_number, self._tools.clock.now())

    async def _ask(self, wanted: NumberRange) -> Numbers:
        try:
            async with asyncio.timeout(self._tools.timers.lease_seconds / 2):
                given = await self._tax.take_numbers(
                    parse_route(wanted.route_key), wanted.seller_tax_id, wanted.count, wanted.range_id
                )
        except TimeoutError:
            return Numbers(TaxAnswer(Outcome.UNKNOWN, "no answer in time"))
        if isinstance(given, NotOffered):
            return Numbers(TaxAnswer(Outcome.NOT_RECEIVED, "this authority gives no numbers beforehand"))
        return given

    async def _freeze_with(self, session: AsyncSession, invoice: Invoice, number: str) -> None:
        now, tools = self._tools.clock.now(), self._tools
        event = Corrected(invoice.version + 1, number)
        decision = decide(invoice.standing, event, now, tools.jitter(), tools.timers)
        assert decision.standing.sync_state is SyncState.READY, "what waits for a number is INVALID until then"
        document = freeze_again(invoice, invoice.buyer, now, number)
        numbered = replace(
            invoice,
            version=event.version,
            document_sha256=document.sha256,
            broken_rules=(),
            issue_date=issue_date_of(now),
        )
        sealed = tools.ring.seal(document.content, body_context(document.sha256))
        await invoices.add_version(session, numbered, sealed, now)
        told = change_of(invoice.standing, decision.standing)
        await outbox.reopen(session, [Reopen(decision.standing, invoice.seller.tax_id, told)])


async def take_number(session: AsyncSession, tools: Tools, route: Route, seller_tax_id: str, invoice_id: str) -> str:
    """Take the seller's next number for an invoice, in the caller's transaction; empty when none is left.

    See `take_numbers`.
    """
    taken = await take_numbers(session, tools, route, seller_tax_id, [invoice_id])
    return taken.get(invoice_id, "")


async def take_numbers(
    session: AsyncSession, tools: Tools, route: Route, seller_tax_id: str, invoice_ids: Sequence[str]
) -> dict[str, str]:
    """Take the seller's next numbers for some invoices, in the caller's transaction; for as many as are left.

    The seller's ranges are held until that ends: so a number comes back if it fails, and none is skipped.
    """
    left, used = list(invoice_ids), []
    for each in await numbers.lock_open(session, route.key, seller_tax_id):
        given = each.next_numbers(len(left))
        used += [Use(number, each.range_id, invoice_id) for number, invoice_id in zip(given, left, strict=False)]
        left = left[len(given) :]
    if used:
        await numbers.use(session, used, tools.clock.now())
    return {each.invoice_id: each.number for each in used}
