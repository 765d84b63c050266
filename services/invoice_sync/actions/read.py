"""Answers questions about invoices, attempts, sweeps and merchants. It changes nothing and calls no authority."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.money import Money
from services.invoice_sync.actions.pages import last_id
from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.breaker import Breaker
from services.invoice_sync.domain.diagnosis import Asked, Claim, Facts, Verdict, diagnose
from services.invoice_sync.domain.gate import Shut, is_open
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import Profile
from services.invoice_sync.domain.shown import Shown
from services.invoice_sync.domain.standing import TO_SEND, SyncState
from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import attempts, gates, invoices, outbox, payments, sweeps

_PAGE_SIZE = 50
NOTHING_CLAIMED = Claim()


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices; an empty field means every value."""

    merchant_id: str
    payment_id: str
    sync_state: SyncState | None

    def text(self) -> str:
        """Every filter in order, for the page token."""
        return "\x1f".join((self.merchant_id, self.payment_id, self.sync_state or ""))


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A verdict and what it is about; `invoice_id` is empty when there is no invoice."""

    verdict: Verdict
    invoice_id: str
    payment_id: str
    invoice_number: str = ""


class ReadActions:
    """Each method is one read-only transaction."""

    def __init__(self, sessions: Sessions, clock: Clock, timers: Timers) -> None:
        self._sessions = sessions
        self._clock = clock
        self._timers = timers

    async def get_invoice(self, invoice_id: str) -> Shown:
        """One invoice. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            shut = await self._shut(session)
        if invoice is None:
            raise _not_found(f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        return Shown(invoice, shut(invoice))

    async def list_invoices(
        self, wanted: InvoiceFilter, page_size: int, page_token: str
    ) -> tuple[Sequence[Shown], str]:
        """A page, newest first, and the token of the next; empty on the last. Raises Fault INVALID_PAGE_TOKEN."""
        size, before = page_size or _PAGE_SIZE, last_id(wanted.text(), page_token)
        async with self._sessions() as session:
            rows = await invoices.page(
                session, size + 1, before, wanted.merchant_id, wanted.payment_id, wanted.sync_state
            )
            shut = await self._shut(session)
        page = [Shown(invoice, shut(invoice)) for invoice in rows[:size]]
        more = len(rows) > size
        return page, paging.encode(wanted.text(), (page[-1].invoice.invoice_id,)) if more else ""

    async def summarize_invoices(self, merchant_id: str) -> Sequence[tuple[SyncState, int, Money]]:
        """Count and sum by state and currency."""
        async with self._sessions() as session:
            return await invoices.summary(session, merchant_id)

    async def list_attempts(self, invoice_id: str) -> Sequence[Attempt]:
        """Every attempt, oldest first. Raises Fault NOT_FOUND when there is no such invoice."""
        async with self._sessions() as session:
            invoice = await invoices.get(session, invoice_id)
            log = await attempts.of_invoice(session, invoice_id)
        if invoice is None:
            raise _not_found(f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        return log

    async def list_sweeps(self, page_size: int, page_token: str) -> tuple[Sequence[Sweep], str]:
        """A page of sweeps that found something, newest first, and the token of the next."""
        size, before = page_size or _PAGE_SIZE, last_id("sweeps", page_token)
        async with self._sessions() as session:
            rows = await sweeps.page(session, size + 1, before)
        page = rows[:size]
        return page, paging.encode("sweeps", (page[-1].sweep_id,)) if len(rows) > size else ""

    async def get_merchant_profile(self, merchant_id: str) -> Profile:
        """A merchant's profile. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            profile = await payments.profile(session, merchant_id)
        if profile is None:
            raise _not_found(f"merchant {merchant_id} has no profile", f"商户 {merchant_id} 未设置开票资料")
        return profile

    async def diagnose_invoice(self, reference: str, claim: Claim = NOTHING_CLAIMED) -> Diagnosed:
        """Why the invoice is not in the system, or that it is, by any of its names.

        Raises Fault NOT_FOUND, or INVALID_FIELD with the payment ids when the order number is of several merchants.
        """
        async with self._sessions() as session:
            facts = await self._facts(session, reference, claim)
        invoice_id = facts.invoice.invoice_id if facts.invoice else ""
        payment_id = facts.payment.payment_id if facts.payment else ""
        number = facts.standing.invoice_number if facts.standing else ""
        return Diagnosed(diagnose(facts, self._timers), invoice_id, payment_id, number)

    async def _shut(self, session: AsyncSession) -> Callable[[Invoice], Shut | None]:
        """What tells of an invoice that waits to be sent which gate holds it; None for every other."""
        rows, holds, now = await gates.read(session), await gates.holds(session), self._clock.now()

        def of(invoice: Invoice) -> Shut | None:
            if invoice.standing.sync_state not in TO_SEND or invoice.standing.parked:
                return None
            gate = rows.get(invoice.route.key)
            breaker = gate.breaker if gate else Breaker()
            verdict = is_open(invoice.route, invoice.seller.tax_id, holds, breaker, now)
            return verdict if isinstance(verdict, Shut) else None

        return of

    async def _facts(self, session: AsyncSession, reference: str, claim: Claim) -> Facts:
        named = await invoices.referred(session, reference)
        found = await payments.followed(session, reference, [each.payment_id for each in named])
        payment, heard_time = _the_one(reference, named, found)
        invoice = next((each for each in named if each.payment_id == payment.payment_id), None)
        now = self._clock.now()
        known = Facts(
            now=now,
            asked=Asked(reference, now, claim=claim),
            payment=payment,
            heard_time=heard_time,
            profile=await payments.profile(session, payment.merchant_id),
        )
        if invoice is None:
            return known
        return replace(
            known,
            invoice=invoice,
            issue_date=invoice.issue_date,
            standing=invoice.standing,
            lease_until=await outbox.lease_until(session, invoice.invoice_id),
            attempts=await attempts.newest(session, invoice.invoice_id),
            rounds=await attempts.rounds(session, invoice.invoice_id, invoice.standing.settle_from),
        )


def _the_one(
    reference: str, named: Sequence[Invoice], found: Sequence[tuple[Payment, datetime]]
) -> tuple[Payment, datetime]:
    """The payment that is meant. An id goes before an order number that reads like it, so that an id always helps."""
    if not found:
        raise _not_found(f"nothing is known here by {reference}", f"未找到与 {reference} 对应的发票或支付单")
    ids = {reference, *(each.payment_id for each in named if each.invoice_id == reference)}
    meant = [each for each in found if each[0].payment_id in ids] or found
    if len(meant) > 1:
        raise _ambiguous(reference, [payment.payment_id for payment, _ in meant])
    return meant[0]


def _not_found(message: str, message_zh: str) -> Fault:
    return Fault(Kind.NOT_FOUND, "NOT_FOUND", message, message_zh)


def _ambiguous(reference: str, payment_ids: Sequence[str]) -> Fault:
    ids = ", ".join(payment_ids)
    message = f"{reference} names more than one payment; give the payment id of the one that is meant: {ids}"
    message_zh = f"{reference} 对应多笔支付单，请改用其中一笔的支付单编号：{ids}"
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        f"reference: {message}",
        f"reference：{message_zh}",
        fields=(FieldFault("reference", "AMBIGUOUS", message, message_zh),),
        metadata={"reference": reference, "payment_ids": ",".join(payment_ids)},
    )
