"""A second person confirms or refuses what was asked for. Nothing is sent: what is confirmed waits its turn."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from chassis.money import Money
from services.invoice_sync.actions.applicants import opened_applicant
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.issue import IssueActions, Requested
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.request import send_when_asked
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.buyer_check import Applicant
from services.invoice_sync.domain.confirmation import (
    Confirmation,
    ConfirmationState,
    Decided,
    Judged,
    judge_decision,
)
from services.invoice_sync.store import bulk_requests, confirmations, payments
from services.invoice_sync.store.confirmations import Kept

_PAGE_SIZE = 50


class ConfirmActions:
    """Each method is one transaction."""

    def __init__(self, issue: IssueActions, deliver: DeliverActions, tools: Tools) -> None:
        self._issue = issue
        self._reissue = ReissueActions(tools)
        self._deliver = deliver
        self._tools = tools

    @telemetry.traced
    async def confirm(self, confirmation_id: str, operator: str, reason: str) -> Confirmation:
        """Issue what was asked for, in the transaction that writes the decision.

        Of a remainder no more is issued than was set aside. Raises Fault NOT_FOUND, SECOND_PERSON_REQUIRED,
        CONFIRMATION_DECIDED, NOT_INVOICEABLE with cause AMOUNT_GREW when a first invoice would hold more than that, and
        what asking for an invoice raises: then it awaits its decision as before.
        """
        return await self._decide(confirmation_id, ConfirmationState.CONFIRMED, operator, reason)

    @telemetry.traced
    async def refuse(self, confirmation_id: str, operator: str, reason: str) -> Confirmation:
        """Refuse what was asked for. Raises Fault NOT_FOUND, SECOND_PERSON_REQUIRED, CONFIRMATION_DECIDED."""
        return await self._decide(confirmation_id, ConfirmationState.REFUSED, operator, reason)

    async def get_confirmation(self, confirmation_id: str) -> Confirmation:
        """One. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            kept = await confirmations.get(session, confirmation_id)
        return self._opened(_there(kept, confirmation_id))

    async def list_confirmations(
        self, merchant_id: str, state: ConfirmationState | None, page_size: int, page_token: str
    ) -> tuple[Sequence[Confirmation], str]:
        """A page, newest first, and the token of the next; empty on the last. Raises Fault INVALID_PAGE_TOKEN."""
        wanted = f"confirmations\x1f{merchant_id}\x1f{state or ''}"
        size, before = page_size or _PAGE_SIZE, paging.last_id(wanted, page_token)
        async with self._tools.sessions() as session:
            rows = await confirmations.page(session, size + 1, before, merchant_id, state)
        page = [self._opened(each) for each in rows[:size]]
        return page, paging.encode(wanted, (page[-1].confirmation_id,)) if len(rows) > size else ""

    async def _decide(
        self, confirmation_id: str, wanted: ConfirmationState, operator: str, reason: str
    ) -> Confirmation:
        async with self._tools.sessions.begin() as session:
            kept = _there(await confirmations.hold(session, confirmation_id), confirmation_id)
            known = self._opened(kept)
            match judge_decision(known, operator, wanted):
                case Judged.IS_SO:
                    return known
                case Judged.SAME_PERSON:
                    raise _second_person(known)
                case Judged.DECIDED:
                    raise _is_decided(known)
            if known.bulk_request_id:
                # Before the payment and its number: the work on a file's rows holds them in this order.
                await bulk_requests.hold(session, known.bulk_request_id)
            invoice_id = ""
            if wanted is ConfirmationState.CONFIRMED:
                issued = await self._issued(session, known)
                invoice_id, email = issued.invoice_id, known.applicant.email
                asked_by = known.requested_by
                await send_when_asked(self._deliver, session, known.request_id, invoice_id, email, asked_by)
            decided = Decided(operator, reason, self._tools.clock.now(), invoice_id)
            await confirmations.decide(session, confirmation_id, wanted, decided)
            if known.bulk_request_id:
                await bulk_requests.settle_confirmed(session, confirmation_id, invoice_id)
        telemetry.annotate(confirmation_id=confirmation_id, payment_id=known.payment_id, invoice_id=invoice_id)
        return replace(known, state=wanted, decided=decided)

    async def _issued(self, session: AsyncSession, known: Confirmation) -> Requested:
        """Its invoice, which holds no more than was confirmed, whatever came again of the payment since."""
        wanted = (session, known.request_id, known.payment_id, known.applicant.buyer)
        if known.is_remainder:
            return await self._reissue.remainder_in(*wanted, known.amount.amount_minor)
        held = await payments.lock(session, known.payment_id)
        if held and not held[1] and known.outgrown_by(held[0].left):
            raise _amount_grew(known, held[0].left)
        return await self._issue.request_in(*wanted)

    def _opened(self, kept: Kept) -> Confirmation:
        applicant: Applicant = opened_applicant(self._tools.ring, kept.sealed, kept.confirmation.request_id)
        return kept.opened(applicant)


def _there(kept: Kept | None, confirmation_id: str) -> Kept:
    if kept is None:
        message, message_zh = f"no confirmation {confirmation_id}", f"没有复核申请 {confirmation_id}"
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", message, message_zh)
    return kept


def _second_person(known: Confirmation) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "SECOND_PERSON_REQUIRED",
        f"who asked for {known.confirmation_id} cannot decide it: another person has to",
        f"申请人不能复核自己的申请 {known.confirmation_id}，须由他人复核",
        metadata={"confirmation_id": known.confirmation_id, "created_by": known.requested_by},
    )


def _is_decided(known: Confirmation) -> Fault:
    assert known.decided is not None, "what awaits nobody was decided by somebody"
    return Fault(
        Kind.PRECONDITION,
        "CONFIRMATION_DECIDED",
        f"{known.confirmation_id} was decided before: it is {known.state.value}",
        f"复核申请 {known.confirmation_id} 已有结论：{known.state.value}",
        metadata={"confirmation_id": known.confirmation_id, "state": known.state.value},
    )


def _amount_grew(known: Confirmation, left: Money) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_INVOICEABLE",
        f"{left} is left of payment {known.payment_id} by now, and {known.amount} was set aside to be confirmed: "
        "refuse it, and have it asked for again",
        f"支付单 {known.payment_id} 的可开票金额已增至 {left}，超过待复核的 {known.amount}，请拒绝该申请后重新申请",
        metadata={
            "payment_id": known.payment_id,
            "cause": "AMOUNT_GREW",
            "confirmation_id": known.confirmation_id,
        },
    )
