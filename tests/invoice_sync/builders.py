"""Payments and profiles for tests, and the parts of invoice_sync on a real database and a real authority."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from chassis.clock import ManualClock
from chassis.database import Sessions
from chassis.money import Money
from services.invoice_sync import rpc
from services.invoice_sync.actions.abandon import AbandonActions
from services.invoice_sync.actions.applications import ApplicationActions
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.bulk_intake import BulkIntake
from services.invoice_sync.actions.bulk_read import BulkReadActions
from services.invoice_sync.actions.confirm import ConfirmActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.manual import ManualActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import InvoiceFilter, ReadActions
from services.invoice_sync.actions.recognize import RecognizeActions
from services.invoice_sync.actions.red_letters import RedLetterActions
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.request import RequestActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome
from services.invoice_sync.domain.breaker import BreakerPolicy
from services.invoice_sync.domain.buyer_check import CheckPolicy
from services.invoice_sync.domain.concurrency import ConcurrencyPolicy
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.hold import HoldPolicy
from services.invoice_sync.domain.invoice import PERSON, Invoice, Party, freeze_document, new_invoice
from services.invoice_sync.domain.payment import Payment, PaymentChange, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.rate_budget import MICRO, RatePolicy
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.recognition.reader import Reader
from services.invoice_sync.store import probes
from services.invoice_sync.store.probes import Probe
from services.invoice_sync.tax import TaxSystem
from tests.invoice_sync.paper_bench import paper_bench
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TIMERS = Timers(
    settle_seconds=600,
    absence_round_seconds=0,
    look_base_seconds=2,
    look_seconds_max=60,
    retry_base_seconds=1,
    retry_seconds_max=60,
    retry_age_seconds_max=86_400,
    retry_count_max=5,
    resend_count_max=2,
    lease_seconds=60,
    sla_seconds=300,
    upload_concurrency=8,
)
# So wide that no gate shuts in a test that is not about gates.
OPEN_GATES = GatePolicy(
    rate=RatePolicy(1_000_000, MICRO, 10_000 * MICRO, 70, 100 * MICRO),
    breaker=BreakerPolicy(60, 62, 62, 5, 60, 60, 30),
    concurrency=ConcurrencyPolicy(64, 1, 64),
    hold=HoldPolicy(3_600, 60, 60),
)
CHECKS = CheckPolicy(confirm_above_minor=1_000_000)
SELLER = Party("武汉水务集团有限公司", SELLER_TAX_ID)
_numbers = itertools.count(1)


def a_payment(**changes) -> Payment:
    """A payment that has succeeded."""
    no = next(_numbers)
    made = Payment(
        payment_id=f"pay_{no}",
        merchant_id="city-water",
        merchant_order_no=f"NO{no}",
        amount=Money("CNY", 12_345),
        state=PaymentState.SUCCEEDED,
        reconciliation_state=ReconciliationState.PENDING,
        version=1,
        traceparent=TRACEPARENT,
    )
    return replace(made, **changes)


def a_profile(policy: IssuePolicy = IssuePolicy.ON_SUCCESS, merchant_id: str = "city-water") -> Profile:
    return Profile(merchant_id, policy, SELLER)


def an_invoice(payment: Payment, now: datetime = NOON, buyer: Party = PERSON) -> Invoice:
    """A new one, inv_1."""
    return new_invoice(
        "inv_1",
        payment,
        SELLER,
        buyer,
        freeze_document(payment, SELLER, buyer, now),
        route=Routing().route_for(SELLER.tax_id),
        issued_by="ON_SUCCESS",
        now=now,
        deadline_at=now + timedelta(days=1),
        traceparent=TRACEPARENT,
    )


def actions_of(system: "InvoiceSync") -> rpc.Actions:
    """What the service's server calls."""
    bench = paper_bench(system.tools)
    return rpc.Actions(
        issue=system.issue,
        numbers=NumberActions(system.tax, system.tools),
        correct=CorrectActions(system.tools),
        read=system.read,
        diagnose=system.diagnose,
        audit=AuditActions(system.tools),
        gates=GateAdminActions(system.tools),
        probe=ProbeActions(system.tax, system.tools),
        sweep=system.sweep,
        papers=bench.papers,
        archive=bench.archive,
        deliver=bench.deliver,
        links=bench.links,
        parity=ParityActions(system.tax, system.tools),
        manual=ManualActions(system.tools),
        abandon=AbandonActions(system.tools),
        recognize=RecognizeActions(Reader(), system.diagnose),
        request=RequestActions(system.issue, bench.deliver, system.tools),
        confirm=ConfirmActions(system.issue, bench.deliver, system.tools),
        bulk_intake=BulkIntake(system.tools),
        bulk_read=BulkReadActions(system.tools),
        letters=RedLetterActions(system.tools),
        reissue=ReissueActions(system.tools),
        applications=ApplicationActions(system.tools),
    )


