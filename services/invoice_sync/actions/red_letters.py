"""What people do with red letters: ask for one, confirm, refuse, withdraw, look. The authority is called elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.red_steps import move_on
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.invoice import Invoice, InvoiceKind
from services.invoice_sync.domain.red_form import FormMove, Side
from services.invoice_sync.domain.red_letter import (
    RedLetter,
    RedReason,
    RedState,
    RedStep,
    is_move_allowed,
    left_to_take_back,
)
from services.invoice_sync.domain.standing import IN_BOOKS
from services.invoice_sync.store import invoiceable, invoices, payments, red_letters
from services.invoice_sync.store.invoiceable import Holding

_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: `amount_minor` to take back, above zero, or 0 for all that is left of the invoice."""

    invoice_id: str
    amount_minor: int
    reason: RedReason
    note: str
    operator: str
    application_id: str = ""


class RedLetterActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @telemetry.traced
    async def request_red_letter(self, request_id: str, wish: Wish) -> tuple[RedLetter, bool]:
        """Ask for a red letter; whether the request_id had asked for it before.

        Raises Fault NOT_FOUND, REQUEST_ID_REUSED, and RED_NOT_POSSIBLE with its cause.
        """
        async with self._tools.sessions.begin() as session:
            if before := await red_letters.asked_by(session, request_id):
                return _same(before, wish), True
            return await self.begin(session, request_id, wish), False

    async def begin(self, session: AsyncSession, request_id: str, wish: Wish) -> RedLetter:
        """The same in the caller's transaction, for a request_id that is new."""
        blue = await _held(session, wish.invoice_id)
        taken_back = await red_letters.taken_back_minor(session, blue.invoice_id)
        amount = _amount(blue, wish.amount_minor, taken_back)
        now = self._tools.clock.now()
        letter = RedLetter(
            new_id("red"),
            blue.invoice_id,
            blue.payment_id,
            blue.merchant_id,
            amount,
            wish.reason,
            wish.note,
            Side.SELLER,
            RedState.APPLYING,
            wish.operator,
            now,
            now,
            application_id=wish.application_id,
        )
        if not await red_letters.add(session, letter, request_id, now):
            if await red_letters.asked_by(session, request_id):
                raise request_id_reused()
            raise not_possible(blue, "ACTIVE", "it has a red letter under way", "该发票已有进行中的红字流程")
        why = wish.note or wish.reason.value
        await red_letters.add_step(
            session, RedStep(letter.red_letter_id, 1, now, wish.operator, letter.state, None, why)
        )
        telemetry.annotate(invoice_id=blue.invoice_id, red_letter_id=letter.red_letter_id)
        return letter

    @telemetry.traced
    async def move_red_letter(self, red_letter_id: str, move: FormMove, why: str, operator: str) -> RedLetter:
        """Have a form confirmed, refused or withdrawn; asking for the same again changes nothing.

        It is carried out after this and shows then. Raises Fault NOT_FOUND, and RED_LETTER_STATE.
        """
        async with self._tools.sessions.begin() as session:
            letter = await red_letters.hold(session, red_letter_id)
            if letter is None:
                raise _unknown(red_letter_id)
            if letter.wanted_move is move:
                return letter
            if not is_move_allowed(letter, move):
                raise _wrong_state(letter, move)
            wanted = replace(letter, wanted_move=move, try_count=0)
            await move_on(session, wanted, self._tools.clock.now(), self._tools.clock.now(), operator, why, move=move)
            return wanted

    async def get_red_letter(self, red_letter_id: str) -> tuple[RedLetter, Sequence[RedStep]]:
        """A letter and every step of it, the first one first. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            letter = await red_letters.get(session, red_letter_id)
            if letter is None:
                raise _unknown(red_letter_id)
            return letter, await red_letters.steps(session, red_letter_id)

    async def list_red_letters(
        self, page_size: int, page_token: str, merchant_id: str, invoice_id: str, state: RedState | None
    ) -> tuple[Sequence[RedLetter], str]:
        """A page, newest first, and the token of the next. Raises Fault INVALID_PAGE_TOKEN."""
        size, filters = page_size or _PAGE_SIZE, f"red_letters\x1f{merchant_id}\x1f{invoice_id}\x1f{state or ''}"
        async with self._tools.sessions() as session:
            before = paging.last_id(filters, page_token)
            rows = await red_letters.page(session, size + 1, before, merchant_id, invoice_id, state)
        page = rows[:size]
        return page, paging.encode(filters, (page[-1].red_letter_id,)) if len(rows) > size else ""

    async def get_invoiceable(self, payment_id: str) -> tuple[Holding, str, str]:
        """The money of a payment with its currency and merchant. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            known = (await payments.heard(session, [payment_id])).get(payment_id)
            if known is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no payment {payment_id}", f"没有支付单 {payment_id}")
            payment = known[0]
            kept = await invoiceable.of_payment(session, payment_id)
        untouched = Holding(payment_id, payment.amount.amount_minor, payment.refunded_minor, 0, 0, 0)
        return kept or untouched, payment.amount.currency_code, payment.merchant_id


