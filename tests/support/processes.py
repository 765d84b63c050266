"""payments, invoice_sync and the stand-in authority, each in a process of its own, to be killed and started anew."""

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import httpx
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2, merchant_pb2, merchant_service_pb2
from bihuan.invoice_sync.v1 import invoice_service_pb2_grpc as invoice_grpc
from bihuan.invoice_sync.v1 import merchant_service_pb2_grpc as merchant_grpc
from bihuan.payments.v1 import payment_service_pb2
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.crypto import new_key_line
from chassis.free_ports import free_ports
from cli.loopback_tls import loopback_tls
from tests.support.eventually import eventually
from tests.support.tax_sandbox import Steering, steering_of

ROOT = Path(__file__).parents[2]
SERVICES = ("payments", "invoice_sync", "tax_sandbox")
NOWHERE = "https://127.0.0.1:1"
_AT_ONCE = 32
# What takes ten minutes at a real authority takes a second here; no gate shuts, since it is not what is tested.
HURRY = {
    "LEASE_SECONDS": "8",
    "UPLOAD_CONCURRENCY": "16",
    "RATE_PER_SECOND": "5000",
    "BURST": "5000",
    "BREAKER_FAILURES_MAX": "60",
    "BREAKER_WINDOW_FAILURES_MAX": "60",
    "SETTLE_SECONDS": "1.0",
    "LOOK_BASE_SECONDS": "0.3",
    "LOOK_SECONDS_MAX": "1.0",
    "RETRY_BASE_SECONDS": "0.2",
    "RETRY_SECONDS_MAX": "1.0",
    "SWEEP_INTERVAL_SECONDS": "0.3",
    "POLL_SECONDS": "0.1",
}


