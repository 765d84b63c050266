"""Takes requests for invoices, checks them before anything is frozen, and sets aside what a second person confirms."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.ids import new_id
from chassis.validation import invalid
from services.invoice_sync.actions.applicants import opened_applicant, sealed_applicant
from services.invoice_sync.actions.buyer_fit import field_fault
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.issue import IssueActions, Requested, request_id_reused
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.buyer_check import (
    Applicant,
    Finding,
    Weight,
    check_amount,
    check_applicant,
)
from services.invoice_sync.domain.confirmation import Confirmation, ConfirmationState, fingerprint_of
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import why_not_invoiceable
from services.invoice_sync.store import confirmations, invoices, payments
from services.invoice_sync.store.confirmations import Kept


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, by whom; `operator` may be empty.

    `amount_minor` is what the applicant thinks is left of the payment, 0 when not told.
    """

    request_id: str
    payment_id: str
    applicant: Applicant
    amount_minor: int
    operator: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A second person has to confirm it, or has decided; `replayed` when it had been asked for before."""

    confirmation: Confirmation
    replayed: bool


class RequestActions:
    """The one way in for whoever asks for an invoice."""

    def __init__(self, issue: IssueActions, deliver: DeliverActions, tools: Tools) -> None:
        self._issue = issue
        self._deliver = deliver
        self._tools = tools

    @telemetry.traced
    async def request(self, asked: Asked) -> Requested | SetAside:
        """Issue the invoice that was asked for, find it, or set the request aside for a second person.

        Raises Fault INVALID_FIELD with each rule that is broken, and what `IssueActions.request_invoice` raises.
        """
        findings = check_applicant(asked.applicant, self._tools.checks)
        _refuse_broken(findings)
        async with self._tools.sessions.begin() as session:
            held = await payments.lock(session, asked.payment_id)
            mark = fingerprint_of(asked.payment_id, asked.applicant)
            if before := await decided_before(session, self._tools, asked.request_id, mark):
                return before
            if held and not held[1]:
                payment = held[0]
                if open_one := await awaited(session, self._tools, asked.payment_id, mark):
                    return open_one
                findings += check_amount(payment.left.amount_minor, asked.amount_minor, self._tools.checks)
                _refuse_broken(findings)
                if why_not_invoiceable(payment) is None and any(each.weight is Weight.RISK for each in findings):
                    return await set_aside(session, self._tools, asked, payment, mark, findings)
            buyer, email = asked.applicant.buyer, asked.applicant.email
            issued = await self._issue.request_in(session, asked.request_id, asked.payment_id, buyer)
            await send_when_asked(self._deliver, session, asked.request_id, issued.invoice_id, email, asked.operator)
            return issued


async def decided_before(
    session: AsyncSession, tools: Tools, request_id: str, fingerprint: str
) -> Requested | SetAside | None:
    """What became of a request that a second person had to confirm; None for another. Raises REQUEST_ID_REUSED."""
    if before := await confirmations.of_request(session, request_id):
        known = before.confirmation
        if known.fingerprint != fingerprint:
            raise request_id_reused()
        if known.state is ConfirmationState.CONFIRMED:
            assert known.decided is not None, "what is confirmed was decided"
            return Requested(known.decided.invoice_id, replayed=True)
        return SetAside(_opened(before, tools), replayed=True)
    return None


async def awaited(session: AsyncSession, tools: Tools, payment_id: str, fingerprint: str) -> SetAside | None:
    """What awaits a second person for a payment that is held; None for nothing. Raises Fault BUSINESS_KEY_REUSED."""
    open_one = (await confirmations.awaiting(session, [payment_id])).get(payment_id)
    if open_one is None:
        return None
    if open_one.confirmation.fingerprint != fingerprint:
        raise _awaits_another(open_one.confirmation)
    return SetAside(_opened(open_one, tools), replayed=True)


async def set_aside(
    session: AsyncSession,
    tools: Tools,
    asked: Asked,
    payment: Payment,
    fingerprint: str,
    findings: tuple[Finding, ...],
) -> SetAside:
    """Keep a request for all that is left of a payment, which is held, until a second person has decided.

    Raises Fault INVALID_FIELD when nobody is said to ask, and REQUEST_ID_REUSED.
    """
    if not asked.operator.strip():
        raise _no_operator(findings)
    if await invoices.asked_by(session, asked.request_id):
        raise request_id_reused()
    made = Confirmation(
        confirmation_id=new_id("cnf"),
        request_id=asked.request_id,
        fingerprint=fingerprint,
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        amount=payment.left,
        applicant=asked.applicant,
        findings=findings,
        requested_by=asked.operator,
        create_time=tools.clock.now(),
    )
    sealed = sealed_applicant(tools.ring, asked.applicant, asked.request_id)
    await confirmations.add_many(session, [Kept(made, sealed)])
    telemetry.annotate(payment_id=payment.payment_id, confirmation_id=made.confirmation_id)
    return SetAside(made, replayed=False)


def _opened(kept: Kept, tools: Tools) -> Confirmation:
    return kept.opened(opened_applicant(tools.ring, kept.sealed, kept.confirmation.request_id))


async def send_when_asked(
    deliver: DeliverActions, session: AsyncSession, request_id: str, invoice_id: str, email: str, operator: str
) -> None:
    """Have an invoice sent to the address with which it was asked for, once; nothing when it is empty."""
    if email:
        reason = "asked for with the invoice"
        await deliver.deliver_in(session, f"{request_id}.mail", invoice_id, email, operator, reason)


def _refuse_broken(findings: tuple[Finding, ...]) -> None:
    if broken := [each for each in findings if each.weight is Weight.BROKEN]:
        raise invalid(tuple(field_fault(each) for each in broken))


def _no_operator(findings: tuple[Finding, ...]) -> Fault:
    why = "; ".join(each.message for each in findings if each.weight is Weight.RISK)
    why_zh = "；".join(each.message_zh for each in findings if each.weight is Weight.RISK)
    message = f"a second person has to confirm this ({why}): say who asks"
    message_zh = f"该申请需要第二人复核（{why_zh}），请填写申请人"
    return invalid((FieldFault("operator", "REQUIRED", message, message_zh),))


def _awaits_another(known: Confirmation) -> Fault:
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"something else was asked for with payment {known.payment_id} and awaits a second person, "
        f"{known.confirmation_id}: have that confirmed or refused first",
        f"支付单 {known.payment_id} 已有另一申请 {known.confirmation_id} 等待复核，请先完成复核",
        metadata={"payment_id": known.payment_id, "confirmation_id": known.confirmation_id, "fields": "buyer"},
    )
