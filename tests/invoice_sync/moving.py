"""invoice_sync before the real stand-in authority, with both clocks in a test's hand and settings of its own."""

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database
from chassis.clock import ManualClock
from chassis.crypto import KeyRing, new_key_line
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.invoice import Invoice, Party
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import cases
from services.invoice_sync.store.cases import Case
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import OPEN_GATES, TIMERS, InvoiceSync, a_payment
from tests.support.eventually import eventually
from tests.support.tax_sandbox import calm_start, running_tax_sandbox

DAY = 86_400
_TURNS_MAX = 100


@dataclass
class Moving(InvoiceSync):
    """Both clocks move together. `authority` is the sandbox's own database, for what no steering can do.

    `first` is an invoice that a fixture booked, where it did.
    """

    authority: AsyncEngine | None = None
    first: Invoice | None = None

    async def pass_time(self, seconds: float) -> None:
        """Both clocks move on, and all that is due then is asked for, once each."""
        self.clock.advance(seconds)
        await self.steering.shift_clock(seconds)
        for _ in range(_TURNS_MAX):
            if not await self.verify.verify_due():
                return
        raise AssertionError("something is due without end")

    async def swept_after(self, seconds: float) -> Sweep:
        """Time passes, what is due is asked for, and a sweep follows."""
        await self.pass_time(seconds)
        return await self.sweep.sweep()

    async def issued_by(self, seller_tax_id: str, count: int = 1) -> list[Invoice]:
        """Invoices of a seller, whose merchant bears its number."""
        await self.issue.set_merchant_profile(
            Profile(seller_tax_id, IssuePolicy.ON_SUCCESS, Party("武汉燃气集团有限公司", seller_tax_id))
        )
        payments = [a_payment(merchant_id=seller_tax_id) for _ in range(count)]
        await self.follow(*payments)
        return [await self.of_payment(payment.payment_id) for payment in payments]

    async def until_state(self, state: SyncState, *wanted: Invoice, step: float = 61) -> None:
        """Let time pass until all stand so."""

        async def reached() -> bool:
            if all([await self.state(each) is state for each in wanted]):
                return True
            await self.pass_time(step)
            return False

        await eventually(reached)

    async def all_booked(self, count: int = 1) -> list[Invoice]:
        """Invoices that are in the books; the second reading is still to come."""
        made = await self.issued(count)
        await self.upload.upload_due()
        await self.until_state(SyncState.BOOKED, *made)
        return [await self.again(each) for each in made]

    async def confirmed(self, count: int = 1) -> list[Invoice]:
        """Invoices that were read back twice."""
        # Not by way of all_booked: one may be read a second time before another is read the first.
        made = await self.issued(count)
        await self.upload.upload_due()
        await self.until_state(SyncState.CONFIRMED, *made)
        return [await self.again(each) for each in made]

    async def state(self, invoice: Invoice) -> SyncState:
        return (await self.again(invoice)).standing.sync_state

    async def cases(self, kind: str = "") -> Sequence[Case]:
        """Newest first, open ones before."""
        async with self.sessions() as session:
            return await cases.page(session, 100, None, kind, open_only=False)

    async def open_cases(self) -> list[str]:
        return sorted(each.kind for each in await self.cases() if each.close_time is None)

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What stands in our own database."""
        async with self.sessions() as session:
            return [tuple(row) for row in await session.execute(text(query), values)]

    async def vanish(self, *invoices: Invoice) -> None:
        """The authority loses all that it had of these, as one that was restored from an old copy."""
        assert self.authority is not None
        async with self.authority.begin() as connection:
            for table in ("main_book", "acceptance"):
                statement = text(f"DELETE FROM {table} WHERE idempotency_key = ANY (:keys)")
                await connection.execute(statement, {"keys": [each.idempotency_key for each in invoices]})

    async def void(self, invoice: Invoice) -> None:
        """Somebody voids it at the portal."""
        path = f"/steering/invoices/{(await self.again(invoice)).standing.invoice_number}/void"
        (await self.steering.http.post(path)).raise_for_status()


@contextlib.asynccontextmanager
async def moving_system(
    fresh_database: Any,
    folder: Path,
    *,
    timers: Timers = TIMERS,
    policy: GatePolicy = OPEN_GATES,
    tax_class: type[SandboxTaxSystem] = SandboxTaxSystem,
    credential_file: Path | None = None,
) -> AsyncIterator[Moving]:
    """All parts, on two databases of their own."""
    engine = database.connect(await fresh_database("services.invoice_sync"), "test")
    authority_url = await fresh_database("services.tax_sandbox")
    authority = database.connect(authority_url, "test", pool_size=1)
    key_file = folder / "body.key"
    key_file.write_text(f"{new_key_line()}\n", "ascii")
    start = calm_start()
    clock, sessions = ManualClock(start), database.sessions(engine)
    dice = random.Random(1).random
    tools = make_tools(sessions, KeyRing.read(key_file), clock, dice, timers, Routing(), policy)
    credentials = {"default": CredentialFile(credential_file)} if credential_file else None
    async with running_tax_sandbox(authority_url, starts_at=start) as steering:
        tax = tax_class(steering.url, clock=clock, credentials=credentials)
        issue = IssueActions(tools)
        try:
            yield Moving(
                sessions=sessions,
                clock=clock,
                tax=tax,
                steering=steering,
                issue=issue,
                upload=UploadActions(tax, tools),
                verify=VerifyActions(tax, tools),
                sweep=SweepActions(OwnPass(issue, tools), BooksPass(tax, tools), ArchivePass(tools), tools),
                read=ReadActions(sessions, clock),
                diagnose=DiagnoseActions(ProbeActions(tax, tools), tools),
                tools=tools,
                authority=authority,
            )
        finally:
            await tools.close(5)
            await tax.close()
            await authority.dispose()
            await engine.dispose()
