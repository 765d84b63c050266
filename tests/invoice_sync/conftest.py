import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import CHECKS, OPEN_GATES, TIMERS, InvoiceSync
from tests.invoice_sync.door import Door, open_door
from tests.support.tax_sandbox import Ticking, calm_start, running_tax_sandbox


@pytest.fixture
async def system(fresh_database, tmp_path: Path) -> AsyncIterator[InvoiceSync]:
    """invoice_sync on a database of its own, and the stand-in authority on a real socket with another."""
    start = calm_start()
    engine = database.connect(await fresh_database("services.invoice_sync"), "test")
    key_file = tmp_path / "body.key"
    key_file.write_text(f"{new_key_line()}\n", "ascii")
    tools = make_tools(
        database.sessions(engine),
        KeyRing.read(key_file),
        ManualClock(start),
        random.Random(1).random,
        TIMERS,
        Routing(),
        OPEN_GATES,
        checks=CHECKS,
    )
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox"), starts_at=start) as steering:
        tax = SandboxTaxSystem(steering.url, clock=Ticking(start))
        issue = IssueActions(tools)
        yield InvoiceSync(
            sessions=tools.sessions,
            clock=tools.clock,
            tax=tax,
            steering=steering,
            issue=issue,
            upload=UploadActions(tax, tools),
            verify=VerifyActions(tax, tools),
            sweep=SweepActions(OwnPass(issue, tools), BooksPass(tax, tools), ArchivePass(tools), tools),
            read=ReadActions(tools.sessions, tools.clock),
            diagnose=DiagnoseActions(ProbeActions(tax, tools), tools),
            tools=tools,
        )
        await tools.close(5)
        await tax.close()
    await engine.dispose()


@pytest.fixture
async def door(system: InvoiceSync) -> AsyncIterator[Door]:
    """The contract's services, as a client sees them."""
    async with open_door(system) as door:
        yield door