@dataclass
class InvoiceSync:
    """Every action of the service, with a clock that the test moves; the authority is real and steered."""

    sessions: Sessions
    clock: ManualClock
    tax: TaxSystem
    steering: Steering
    issue: IssueActions
    upload: UploadActions
    verify: VerifyActions
    sweep: SweepActions
    read: ReadActions
    diagnose: DiagnoseActions
    tools: Tools
    last_sequence: int = 0

    async def follow(self, *payments: Payment) -> None:
        """Tell of payments as the feed does."""
        for payment in payments:
            self.last_sequence += 1
            assert await self.issue.follow_payment(PaymentChange(self.last_sequence, payment))

    async def issued(self, count: int = 1) -> list[Invoice]:
        """New payments of a merchant who wants invoices on success, and their invoices, in order."""
        await self.issue.set_merchant_profile(a_profile())
        payments = [a_payment() for _ in range(count)]
        await self.follow(*payments)
        return [await self.of_payment(payment.payment_id) for payment in payments]

    async def booked(self) -> Invoice:
        """An invoice that went all the way."""
        (invoice,) = await self.issued()
        await self.upload.upload_due()
        return await self.until_booked(invoice)

    async def until_booked(self, invoice: Invoice) -> Invoice:
        """Ask, as time goes by, until the authority shows it."""

        async def look() -> Invoice | None:
            self.clock.advance(61)
            await self.verify.verify_due()
            now = await self.again(invoice)
            return now if now.standing.sync_state is SyncState.BOOKED else None

        return await eventually(look)

    async def until_gone(self, invoice: Invoice) -> None:
        """Wait until the authority has swallowed it."""

        async def gone() -> bool:
            answer = await self.tax.query_by_key(invoice.route, invoice.seller.tax_id, invoice.idempotency_key)
            return answer.outcome is Outcome.NOT_FOUND

        await eventually(gone)

    async def again(self, invoice: Invoice) -> Invoice:
        """The invoice as it is now."""
        return (await self.read.get_invoice(invoice.invoice_id)).invoice

    async def of_payment(self, payment_id: str) -> Invoice:
        found = await self.invoices_of(payment_id)
        assert len(found) == 1, found
        return found[0]

    async def invoices_of(self, payment_id: str) -> list[Invoice]:
        page, _ = await self.read.list_invoices(InvoiceFilter("", payment_id, None), 10, "")
        return [each.invoice for each in page]

    async def attempts(self, invoice: Invoice) -> Sequence[Attempt]:
        return await self.read.list_attempts(invoice.invoice_id)

    async def outcomes(self, invoice: Invoice, operation: Operation) -> list[Outcome | None]:
        log = await self.attempts(invoice)
        return [each.answer.outcome if each.answer else None for each in log if each.operation is operation]

    async def cause(self, reference: str) -> str:
        return (await self.diagnose.diagnose_invoice(reference)).verdict.cause

    async def canaries(self) -> list[tuple[str, str]]:
        """What was asked for to see whether the query service sees, and what came of it, oldest first."""
        page = await self.probes("CANARY")
        return [(each.reference, each.outcome) for each in reversed(page)]

    async def probes(self, kind: str) -> list[Probe]:
        async with self.sessions() as session:
            return [each for each in await probes.page(session, 100, "", "") if each.kind == kind]

    async def execute(self, statement: str, **values) -> None:
        """Reach into the database, as a fault of the world would."""
        async with self.sessions.begin() as session:
            await session.execute(text(statement), values)

    async def entries(self, invoice: Invoice) -> list[dict]:
        """What the authority's book holds under the invoice's key."""
        return [row for row in await self.steering.book() if row["key"] == invoice.idempotency_key]
