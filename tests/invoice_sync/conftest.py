import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from chassis import database
from chassis.clock import ManualClock
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import TIMERS, InvoiceSync
from tests.support.tax_sandbox import running_tax_sandbox


@pytest.fixture
async def system(fresh_database) -> AsyncIterator[InvoiceSync]:
    """invoice_sync on a database of its own, and the stand-in authority on a real socket with another."""
    engine = database.connect(await fresh_database("services.invoice_sync"), "test")
    sessions, clock, jitter = database.sessions(engine), ManualClock(datetime.now(UTC)), random.Random(1).random
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        tax = SandboxTaxSystem(steering.place_url())
        issue = IssueActions(sessions, clock)
        yield InvoiceSync(
            sessions=sessions,
            clock=clock,
            tax=tax,
            steering=steering,
            issue=issue,
            upload=UploadActions(sessions, tax, clock, jitter, TIMERS),
            verify=VerifyActions(sessions, tax, clock, jitter, TIMERS),
            sweep=SweepActions(sessions, issue, clock, TIMERS),
            read=ReadActions(sessions, clock, TIMERS),
        )
        await tax.close()
    await engine.dispose()
