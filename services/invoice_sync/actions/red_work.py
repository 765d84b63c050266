"""Carries red letters on: applies, asks, confirms, withdraws, issues the red invoice and follows it into the books.

A letter is left alone by other workers for a lease, which is committed before the first byte. What an answer leaves
open is asked for again; whoever moved the letter meanwhile is not overruled.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from chassis import telemetry
from chassis.side_by_side import side_by_side
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.issuing import Issuing
from services.invoice_sync.actions.red_steps import AUTHORITY, OURSELVES, move_on
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import next_look
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.red_form import CONFIRMED_WITHIN, RedApplication, RedForm, Side
from services.invoice_sync.domain.red_letter import (
    ACTIVE,
    AWAITING,
    ISSUABLE,
    RedLetter,
    RedState,
    state_by_form,
    state_by_red_invoice,
)
from services.invoice_sync.domain.red_words import WORDS
from services.invoice_sync.store import attempts, invoiceable, invoices, payments, red_letters
from services.invoice_sync.tax import NotOffered, RedFormAnswer, RedFormPage, TaxSystem

_AT_ONCE = 8
_CLAIM_MAX = 50
_CALLS_A_STEP = 2  # but for the third that tells whose a form is, which is rare
_NOT_OFFERED = TaxAnswer(Outcome.REJECTED_BUSINESS, "this authority takes no red-letter forms by this way")
_NO_ANSWER = TaxAnswer(Outcome.UNKNOWN, "no answer in time")
_REFUSED = frozenset({Outcome.REJECTED, Outcome.REJECTED_SYNTAX, Outcome.REJECTED_BUSINESS, Outcome.DUPLICATE})
_log = structlog.get_logger()


class RedWork:
    """Each step is one claim, at most two calls, and one transaction for what came of them."""

    def __init__(self, tax: TaxSystem, tools: Tools) -> None:
        self._tax = tax
        self._tools = tools
        self._issuing = Issuing(tools)

    async def step_due(self) -> int:
        """Do once what is due of each letter; how many were."""
        async with self._tools.sessions.begin() as session:
            due = await red_letters.claim(
                session, self._tools.clock.now(), self._tools.timers.lease_seconds, _CLAIM_MAX
            )
        await side_by_side(self.step_red_letter, due, _AT_ONCE)
        return len(due)

    @telemetry.traced
    async def step_red_letter(self, letter: RedLetter) -> None:
        """The next step of one letter."""
        telemetry.annotate(red_letter_id=letter.red_letter_id, invoice_id=letter.invoice_id)
        if letter.wanted_move:
            await self._move(letter)
        elif letter.state is RedState.APPLYING:
            await self._apply(letter)
        elif letter.state in ISSUABLE:
            await self._issue(letter)
        elif letter.state in AWAITING or letter.state is RedState.RED_REFUSED:
            await self._look(letter)
        else:
            await self._follow_red_invoice(letter)

    async def _apply(self, letter: RedLetter) -> None:
        """Look whether the form is there already, since an answer may have got lost, and apply if it is not."""
        blue = await self._may_call(letter)
        if blue is None:
            return
        number = blue.standing.invoice_number
        listed = await self._listed(blue, number)
        if isinstance(listed, NotOffered):
            await self._failed(letter, _NOT_OFFERED)
            return
        if listed.answer.outcome is not Outcome.OK:
            await self._later(letter, listed.answer)
            return
        if mine := _mine(letter, listed):
            await self._by_form(letter, mine, listed.answer)
            return
        if self._tools.clock.now() - letter.create_time > timedelta(seconds=self._tools.timers.retry_age_seconds_max):
            await self._failed(letter, TaxAnswer(Outcome.NOT_RECEIVED, "applied for too long without an answer"))
            return
        asked = RedApplication(number, letter.amount.amount_minor, letter.form_reason)
        told = await self._answer(self._tax.apply_red_form(blue.route, asked))
        if told.form is None and told.answer.outcome is Outcome.DUPLICATE:
            await self._taken(letter, blue, told.answer)
        else:
            await self._judge(letter, told, self._failed)

    async def _taken(self, letter: RedLetter, blue: Invoice, answer: TaxAnswer) -> None:
        """There is a form: ours, when an earlier application of which we know nothing arrived since it was listed."""
        listed = await self._listed(blue, blue.standing.invoice_number)
        if isinstance(listed, NotOffered) or listed.answer.outcome is not Outcome.OK:
            await self._later(letter, answer)
        elif mine := _mine(letter, listed):
            await self._by_form(letter, mine, listed.answer)
        else:
            await self._failed(letter, answer)

    async def _look(self, letter: RedLetter) -> None:
        blue = await self._may_call(letter)
        if blue is None:
            return
        told = await self._answer(self._tax.red_form(blue.route, letter.form_id))
        if told.form is None:
            await self._later(letter, told.answer)
        elif letter.state is RedState.RED_REFUSED and state_by_form(told.form) in ACTIVE:
            # Nothing changes by itself any more: a person withdraws the form.
            await self._later(letter, told.answer)
        else:
            await self._by_form(letter, told.form, told.answer)

    async def _move(self, letter: RedLetter) -> None:
        assert letter.wanted_move is not None, "a move was asked for"
        blue = await self._may_call(letter)
        if blue is None:
            return
        moved = await self._answer(self._tax.move_red_form(blue.route, letter.form_id, letter.wanted_move, Side.SELLER))
        await self._judge(letter, moved, self._move_refused)

    async def _judge(
        self, letter: RedLetter, told: RedFormAnswer, refused: Callable[[RedLetter, TaxAnswer], Awaitable[None]]
    ) -> None:
        if told.form is not None:
            await self._by_form(letter, told.form, told.answer)
        elif told.answer.outcome in _REFUSED:
            await refused(letter, told.answer)
        else:
            await self._later(letter, told.answer)

    async def _move_refused(self, letter: RedLetter, answer: TaxAnswer) -> None:
        """The form stands otherwise than we knew: the move is given up, and the form is looked at."""
        left = replace(letter, wanted_move=None, try_count=0)
        await self._write(letter, left, self._tools.clock.now(), AUTHORITY, answer.message, answer)

    async def _failed(self, letter: RedLetter, answer: TaxAnswer) -> None:
        await self._write(letter, self._to(letter, RedState.APPLY_FAILED), None, AUTHORITY, answer.message, answer)

    async def _by_form(self, letter: RedLetter, form: RedForm, answer: TaxAnswer) -> None:
        """Take over what the authority says of the form; the same as before is only looked at again."""
        state = state_by_form(form)
        if state is letter.state and letter.form_id and not letter.wanted_move:
            await self._later(letter, answer)
            return
        void_at = form.apply_time + CONFIRMED_WITHIN
        moved = replace(self._to(letter, state), form_id=form.form_id, expire_time=void_at, wanted_move=None)
        due_at = self._due(moved, answer) if state in ACTIVE else None
        await self._write(letter, moved, due_at, AUTHORITY, WORDS[state][0], answer)

    async def _issue(self, letter: RedLetter) -> None:
        """Freeze the red invoice and put it into the outbox, with the letter held."""
        async with self._tools.sessions.begin() as session:
            held = await red_letters.hold(session, letter.red_letter_id)
            if held is None or held != letter:
                return
            blue = await invoices.get(session, letter.invoice_id)
            assert blue is not None, "a letter takes back of an invoice that is there"
            with telemetry.span("issue_invoice", parent=blue.traceparent):
                made = await self._issuing.make_red(session, letter, blue)
            await self._issuing.write(session, [made])
            issued = replace(self._to(letter, RedState.ISSUED), red_invoice_id=made.invoice.invoice_id)
            due_at = self._due(issued, None)
            await move_on(session, issued, issued.state_time, due_at, OURSELVES, WORDS[RedState.ISSUED][0])
        _log.info("red invoice issued", red_letter_id=letter.red_letter_id, invoice_id=made.invoice.invoice_id)

    async def _follow_red_invoice(self, letter: RedLetter) -> None:
        """See how far the red invoice is. In the books its money can be invoiced again, in the same transaction."""
        async with self._tools.sessions.begin() as session:
            await payments.lock(session, letter.payment_id)
            held = await red_letters.hold(session, letter.red_letter_id)
            red = await invoices.get(session, letter.red_invoice_id)
            if held is None or held != letter:
                return
            assert red is not None, "an issued letter has its red invoice"
            state = state_by_red_invoice(red.standing.sync_state)
            if state is letter.state:
                later = replace(letter, try_count=letter.try_count + 1)
                await red_letters.put(session, later, self._due(later, None))
                return
            moved = self._to(letter, state)
            due_at = self._due(moved, None) if state is RedState.RED_REFUSED else None
            await move_on(session, moved, moved.state_time, due_at, AUTHORITY, WORDS[state][0])
            if state is RedState.BOOKED:
                await invoiceable.give_back(session, letter.payment_id, -letter.amount.amount_minor)

    async def _later(self, letter: RedLetter, answer: TaxAnswer | None) -> None:
        later = replace(letter, try_count=letter.try_count + 1)
        async with self._tools.sessions.begin() as session:
            if await red_letters.hold(session, letter.red_letter_id) == letter:
                await red_letters.put(session, later, self._due(later, answer))

    async def _write(
        self,
        was: RedLetter,
        now_is: RedLetter,
        due_at: datetime | None,
        operator: str,
        why: str,
        answer: TaxAnswer,
    ) -> None:
        now, ring = self._tools.clock.now(), self._tools.ring
        async with self._tools.sessions.begin() as session:
            if await red_letters.hold(session, was.red_letter_id) != was:
                return
            if sha256 := answer.response_sha256:
                await attempts.keep_bodies(session, [(sha256, ring.seal(answer.response, body_context(sha256)))])
            await move_on(session, now_is, now, due_at, operator, why, move=was.wanted_move, answer=answer)
        _log.info("red letter moved", red_letter_id=was.red_letter_id, state=now_is.state.value)

    def _to(self, letter: RedLetter, state: RedState) -> RedLetter:
        return replace(letter, state=state, state_time=self._tools.clock.now(), try_count=0)

    def _due(self, letter: RedLetter, answer: TaxAnswer | None) -> datetime:
        """At once for what is ours to do; else after a wait, and not after the form is void."""
        now, tools = self._tools.clock.now(), self._tools
        if letter.state in ISSUABLE:
            return now
        wait = answer.retry_after_seconds if answer else 0
        at = next_look(letter.try_count + 1, now, tools.jitter(), wait, tools.timers)
        ends = letter.expire_time
        return ends if letter.state in AWAITING and ends is not None and now < ends < at else at

    async def _may_call(self, letter: RedLetter) -> Invoice | None:
        """The blue invoice, with its calls taken out of the budget of its route; None when there is none now."""
        async with self._tools.sessions.begin() as session:
            blue = await invoices.get(session, letter.invoice_id)
            assert blue is not None, "a letter takes back of an invoice that is there"
            if await self._tools.gates.spend(session, blue.route, _CALLS_A_STEP):
                return blue
        await self._later(letter, None)
        return None

    async def _listed(self, blue: Invoice, number: str) -> RedFormPage | NotOffered:
        try:
            async with asyncio.timeout(self._tools.timers.lease_seconds / 4):
                return await self._tax.red_forms(blue.route, blue_number=number)
        except TimeoutError:
            return RedFormPage(_NO_ANSWER)

    async def _answer(self, call: Awaitable[RedFormAnswer | NotOffered]) -> RedFormAnswer:
        """What came in time; a time-out tells nothing of what was done."""
        try:
            async with asyncio.timeout(self._tools.timers.lease_seconds / 4):
                told = await call
        except TimeoutError:
            return RedFormAnswer(_NO_ANSWER)
        return RedFormAnswer(_NOT_OFFERED) if isinstance(told, NotOffered) else told


def _mine(letter: RedLetter, listed: RedFormPage) -> RedForm | None:
    """The form of this letter among those of its invoice."""
    mine = [each for each in listed.forms if each.reason == letter.form_reason]
    return mine[-1] if mine else None