@dataclass
class Processes:
    """Services by name, on databases and ports that stay the same from start to start."""

    urls: Mapping[str, str]
    ports: Mapping[str, int]
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def tax_url(self) -> str:
        return f"https://{self.target('tax_sandbox')}"

    def target(self, service: str) -> str:
        return f"127.0.0.1:{self.ports[service]}"

    def start(self, service: str, **settings: str) -> None:
        base = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        own = {"LISTEN": self.target(service), "DATABASE_URL": self.urls[service], **settings}
        prefix = f"BIHUAN_{service.upper()}_"
        with (self.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}"],
                cwd=ROOT,
                env=base | {prefix + name: value for name, value in own.items()},
                stdout=log,
                stderr=log,
            )

    def start_tax_sandbox(self, **settings: str) -> None:
        tls = loopback_tls(self.folder / "tls")
        self.start("tax_sandbox", TLS_CERT_FILE=tls.cert_file, TLS_KEY_FILE=tls.key_file, **settings)

    def start_invoice_sync(self, **settings: str) -> None:
        key_file = self.folder / "body.key"
        if not key_file.exists():
            key_file.write_text(f"{new_key_line()}\n", "ascii")
        known = {
            "BODY_KEY_FILE": str(key_file),
            "PAYMENTS_TARGET": self.target("payments"),
            "TAX_URL": self.tax_url,
            "TAX_CA_FILE": loopback_tls(self.folder / "tls").ca_file,
        }
        self.start("invoice_sync", **{**known, **HURRY, **settings})

    def end(self, service: str) -> None:
        """Stop a service as an operator does."""
        process = self.running.pop(service)
        process.terminate()
        assert process.wait(timeout=60) == 0, self.last_words(service)

    def kill(self, service: str) -> None:
        process = self.running.pop(service)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL, self.last_words(service)

    async def until_dead(self, service: str, timeout_seconds: float) -> int:
        """Wait until it ends by itself; its exit status."""
        process = self.running[service]
        await eventually(lambda: process.poll() is not None, timeout_seconds=timeout_seconds)
        return self.running.pop(service).returncode

    def last_words(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text("utf-8", "replace")[-3000:]

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def fetch(self, service: str, query: str, *values: Any) -> list[asyncpg.Record]:
        """Rows of a service's database, whether it runs or not."""
        connection = await asyncpg.connect(self.urls[service], timeout=60)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def count(self, query: str, *values: Any) -> int:
        """The one number that a query of invoice_sync's database gives."""
        ((number,),) = await self.fetch("invoice_sync", query, *values)
        return int(number)

    async def answers(self) -> None:
        """Wait until invoice_sync answers calls."""
        async with grpc.aio.insecure_channel(self.target("invoice_sync")) as channel:
            await invoice_grpc.InvoiceServiceStub(channel).SummarizeInvoices(
                invoice_service_pb2.SummarizeInvoicesRequest(), timeout=30, wait_for_ready=True
            )

    async def set_profile(self, merchant_id: str, seller_tax_id: str) -> None:
        """Have invoices issued on success."""
        profile = merchant_pb2.MerchantProfile(
            merchant_id=merchant_id,
            issue_policy=invoice_pb2.ISSUE_POLICY_ON_SUCCESS,
            seller_name="武汉水务集团有限公司",
            seller_tax_id=seller_tax_id,
        )
        async with grpc.aio.insecure_channel(self.target("invoice_sync")) as channel:
            await merchant_grpc.MerchantServiceStub(channel).SetMerchantProfile(
                merchant_service_pb2.SetMerchantProfileRequest(profile=profile), timeout=30, wait_for_ready=True
            )

    async def record_payments(self, merchants: Sequence[str], orders: Iterable[str]) -> None:
        """A payment for each order, dealt out to the merchants in turn."""
        pay_time = Timestamp()
        pay_time.GetCurrentTime()
        async with grpc.aio.insecure_channel(self.target("payments")) as channel:
            payments = payment_grpc.PaymentServiceStub(channel)

            async def record(no: int, order: str) -> None:
                request = payment_service_pb2.RecordPaymentRequest(
                    request_id=f"request-{order}",
                    merchant_id=merchants[no % len(merchants)],
                    merchant_order_no=order,
                    channel="wechat_pay",
                    channel_txn_no=f"TXN-{order}",
                    amount=money_pb2.Money(currency_code="CNY", amount_minor=1_000 + no),
                    pay_time=pay_time,
                )
                await payments.RecordPayment(request, timeout=30, wait_for_ready=True)

            await for_each(list(enumerate(orders)), lambda one: record(*one))

    async def causes(self, invoice_ids: Sequence[str]) -> dict[str, str]:
        """What the diagnosis says of each."""
        found: dict[str, str] = {}
        async with grpc.aio.insecure_channel(self.target("invoice_sync")) as channel:
            invoices = invoice_grpc.InvoiceServiceStub(channel)

            async def diagnose(invoice_id: str) -> None:
                request = invoice_service_pb2.DiagnoseInvoiceRequest(reference=invoice_id)
                answer = await invoices.DiagnoseInvoice(request, timeout=30, wait_for_ready=True)
                found[invoice_id] = answer.diagnosis.cause

            await for_each(invoice_ids, diagnose)
        return found


async def for_each(items: Sequence[Any], do: Callable[[Any], Awaitable[None]]) -> None:
    """Do it for each, some at once."""
    waiting = iter(items)

    async def some() -> None:
        for item in waiting:
            await do(item)

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))


@contextlib.asynccontextmanager
async def running_processes(fresh_database: Callable[[str], Awaitable[str]], folder: Path) -> AsyncIterator[Processes]:
    """Fresh databases, and nothing running yet; what runs at the end is stopped."""
    urls = {service: await fresh_database(f"services.{service}") for service in SERVICES}
    made = Processes(urls, dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True)), folder)
    try:
        yield made
    finally:
        made.stop()


@contextlib.asynccontextmanager
async def steering_tax_sandbox(processes: Processes) -> AsyncIterator[Steering]:
    """The hand that steers the authority, as soon as it answers."""
    trust = ssl.create_default_context(cafile=loopback_tls(processes.folder / "tls").ca_file)
    async with steering_of(processes.tax_url, trust) as hand:
        await eventually(lambda: _is_healthy(hand), timeout_seconds=60)
        yield hand


async def _is_healthy(steering: Steering) -> bool:
    try:
        return (await steering.http.get("/healthz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
