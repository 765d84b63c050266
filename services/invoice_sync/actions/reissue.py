"""Issues the blue invoice for what no invoice of a payment holds: after a red letter, or when money came again."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from chassis.validation import invalid
from services.invoice_sync.actions.buyer_fit import field_fault, refuse_unfit
from services.invoice_sync.actions.issue import no_profile, not_invoiceable, request_id_reused
from services.invoice_sync.actions.issuing import Issuing
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.buyer_check import Applicant, check_amount
from services.invoice_sync.domain.invoice import Party, request_fingerprint
from services.invoice_sync.domain.policy import IssuePolicy, why_not_invoiceable
from services.invoice_sync.store import invoiceable, invoices, payments


@dataclass(frozen=True, slots=True)
class RemainderInvoiced:
    """The invoice of the remainder; `replayed` when the request_id had asked for it before."""

    invoice_id: str
    replayed: bool


class ReissueActions:
    """Each method is one transaction, or part of its caller's."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._issuing = Issuing(tools)

    @telemetry.traced
    async def invoice_remainder(
        self, request_id: str, payment_id: str, buyer: Party, *, is_natural_person: bool = False
    ) -> RemainderInvoiced:
        """Issue an invoice for all that no invoice of the payment holds.

        Raises Fault INVALID_FIELD for a buyer that breaks a rule or is risky, and for a first invoice whose amount a
        second person has to confirm, REQUEST_ID_REUSED, and NOT_INVOICEABLE, with cause INVOICED_IN_FULL when nothing
        is left.
        """
        applicant = Applicant(buyer.name, buyer.tax_id, is_natural_person=is_natural_person)
        refuse_unfit(applicant, self._tools.checks)
        fingerprint = request_fingerprint(f"{payment_id} remainder", buyer)
        async with self._tools.sessions.begin() as session:
            if before := await invoices.asked_by(session, request_id):
                if before[0] != fingerprint:
                    raise request_id_reused()
                return RemainderInvoiced(before[1], replayed=True)
            await self._refuse_large(session, payment_id)
            invoice_id = await self.issue_rest(session, payment_id, buyer)
            if not await invoices.note_request(session, request_id, fingerprint, invoice_id, self._tools.clock.now()):
                raise request_id_reused()
        return RemainderInvoiced(invoice_id, replayed=False)

    async def _refuse_large(self, session: AsyncSession, payment_id: str) -> None:
        """Let no first invoice pass by the second person whom RequestInvoice asks for its amount."""
        held = await payments.lock(session, payment_id)
        if held is None or held[1]:
            return
        if large := check_amount(held[0].left.amount_minor, 0, self._tools.checks):
            raise invalid(tuple(field_fault(each) for each in large))

    async def issue_rest(
        self, session: AsyncSession, payment_id: str, buyer: Party, minor_max: int | None = None
    ) -> str:
        """The same in the caller's transaction, for so much at most; the new invoice's id."""
        held = await payments.lock(session, payment_id)
        if held is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no payment {payment_id}", f"没有支付单 {payment_id}")
        payment = held[0]
        if why := why_not_invoiceable(payment):
            raise not_invoiceable(payment, why)
        if held[1]:
            await invoiceable.count_unless_kept(session, payment_id)
        kept = await invoiceable.of_payment(session, payment_id)
        left_minor = kept.left_minor if kept else payment.left.amount_minor
        rest_minor = left_minor if minor_max is None else min(left_minor, minor_max)
        profile = await payments.profile(session, payment.merchant_id)
        if profile is None:
            raise no_profile(payment)
        if rest_minor == 0:
            raise _invoiced_in_full(payment_id)
        with telemetry.span("issue_invoice", links=[payment.traceparent]):
            wanted = self._issuing.want(payment.only(rest_minor), profile, buyer, IssuePolicy.ON_REQUEST)
            given = await self._issuing.number(session, [wanted])
            await self._issuing.write(session, [self._issuing.make(wanted, given.get(wanted.invoice_id, ""))])
        await payments.invoiced(session, payment_id, wanted.invoice_id)
        return wanted.invoice_id


def _invoiced_in_full(payment_id: str) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_INVOICEABLE",
        f"the invoices of payment {payment_id} hold all that is left of it",
        f"支付单 {payment_id} 的可开票金额已全部开票",
        metadata={"payment_id": payment_id, "cause": "INVOICED_IN_FULL"},
    )
