"""Issues the blue invoice for what no invoice of a payment holds: after a red letter, or when money came again."""

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.actions.buyer_fit import refuse_unfit
from services.invoice_sync.actions.issue import Requested, no_profile, not_invoiceable, request_id_reused
from services.invoice_sync.actions.issuing import Issuing
from services.invoice_sync.actions.request import Asked, SetAside, awaited, decided_before, set_aside
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.buyer_check import check_amount
from services.invoice_sync.domain.confirmation import remainder_fingerprint
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import IssuePolicy, why_not_invoiceable
from services.invoice_sync.store import invoiceable, invoices, payments


class ReissueActions:
    """Each method is one transaction, or part of its caller's."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._issuing = Issuing(tools)

    @telemetry.traced
    async def invoice_remainder(self, asked: Asked) -> Requested | SetAside:
        """Issue an invoice for all that no invoice of the payment holds, or set it aside for a second person.

        Raises Fault INVALID_FIELD for a buyer that breaks a rule or is risky, REQUEST_ID_REUSED, BUSINESS_KEY_REUSED
        while something else of the payment awaits a second person, and NOT_INVOICEABLE, with cause INVOICED_IN_FULL
        when nothing is left.
        """
        refuse_unfit(asked.applicant, self._tools.checks)
        mark = remainder_fingerprint(asked.payment_id, asked.applicant.buyer)
        async with self._tools.sessions.begin() as session:
            # Held before it is looked whether this was asked: the first try may still be at work, and is waited for.
            held = await payments.lock(session, asked.payment_id)
            if before := await invoices.asked_by(session, asked.request_id):
                if before[0] != mark:
                    raise request_id_reused()
                return Requested(before[1], replayed=True)
            if aside := await self._aside(session, asked, held, mark):
                return aside
            return await self.remainder_in(session, asked.request_id, asked.payment_id, asked.applicant.buyer)

    async def remainder_in(
        self, session: AsyncSession, request_id: str, payment_id: str, buyer: Party, minor_max: int | None = None
    ) -> Requested:
        """Issue it in the caller's transaction, for so much at most and a request_id that asked for nothing before."""
        invoice_id = await self.issue_rest(session, payment_id, buyer, minor_max)
        mark = remainder_fingerprint(payment_id, buyer)
        if not await invoices.note_request(session, request_id, mark, invoice_id, self._tools.clock.now()):
            raise request_id_reused()
        return Requested(invoice_id, replayed=False)

    async def _aside(
        self, session: AsyncSession, asked: Asked, held: tuple[Payment, str] | None, mark: str
    ) -> Requested | SetAside | None:
        """What a second person decides or decided of it; None where the amount needs nobody."""
        if before := await decided_before(session, self._tools, asked.request_id, mark):
            return before
        if held is None or why_not_invoiceable(held[0]):
            return None
        if open_one := await awaited(session, self._tools, asked.payment_id, mark):
            return open_one
        kept = await invoiceable.of_payment(session, asked.payment_id)
        left = held[0].only(kept.left_minor if kept else held[0].left.amount_minor)
        large = check_amount(left.left.amount_minor, 0, self._tools.checks)
        return await set_aside(session, self._tools, asked, left, mark, large) if large else None

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
