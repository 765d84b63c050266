"""Every acceptance test has its own databases and its own authority behind HTTPS."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.processes import Processes, running_processes, steering_tax_sandbox
from tests.support.tax_sandbox import Steering

_INVOICES = 60


@pytest.fixture(scope="session")
def size() -> int:
    """How many invoices a test has; BIHUAN_ACCEPTANCE_INVOICES makes it more."""
    return int(os.environ.get("BIHUAN_ACCEPTANCE_INVOICES", _INVOICES))


@pytest.fixture
async def processes(fresh_database, tmp_path: Path) -> AsyncIterator[Processes]:
    async with running_processes(fresh_database, tmp_path) as made:
        made.start_tax_sandbox(BOOKING_DELAY_SECONDS="0.1")
        yield made


@pytest.fixture
async def steering(processes: Processes) -> AsyncIterator[Steering]:
    async with steering_tax_sandbox(processes) as hand:
        yield hand
