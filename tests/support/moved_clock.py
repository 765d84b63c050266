"""invoice_sync with its real loops and production's windows, at a clock that a test moves with the authority's."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from chassis import database
from chassis.clock import ManualClock
from chassis.crypto import KeyRing, new_key_line
from chassis.loop import Loop
from cli.loopback_tls import loopback_tls
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import Tools, make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.domain.payment import PaymentChange
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import trusting
from tests.invoice_sync.builders import OPEN_GATES, TIMERS, a_payment, a_profile
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.tax_sandbox import Steering, Ticking, calm_start
from tests.support.witness import Ours, Witness, witness

_REST_SECONDS = 0.02
_NOTHING_DUE = """
    SELECT count(*) = 0 FROM outbox WHERE lease_id <> '' OR (due_at <= $1 AND parked_reason = '')
"""


@dataclass
class MovedClock:
    """The uploader and the verifier run all the time; a sweep runs when time has passed, or when a test asks."""

    processes: Processes
    steering: Steering
    clock: ManualClock
    tools: Tools
    tax: SandboxTaxSystem
    issue: IssueActions
    followed: int = 0

    async def issued(self, *orders: str) -> None:
        """Payments that have succeeded; their invoices are sent when this returns."""
        await self.issue.set_merchant_profile(a_profile())
        changes = []
        for order in orders:
            self.followed += 1
            changes.append(PaymentChange(self.followed, a_payment(merchant_order_no=order)))
        await self.issue.follow_payments(changes)
        await self.quiet()

    async def booked(self, *orders: str) -> None:
        """Invoices that went all the way."""
        await self.issued(*orders)
        await self.until_state("BOOKED", orders)

    async def pass_time(self, seconds: float, *, swept: bool = True) -> None:
        """Both clocks move on, and everything that fell due is done."""
        self.clock.advance(seconds)
        await self.steering.shift_clock(seconds)
        await self.quiet()
        if swept:
            await self.sweeper().sweep()
            await self.quiet()

    async def until_state(self, state: str, orders: Sequence[str], times_max: int = 20) -> list[str]:
        """Let five minutes pass, time after time, until these stand so; every state that any of them was seen in."""
        passed: list[str] = []
        for _ in range(times_max):
            states = {(await self.of(order)).states[0] for order in orders}
            passed += states
            if states == {state}:
                return passed
            await self.pass_time(301)
        raise AssertionError(f"{orders} went through {passed} and not to {state}")

    async def witness(self) -> Witness:
        return await witness(self.processes)

    async def of(self, order: str) -> Ours:
        """The one invoice of an order."""
        (found,) = [each for each in (await self.witness()).ours.values() if each.order_no == order]
        return found

    async def quiet(self) -> None:
        """Wait until nothing is due at this instant and nobody works on anything."""

        async def probe() -> bool:
            ((nothing,),) = await self.processes.fetch("invoice_sync", _NOTHING_DUE, self.clock.now())
            return bool(nothing)

        await eventually(probe)

    def sweeper(self) -> SweepActions:
        """One more, as a replica has it."""
        own = OwnPass(self.issue, self.tools)
        return SweepActions(own, BooksPass(self.tax, self.tools), ArchivePass(self.tools), self.tools)


@contextlib.asynccontextmanager
async def running_at_moved_clock(processes: Processes, steering: Steering) -> AsyncIterator[MovedClock]:
    engine = database.connect(processes.urls["invoice_sync"], "moved_clock", pool_size=8)
    key_file = processes.folder / "moved.key"
    key_file.write_text(f"{new_key_line()}\n", "ascii")
    start = calm_start()
    clock, sessions = ManualClock(start), database.sessions(engine)
    ring, dice = KeyRing.read(key_file), random.Random(1).random
    tools = make_tools(sessions, ring, clock, dice, TIMERS, Routing(), OPEN_GATES)
    trust = trusting(loopback_tls(processes.folder / "tls").ca_file)
    tax = SandboxTaxSystem(processes.tax_url, clock=Ticking(start), trust=trust)
    upload, verify, stop = UploadActions(tax, tools), VerifyActions(tax, tools), asyncio.Event()
    loops = [
        Loop("fill_window", upload.fill_window, _REST_SECONDS, ending=lambda: upload.drain(5)),
        Loop("verify_due", verify.verify_due, _REST_SECONDS),
    ]
    await steering.set_clock(start)
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop.run(stop))
        try:
            yield MovedClock(processes, steering, clock, tools, tax, IssueActions(tools))
        finally:
            stop.set()
    await tools.close(5)
    await tax.close()
    await engine.dispose()
