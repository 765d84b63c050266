"""Makes invoices of payments, many at once, in their caller's transaction. It judges none due and sends nothing."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from opentelemetry.trace import Span
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.numbers import take_number, take_numbers
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.document_rules import Draft, broken_rules
from services.invoice_sync.domain.invoice import (
    BrokenRule,
    Invoice,
    InvoiceKind,
    Party,
    RedOf,
    freeze_document,
    frozen,
    issue_date_of,
    new_invoice,
    new_red_invoice,
)
from services.invoice_sync.domain.number import NO_NUMBER
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import IssuePolicy, Profile, why_not_invoiceable
from services.invoice_sync.domain.red_letter import RedLetter
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import invoiceable, invoices, numbers


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice that is to be made now. `broken` are the rules of ours that its document would break."""

    invoice_id: str
    payment: Payment
    seller: Party
    buyer: Party
    policy: IssuePolicy
    route: Route
    broken: tuple[BrokenRule, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """A new invoice with its sealed document; `waits` when it is to have a number first and none was left."""

    invoice: Invoice
    sealed: bytes
    waits: bool


class Issuing:
    """The steps in which invoices come to be: want, number, make, write. The middle of each needs no statement."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def now(self) -> datetime:
        """This instant, by the clock of the invoices."""
        return self._tools.clock.now()

    def want(self, payment: Payment, profile: Profile, buyer: Party, policy: IssuePolicy) -> Wanted:
        """What is to be made of a payment, judged by our rules."""
        assert why_not_invoiceable(payment) is None, "nothing is issued for money that is not there, or not for certain"
        now, seller = self.now(), profile.seller
        route = self._tools.routing.route_for(seller.tax_id)
        broken = broken_of(payment.left, seller, buyer, payment.merchant_order_no, now)
        return Wanted(new_id("inv"), payment, seller, buyer, policy, route, broken, now)

    async def number(self, session: AsyncSession, wanted: Sequence[Wanted]) -> dict[str, str]:
        """The numbers of those that get one, by invoice_id: of each seller the next ones, in the order given.

        None where the authority is to give them; none for what breaks a rule, and none when none is left.
        """
        if not self._tools.numbers.preassigned:
            return {}
        places: dict[tuple[str, str], list[Wanted]] = {}
        for each in wanted:
            if not each.broken:
                places.setdefault((each.route.key, each.seller.tax_id), []).append(each)
        given: dict[str, str] = {}
        # In order, so that no two that take for several sellers wait for each other.
        for (_, seller_tax_id), group in sorted(places.items(), key=lambda item: item[0]):
            ids = [each.invoice_id for each in group]
            given |= await take_numbers(session, self._tools, group[0].route, seller_tax_id, ids)
        return given

    def make(self, wanted: Wanted, number: str) -> Made:
        """Freeze and seal its document, and note it on the current span, which is the start of its trace."""
        tools, now = self._tools, wanted.now
        waits = tools.numbers.preassigned and not wanted.broken and not number
        document = freeze_document(wanted.payment, wanted.seller, wanted.buyer, now, number)
        invoice = new_invoice(
            wanted.invoice_id,
            wanted.payment,
            wanted.seller,
            wanted.buyer,
            document,
            route=wanted.route,
            issued_by=wanted.policy.value,
            now=now,
            deadline_at=now + timedelta(seconds=tools.timers.deadline_seconds),
            traceparent=telemetry.current_traceparent(),
            broken_rules=(NO_NUMBER,) if waits else wanted.broken,
            number=number,
        )
        telemetry.annotate(payment_id=wanted.payment.payment_id, invoice_id=invoice.invoice_id)
        return Made(invoice, tools.ring.seal(document.content, body_context(document.sha256)), waits)

    async def make_red(self, session: AsyncSession, letter: RedLetter, blue: Invoice) -> Made:
        """The red invoice of a letter whose form allows it, with a number where the seller gives them."""
        tools, now, invoice_id = self._tools, self.now(), new_id("inv")
        preassigned = tools.numbers.preassigned
        place = (blue.route, blue.seller.tax_id)
        number = await take_number(session, tools, *place, invoice_id) if preassigned else ""
        red = RedOf(blue.standing.invoice_number, letter.form_id)
        document = frozen(letter.amount, blue.seller, blue.buyer, blue.merchant_order_no, now, number, red)
        invoice = new_red_invoice(
            invoice_id,
            blue,
            letter.amount,
            red,
            document,
            now=now,
            deadline_at=now + timedelta(seconds=tools.timers.deadline_seconds),
            traceparent=telemetry.current_traceparent(),
            broken_rules=(NO_NUMBER,) if preassigned and not number else (),
            number=number,
        )
        telemetry.annotate(payment_id=blue.payment_id, invoice_id=invoice_id)
        sealed = tools.ring.seal(document.content, body_context(document.sha256))
        return Made(invoice, sealed, waits=bool(invoice.broken_rules))

    async def write(self, session: AsyncSession, made: Sequence[Made]) -> None:
        """Write them with their documents, and what is due for them; all or none."""
        blue = [each.invoice for each in made if each.invoice.kind is InvoiceKind.BLUE]
        if blue:
            taken = {each.payment_id: each.amount.amount_minor for each in blue}
            assert len(taken) == len(blue), "of a payment one invoice is made at a time"
            refused = await invoiceable.take(session, taken)
            assert not refused, f"more than is left of {sorted(refused)} was to be invoiced"
        if made:
            await invoices.add_many(session, [(each.invoice, each.sealed) for each in made])
        if waiting := [each.invoice for each in made if each.waits]:
            await numbers.want(session, waiting)


def issue_span(payment: Payment) -> AbstractContextManager[Span]:
    """The span of an invoice that is issued by policy: in its payment's trace, and linked to what issues it."""
    here = telemetry.current_traceparent()
    elsewhere = telemetry.trace_id_of(here) != telemetry.trace_id_of(payment.traceparent)
    return telemetry.span("issue_invoice", parent=payment.traceparent, links=[here] if elsewhere else [])


def broken_of(amount: Money, seller: Party, buyer: Party, order_no: str, now: datetime) -> tuple[BrokenRule, ...]:
    """The rules of ours that such a document would break today."""
    draft = Draft(amount, seller, buyer, order_no, issue_date_of(now))
    return tuple(BrokenRule(each.rule, each.field, each.message, each.message_zh) for each in broken_rules(draft, now))
