"""Corrects invoices that were refused or break a rule of ours. It sends nothing: the next version waits its turn."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from chassis.versions import must_be_at
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.buyer_fit import refuse_unfit
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.issuing import broken_of
from services.invoice_sync.actions.numbers import take_number
from services.invoice_sync.actions.remaking import Remaking
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.buyer_check import Applicant
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Reopen
from services.invoice_sync.domain.command import Ignore
from services.invoice_sync.domain.event import Corrected
from services.invoice_sync.domain.invoice import Invoice, Party, freeze_again, issue_date_of, request_fingerprint
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.number import NO_NUMBER, is_number_refused
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import invoices, numbers, outbox, payments


@dataclass(frozen=True, slots=True)
class CorrectionMade:
    """The invoice that was corrected; `replayed` when this correction had been made before."""

    invoice_id: str
    replayed: bool


class CorrectActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._remaking = Remaking(tools)

    @telemetry.traced
    async def correct_invoice(
        self,
        request_id: str,
        invoice_id: str,
        buyer: Party,
        expected_version: int = 0,
        *,
        is_natural_person: bool = False,
    ) -> CorrectionMade:
        """Freeze the next version of an invoice's document for this buyer, and make it due.

        Raises Fault NOT_FOUND, REQUEST_ID_REUSED, VERSION_MISMATCH, NOT_CORRECTABLE when it is neither refused nor
        invalid, and NOT_CORRECTABLE with the rules when the new version breaks one too; INVALID_FIELD for
        another buyer than before that breaks a rule or is risky.
        """
        fingerprint = request_fingerprint(invoice_id, buyer)
        async with self._tools.sessions.begin() as session:
            await self._hold(session, invoice_id)
            if before := await invoices.asked_by(session, request_id):
                if before != (fingerprint, invoice_id):
                    raise request_id_reused()
                return CorrectionMade(invoice_id, replayed=True)
            invoice = await invoices.get(session, invoice_id)
            assert invoice is not None, "what is held is there"
            must_be_at(expected_version, invoice.version)
            if buyer != invoice.buyer:
                applicant = Applicant(buyer.name, buyer.tax_id, is_natural_person=is_natural_person)
                refuse_unfit(applicant, self._tools.checks)
            await self._correct(session, invoice, buyer)
            if not await invoices.note_request(session, request_id, fingerprint, invoice_id, self._tools.clock.now()):
                raise request_id_reused()
        return CorrectionMade(invoice_id, replayed=False)

    async def _hold(self, session: AsyncSession, invoice_id: str) -> None:
        """Hold it as it is after the refunds of its payment, which is held first."""
        found = await invoices.get(session, invoice_id)
        if found is None:
            raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        await payments.lock(session, found.payment_id)
        await self._remaking.follow_if_over(session, found.payment_id)
        await invoices.hold(session, invoice_id)

    async def _correct(self, session: AsyncSession, invoice: Invoice, buyer: Party) -> None:
        now, tools = self._tools.clock.now(), self._tools
        number = await self._number(session, invoice)
        event = Corrected(invoice.version + 1, number)
        decision = decide(invoice.standing, event, now, tools.jitter(), tools.timers)
        if any(isinstance(each, Ignore) for each in decision.commands):
            raise _not_correctable(invoice, f"it is {invoice.standing.sync_state.value}")
        if rules := broken_of(invoice.amount, invoice.seller, buyer, invoice.merchant_order_no, now):
            raise _not_correctable(invoice, "; ".join(f"{rule.rule}: {rule.message}" for rule in rules))
        document = freeze_again(invoice, buyer, now, number)
        corrected = replace(
            invoice,
            buyer=buyer,
            version=invoice.version + 1,
            document_sha256=document.sha256,
            broken_rules=(),
            issue_date=issue_date_of(now),
        )
        assert decision.standing.sync_state is SyncState.READY, "what is corrected is sent"
        sealed = tools.ring.seal(document.content, body_context(document.sha256))
        await invoices.add_version(session, corrected, sealed, now)
        told = change_of(invoice.standing, decision.standing)
        if not await outbox.reopen(session, [Reopen(decision.standing, invoice.seller.tax_id, told)]):
            # A sweep was faster: the authority's list shows it, so that it is asked for as it was.
            raise _not_correctable(invoice, "it is no more as it was, look again")
        await numbers.want_no_more(session, invoice.invoice_id)

    async def _number(self, session: AsyncSession, invoice: Invoice) -> str:
        """The number that the next version bears: the one that it has, unless that was what was refused."""
        number = await numbers.of_invoice(session, invoice.invoice_id)
        code, _ = await numbers.refused_with(session, invoice.invoice_id)
        if number and not is_number_refused(code):
            return number
        if not number and not self._tools.numbers.preassigned:
            return ""
        taken = await take_number(session, self._tools, invoice.route, invoice.seller.tax_id, invoice.invoice_id)
        if not taken:
            raise _not_correctable(invoice, f"{NO_NUMBER.rule}: {NO_NUMBER.message}")
        return taken


def _not_correctable(invoice: Invoice, why: str) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_CORRECTABLE",
        f"invoice {invoice.invoice_id} cannot be corrected so: {why}",
        f"发票 {invoice.invoice_id} 不能这样更正：{why}",
        metadata={"invoice_id": invoice.invoice_id, "state": invoice.standing.sync_state.value},
    )