async def _held(session: AsyncSession, invoice_id: str) -> Invoice:
    """The invoice with its payment held first, as a red letter that comes into the books does: its sums stand still."""
    found = await invoices.get(session, invoice_id)
    if found is None:
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
    await payments.lock(session, found.payment_id)
    await invoices.hold(session, invoice_id)
    return await invoices.get(session, invoice_id) or found


def _amount(blue: Invoice, wanted_minor: int, taken_back_minor: int) -> Money:
    """What the letter is for, below zero."""
    if blue.kind is not InvoiceKind.BLUE:
        raise not_possible(blue, "NOT_BLUE", "it is a red letter itself", "该发票本身为红字发票")
    if blue.standing.sync_state not in IN_BOOKS:
        state = blue.standing.sync_state.value
        raise not_possible(blue, "NOT_IN_BOOKS", f"it is {state}, not booked", f"当前状态 {state}，尚未入主库")
    left = left_to_take_back(blue.amount, taken_back_minor)
    if left.amount_minor == 0 or wanted_minor > left.amount_minor:
        raise not_possible(blue, "EXCEEDS", f"only {left} of it is left", f"可冲红余额仅 {left}")
    return -Money(left.currency_code, wanted_minor or left.amount_minor)


def _same(before: RedLetter, wish: Wish) -> RedLetter:
    same = (before.invoice_id, before.reason, before.note) == (wish.invoice_id, wish.reason, wish.note)
    if not same or wish.amount_minor not in (0, -before.amount.amount_minor):
        raise request_id_reused()
    return before


def _unknown(red_letter_id: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no red letter {red_letter_id}", f"没有红字流程 {red_letter_id}")


def not_possible(blue: Invoice, cause: str, why: str, why_zh: str) -> Fault:
    """The fault for an invoice that cannot be taken back, with the reason in both languages."""
    return Fault(
        Kind.PRECONDITION,
        "RED_NOT_POSSIBLE",
        f"invoice {blue.invoice_id} cannot be taken back so: {why}",
        f"发票 {blue.invoice_id} 不能这样冲红：{why_zh}",
        metadata={"invoice_id": blue.invoice_id, "cause": cause},
    )


def _wrong_state(letter: RedLetter, move: FormMove) -> Fault:
    under_way = f", and {letter.wanted_move.value} is under way" if letter.wanted_move else ""
    return Fault(
        Kind.PRECONDITION,
        "RED_LETTER_STATE",
        f"the seller cannot {move.value} red letter {letter.red_letter_id}: it is {letter.state.value}{under_way}",
        f"红字流程 {letter.red_letter_id} 当前状态 {letter.state.value}，销售方不能执行 {move.value}",
        metadata={"red_letter_id": letter.red_letter_id, "state": letter.state.value},
    )
