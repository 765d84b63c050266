"""The whole system in its own processes, and the calls that flow tests make. One for each test file."""

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chassis import migrate
from cli import spans
from cli.client import Gateway
from cli.stack import SERVICES, Stack, running_stack
from demo.faults import TaxSandbox
from tests.support.templates import Templates

# What takes ten minutes at a real authority takes a second here.
HURRY = {
    "BIHUAN_INVOICE_SYNC_SETTLE_SECONDS": "1.0",
    "BIHUAN_INVOICE_SYNC_SWEEP_INTERVAL_SECONDS": "0.5",
    "BIHUAN_TAX_SANDBOX_BOOKING_DELAY_SECONDS": "0.2",
}
WATER = {
    "merchantId": "city-water",
    "issuePolicy": "ISSUE_POLICY_ON_SUCCESS",
    "sellerName": "江城水务集团有限公司",
    "sellerTaxId": "91420100MA4K0DEM01",
}


@dataclass(frozen=True, slots=True)
class System:
    """A running stack with an admin's gateway and the authority's steering."""

    stack: Stack
    gateway: Gateway
    tax: TaxSandbox

    def invoice_of(self, payment_id: str) -> dict:
        """The payment's invoice, or an empty one when none was made yet."""
        found = self.gateway.get("/v1/invoices", paymentId=payment_id).get("invoices", [])
        return found[0] if found else {}

    def trace(self, trace_id: str) -> list[spans.SpanRecord]:
        return spans.read_trace(Path(self.stack.addresses.traces_folder), trace_id)


@contextlib.contextmanager
def running_system(folder: Path, templates: Templates, settings: dict[str, str] | None = None) -> Iterator[System]:
    """On databases of its own, that are copied and not migrated anew."""
    with _databases(templates) as urls, running_stack(folder, {**HURRY, **urls, **(settings or {})}) as stack:
        where = stack.addresses
        gateway, tax = Gateway(where.gateway_url, where.token()), TaxSandbox(where.tax_sandbox_url, where.tax_ca_file)
        with contextlib.closing(gateway), contextlib.closing(tax):
            yield System(stack, gateway, tax)


@contextlib.contextmanager
def _databases(templates: Templates) -> Iterator[dict[str, str]]:
    """A copy of each service's database, by the setting that names it."""
    names = {service: f"test_{uuid.uuid4().hex}" for service in SERVICES}

    async def copy() -> dict[str, str]:
        return {
            f"BIHUAN_{service.upper()}_DATABASE_URL": await templates.copy(f"services.{service}", name, migrate.upgrade)
            for service, name in names.items()
        }

    async def drop() -> None:
        for name in names.values():
            await templates.drop(name)

    try:
        yield asyncio.run(copy())
    finally:
        asyncio.run(drop())
