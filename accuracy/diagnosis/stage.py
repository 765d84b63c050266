"""Where plants are played: many scripts at once in one virtual time, all in the same population. It judges nothing."""

import asyncio
import itertools
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from accuracy.diagnosis.matrix import Case, Matrix
from accuracy.diagnosis.system import System
from chassis.errors import Fault
from chassis.money import Money
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.diagnosis import Claim
from services.invoice_sync.domain.invoice import Invoice, Party
from services.invoice_sync.domain.payment import Payment, PaymentChange, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.standing import Standing, SyncState

NOTHING_CLAIMED = Claim()
_TICK_SECONDS = 120.0
_POLL_SECONDS = 20.0
_POLL_SECONDS_LATER = 120.0
_BRISK_POLLS = 30
_STEPS_IN_A_GAP = 4
_POLLS_MAX = 120
_SHARED_SHOPS = 6
_SHARED_IN_A_REGION = 2
HUBEI, BEIJING = "42", "11"
_DISTRICTS = {HUBEI: "420100", BEIJING: "110105"}


class Shop:
    """A merchant and the seller on its invoices."""

    def __init__(self, merchant_id: str, seller: Party, region: str) -> None:
        self.merchant_id = merchant_id
        self.seller = seller
        self.region = region

    @property
    def place(self) -> str:
        """Where the authority keeps its invoices."""
        return f"production/{self.region}"

    @property
    def route_key(self) -> str:
        """The route by which they go."""
        return f"sandbox/{self.place}/default"


Script = Callable[["Stage"], Awaitable[None]]


class Stage:
    """`uploaders` are those that work now; without one, everything that is due to be sent waits."""

    def __init__(self, system: System, rng: random.Random, matrix: Matrix, seed: int) -> None:
        self.system = system
        self.rng = rng
        self.seed = seed
        self.uploaders: list[UploadActions] = [system.upload]
        self.verifying = True
        self._matrix = matrix
        self._sequence = itertools.count(1)
        self._feed = asyncio.Lock()
        self._names = itertools.count(1)
        self._shops: list[Shop] = []
        self._busy = 0
        self._all_wait = asyncio.Event()
        self._waiting: list[tuple[datetime, asyncio.Event]] = []
        self._lasting: list[tuple[str, str, Claim]] = []

    async def play(
        self, scripts: Sequence[Script], uploaders: Sequence[UploadActions] | None = None, *, verifying: bool = True
    ) -> None:
        """Play all at once, in an order by the seed; time goes on when each of them waits for it."""
        self.uploaders = [self.system.upload] if uploaders is None else list(uploaders)
        self.verifying = verifying
        order = list(scripts)
        self.rng.shuffle(order)
        self._busy = len(order)
        tasks = [asyncio.create_task(self._run(script), name=script.__name__) for script in order]
        while any(not task.done() for task in tasks):
            await self._all_wait.wait()
            if self._waiting:
                await self._go_on()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        await self.system.steering.clear_faults()

    async def wait(self, shortest_seconds: float, longest_seconds: float = 0.0) -> None:
        """Let time go by: so long, or somewhere between the two by the seed."""
        seconds = self.rng.uniform(shortest_seconds, max(shortest_seconds, longest_seconds))
        woken = asyncio.Event()
        self._waiting.append((self.system.clock.now() + timedelta(seconds=seconds), woken))
        self._rest(-1)
        await woken.wait()

    async def until(self, invoice: Invoice, reached: Callable[[Standing], bool]) -> Invoice:
        """Let time go by until it stands so."""
        for no in range(_POLLS_MAX):
            now = await self.again(invoice)
            if reached(now.standing):
                return now
            await self._wait_for_the_tick(_POLL_SECONDS if no < _BRISK_POLLS else _POLL_SECONDS_LATER)
        raise AssertionError(
            f"never came so far, it is {now.standing.sync_state}, parked {now.standing.parked_reason!r}"
        )

    async def _wait_for_the_tick(self, seconds: float) -> None:
        """All that poll do it at the same moments, so that these are few."""
        await self.wait(seconds - self.system.clock.now().timestamp() % seconds)

    async def until_sent(self, invoice: Invoice, times: int = 1) -> Invoice:
        """Let time go by until it was sent so often."""
        sent = lambda standing: standing.submit_count >= times and standing.sync_state is not SyncState.SENDING  # noqa: E731
        return await self.until(invoice, sent)

    async def until_in(self, invoice: Invoice, *states: SyncState) -> Invoice:
        """Let time go by until it is in one of these states."""
        return await self.until(invoice, lambda standing: standing.sync_state in states)

    async def until_booked(self, invoice: Invoice) -> Invoice:
        """Let time go by until it was read back."""
        return await self.until_in(invoice, SyncState.BOOKED, SyncState.CONFIRMED)

    async def again(self, invoice: Invoice) -> Invoice:
        """The invoice as it is now."""
        return (await self.system.read.get_invoice(invoice.invoice_id)).invoice

    async def expect(
        self, cause: str, asked: Invoice | Payment | str, claim: Claim = NOTHING_CLAIMED, *, lasting: bool = False
    ) -> None:
        """Ask the product, and note its cause beside the one that was planted.

        What is `lasting` is asked once more at the very end, when everything around it has changed.
        """
        reference = asked if isinstance(asked, str) else self.a_name_of(asked)
        await self._ask(cause, reference, claim, _name_of_this_plant())
        if lasting:
            self._lasting.append((cause, reference, claim))

    async def ask_lasting_again(self) -> None:
        """Ask all that should have lasted."""
        for cause, reference, claim in self._lasting:
            await self._ask(cause, reference, claim, "asked_once_more_at_the_end")

    async def shop(
        self,
        region: str = "",
        policy: IssuePolicy = IssuePolicy.ON_SUCCESS,
        *,
        own: bool = False,
        registered: bool = True,
        profile: bool = True,
    ) -> Shop:
        """A merchant that others share; or one that nobody else uses, when it is to be its `own`."""
        plain = registered and profile and policy is IssuePolicy.ON_SUCCESS
        shared = [each for each in self._shops if region in ("", each.region)]
        if not own and plain and len(shared) >= (_SHARED_IN_A_REGION if region else _SHARED_SHOPS):
            return self.rng.choice(shared)
        region = region or self.rng.choice((HUBEI, HUBEI, BEIJING))
        no = next(self._names)
        tax_id = f"91{_DISTRICTS[region]}MA{self.seed % 100:02}{no:05}X"
        made = Shop(f"shop-{no}", Party(f"第{no}商店有限公司", tax_id), region)
        if registered:
            await self.register(made)
        if profile:
            await self.system.issue.set_merchant_profile(Profile(made.merchant_id, policy, made.seller))
        if not own and plain:
            self._shops.append(made)
        return made

    async def register(self, shop: Shop) -> None:
        """Have the authority know the seller."""
        await self.system.steering.post(
            f"/{shop.place}/v1/registrations", tax_id=shop.seller.tax_id, name=shop.seller.name
        )

    def payment(self, shop: Shop, **changes: Any) -> Payment:
        """A payment that has succeeded, of an amount by the seed."""
        no = next(self._names)
        made = Payment(
            payment_id=f"pay_{self.rng.getrandbits(128):032x}",
            merchant_id=shop.merchant_id,
            merchant_order_no=f"NO-{self.rng.randrange(10**9):09}-{no}",
            amount=Money("CNY", self.rng.randrange(1, 5_000_00)),
            state=PaymentState.SUCCEEDED,
            reconciliation_state=ReconciliationState.PENDING,
            version=1,
            traceparent="",
        )
        return replace(made, **changes)

    async def hear(self, payment: Payment, *, numbered: bool = False) -> None:
        """Let the feed tell of a payment."""
        issue = self.system.numbered if numbered else self.system.issue
        async with self._feed:
            assert await issue.follow_payment(PaymentChange(next(self._sequence), payment)), "each is told once"

    async def issue(self, shop: Shop, payment: Payment | None = None, *, numbered: bool = False) -> Invoice:
        """The invoice of a new payment; it is not sent before time goes on."""
        paid = payment or self.payment(shop)
        await self.hear(paid, numbered=numbered)
        return await self.of_payment(paid)

    async def of_payment(self, payment: Payment) -> Invoice:
        """Its invoice."""
        found = (await self.system.diagnose.diagnose_invoice(payment.payment_id)).invoice_id
        assert found, f"no invoice was issued for {payment.payment_id}"
        return (await self.system.read.get_invoice(found)).invoice

    async def plan(self, fault: str, payment: Payment, **how: Any) -> None:
        """A fault for one order alone."""
        await self.system.steering.post("/steering/faults", fault=fault, order_no=payment.merchant_order_no, **how)

    async def sent(self, fault: str = "", region: str = "", shop: Shop | None = None, **how: Any) -> Invoice:
        """An invoice that was sent once, into a fault if one is named."""
        shop = shop or await self.shop(region)
        payment = self.payment(shop)
        if fault:
            await self.plan(fault, payment, **how)
        return await self.until_sent(await self.issue(shop, payment))

    def a_name_of(self, asked: Invoice | Payment) -> str:
        """One of the names by which people may ask."""
        names = [asked.payment_id, asked.merchant_order_no]
        if isinstance(asked, Invoice):
            names += [asked.invoice_id, *([asked.standing.invoice_number] if asked.standing.invoice_number else [])]
        return self.rng.choice(names)

    def foreign_document(self, seller: Party, **changes: Any) -> bytes:
        """A document that somebody else sends."""
        made = {
            "schema": 1,
            "seller": {"name": seller.name, "tax_id": seller.tax_id},
            "buyer": {"title": "个人", "tax_id": ""},
            "currency": "CNY",
            "amount_minor": self.rng.randrange(1, 10_000),
            "order_no": f"PORTAL-{next(self._names)}",
            "issue_date": self.today().isoformat(),
        }
        return json.dumps(made | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def today(self) -> date:
        """The day in Beijing."""
        return (self.system.clock.now() + timedelta(hours=8)).date()

    async def _ask(self, cause: str, reference: str, claim: Claim, plant: str) -> None:
        try:
            told = await self.system.diagnose.diagnose_invoice(reference, claim)
            given = told.verdict.cause
            evidence = " | ".join(row.fact for row in told.verdict.evidence)
        except Fault as fault:
            given, evidence = fault.reason, fault.message
        self._matrix.cases.append(Case(cause, given, plant, self.seed, reference, evidence))

    async def _run(self, script: Script) -> None:
        try:
            await script(self)
        except Exception as fault:  # noqa: BLE001  it is told with all others, and the run fails by it
            what = f"{script.__name__}, seed {self.seed}: {type(fault).__name__}: {fault}"
            self._matrix.failures.append(what)
        finally:
            self._rest(-1)

    def _rest(self, change: int) -> None:
        self._busy += change
        if self._busy == 0:
            self._all_wait.set()
        else:
            self._all_wait.clear()

    async def _go_on(self) -> None:
        """Time to the next that waits, in steps that grow with the gap, and what the service does in it."""
        clock = self.system.clock
        first = min(at for at, _ in self._waiting)
        gap = max(0.0, (first - clock.now()).total_seconds())
        clock.advance(min(gap, max(_TICK_SECONDS, gap / _STEPS_IN_A_GAP)))
        await self.system.turn(self.uploaders, verifying=self.verifying)
        due = [each for each in self._waiting if each[0] <= clock.now()]
        self._waiting = [each for each in self._waiting if each[0] > clock.now()]
        self._rest(len(due))
        for _, woken in due:
            woken.set()


def _name_of_this_plant() -> str:
    task = asyncio.current_task()
    assert task is not None, "plants are played in tasks"
    return task.get_name()
