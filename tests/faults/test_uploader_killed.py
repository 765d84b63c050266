"""SIGKILL of the real uploader, between send and record and at random moments: none lost, none twice."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import grpc
import httpx
import pytest
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2, merchant_pb2, merchant_service_pb2
from bihuan.invoice_sync.v1 import invoice_service_pb2_grpc as invoice_grpc
from bihuan.invoice_sync.v1 import merchant_service_pb2_grpc as merchant_grpc
from bihuan.payments.v1 import payment_service_pb2
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.crypto import new_key_line
from services.invoice_sync.crash import POINTS
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering, steering_of

ROOT = Path(__file__).parents[2]
INVOICES = 20
HELD = 8
NOWHERE = "http://127.0.0.1:1"
# The exit status of a process that died at its crash point, as of one that was killed.
CRASHED = 137
# Half of a lease is the patience of a call: long enough to be killed in, short enough to wait for.
LEASE_SECONDS = 8
HURRY = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "UPLOAD_CONCURRENCY": str(HELD),
    # The gate must not shut before each invoice was tried once.
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
    """payments, invoice_sync and the stand-in authority, each in a process of its own."""

    urls: Mapping[str, str]
    ports: Mapping[str, int]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, service: str, **settings: str) -> None:
        base = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        own = {"LISTEN": self.target(service), "DATABASE_URL": self.urls[service], **settings}
        prefix = f"BIHUAN_{service.upper()}_"
        with (self.logs / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}"],
                cwd=ROOT,
                env=base | {prefix + name: value for name, value in own.items()},
                stdout=log,
                stderr=log,
            )

    def start_invoice_sync(self, tax_url: str = "", **settings: str) -> None:
        tax_url = tax_url or f"http://{self.target('tax_sandbox')}"
        key_file = self.logs / "body.key"
        if not key_file.exists():
            key_file.write_text(f"{new_key_line()}\n", "ascii")
        self.start(
            "invoice_sync",
            BODY_KEY_FILE=str(key_file),
            PAYMENTS_TARGET=self.target("payments"),
            TAX_URL=tax_url,
            **HURRY | settings,
        )

    def end(self, service: str) -> None:
        """Stop a service as an operator does."""
        process = self.running.pop(service)
        process.terminate()
        assert process.wait(timeout=30) == 0, self.last_words(service)

    def target(self, service: str) -> str:
        return f"127.0.0.1:{self.ports[service]}"

    def kill(self, service: str) -> None:
        process = self.running.pop(service)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=10) == -signal.SIGKILL, self.last_words(service)

    def last_words(self, service: str) -> str:
        return (self.logs / f"{service}.log").read_text("utf-8", "replace")[-3000:]

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
async def processes(fresh_database, tmp_path: Path) -> AsyncIterator[Processes]:
    services = ("payments", "invoice_sync", "tax_sandbox")
    urls = {service: await fresh_database(f"services.{service}") for service in services}
    made = Processes(urls, free_ports(services), tmp_path)
    made.start("payments")
    made.start("tax_sandbox", BOOKING_DELAY_SECONDS="0.1")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
async def steering(processes: Processes) -> AsyncIterator[Steering]:
    async with steering_of(f"http://{processes.target('tax_sandbox')}") as hand:
        await eventually(lambda: is_healthy(hand), timeout_seconds=30)
        yield hand


@pytest.mark.timeout(240)
async def test_killing_the_uploader_loses_no_invoice_and_sends_none_twice(processes, steering):
    # Every invoice is due at once, since the authority could not be reached until now.
    processes.start_invoice_sync(tax_url=NOWHERE)
    await set_profile(processes)
    await record_payments(processes, INVOICES)
    await eventually(lambda: all_tried(processes), timeout_seconds=30)
    processes.end("invoice_sync")
    # What failed until now has shut the gate; as it is made anew, all may go at once.
    await execute(processes, "DELETE FROM gate")
    await execute(processes, "UPDATE outbox SET due_at = now()")
    await steering.plan("SLOW_ANSWER", seconds=30, times=HELD)
    processes.start_invoice_sync()

    # Between send and record: the authority has stored these, and holds its answers back.
    await eventually(lambda: has_accepted(steering, HELD), timeout_seconds=30)
    processes.kill("invoice_sync")
    sending = await count_in_state(processes, "SENDING")
    unfinished = await count(
        processes,
        "SELECT count(*) FROM attempt LEFT JOIN attempt_end USING (invoice_id, attempt_no) WHERE end_time IS NULL",
    )

    # And at any moment at all.
    moments = random.Random(20260301)
    for _ in range(2):
        processes.start_invoice_sync()
        await answers(processes)
        await asyncio.sleep(moments.uniform(0, 1.5))
        processes.kill("invoice_sync")
    processes.start_invoice_sync()

    await eventually(lambda: all_booked(processes), timeout_seconds=120)
    book = await steering.book()
    keys = await keys_of_invoices(processes)
    assert (sending, unfinished) == (HELD, HELD)
    assert Counter(row["order_no"] for row in book) == {f"ORDER{no}": 1 for no in range(INVOICES)}
    assert Counter(row["key"] for row in book) == Counter(keys)
    assert {row["status"] for row in book} == {"BOOKED"}
    assert len({row["number"] for row in book}) == INVOICES
    # What was stored when the uploader died was found by asking, not by sending again.
    assert {row["submit_count"] for row in book} == {1}


@pytest.mark.timeout(240)
async def test_no_point_around_a_commit_or_a_call_is_a_bad_one_to_die_at(processes, steering):
    processes.start_invoice_sync()
    await set_profile(processes)
    processes.end("invoice_sync")

    for no, point in enumerate(POINTS):
        # One to send for each death; what the deaths before have left is in the way too, as it would be.
        await record_payments(processes, 1, first=no)
        processes.start_invoice_sync(CRASH_AT=point, LEASE_SECONDS="2")
        process = processes.running.pop("invoice_sync")
        assert await exit_status(process) == CRASHED, point + processes.last_words("invoice_sync")
    processes.start_invoice_sync(LEASE_SECONDS="2")

    async def all_in_books() -> bool:
        return await count_in_state(processes, "BOOKED") == len(POINTS)

    await eventually(all_in_books, timeout_seconds=60)
    book = await steering.book()
    logged = await count(processes, "SELECT count(*) FROM attempt WHERE operation = 'SUBMIT'")
    assert Counter(row["order_no"] for row in book) == {f"ORDER{no}": 1 for no in range(len(POINTS))}
    assert {row["status"] for row in book} == {"BOOKED"}
    # No byte left without a row of the log: what the authority had is never more than what was written down.
    assert sum(row["submit_count"] for row in book) <= logged


async def exit_status(process: "subprocess.Popen[bytes]") -> int | None:
    """What it ended with; None when it goes on living."""
    try:
        return await asyncio.to_thread(process.wait, 30)
    except subprocess.TimeoutExpired:
        process.kill()
        return None


async def set_profile(processes: Processes) -> None:
    profile = merchant_pb2.MerchantProfile(
        merchant_id="city-water",
        issue_policy=invoice_pb2.ISSUE_POLICY_ON_SUCCESS,
        seller_name="武汉水务集团有限公司",
        seller_tax_id=SELLER_TAX_ID,
    )
    async with grpc.aio.insecure_channel(processes.target("invoice_sync")) as channel:
        await merchant_grpc.MerchantServiceStub(channel).SetMerchantProfile(
            merchant_service_pb2.SetMerchantProfileRequest(profile=profile), timeout=30, wait_for_ready=True
        )


async def record_payments(processes: Processes, how_many: int, first: int = 0) -> None:
    pay_time = Timestamp()
    pay_time.GetCurrentTime()
    async with grpc.aio.insecure_channel(processes.target("payments")) as channel:
        payments = payment_grpc.PaymentServiceStub(channel)
        for no in range(first, first + how_many):
            request = payment_service_pb2.RecordPaymentRequest(
                request_id=f"request-{no:04}",
                merchant_id="city-water",
                merchant_order_no=f"ORDER{no}",
                channel="wechat_pay",
                channel_txn_no=f"TXN{no}",
                amount=money_pb2.Money(currency_code="CNY", amount_minor=1_000 + no),
                pay_time=pay_time,
            )
            await payments.RecordPayment(request, timeout=30, wait_for_ready=True)


async def answers(processes: Processes) -> None:
    async with grpc.aio.insecure_channel(processes.target("invoice_sync")) as channel:
        await invoice_grpc.InvoiceServiceStub(channel).SummarizeInvoices(
            invoice_service_pb2.SummarizeInvoicesRequest(), timeout=30, wait_for_ready=True
        )


async def all_tried(processes: Processes) -> bool:
    return await count(processes, "SELECT count(DISTINCT invoice_id) FROM attempt_end") == INVOICES


async def has_accepted(steering: Steering, how_many: int) -> bool:
    return len(await steering.book()) == how_many


async def all_booked(processes: Processes) -> bool:
    return await count_in_state(processes, "BOOKED") == INVOICES


async def count_in_state(processes: Processes, state: str) -> int:
    return await count(processes, "SELECT count(*) FROM standing WHERE sync_state = $1", state)


async def keys_of_invoices(processes: Processes) -> list[str]:
    connection = await asyncpg.connect(processes.urls["invoice_sync"])
    try:
        return [row[0] for row in await connection.fetch("SELECT idempotency_key FROM invoice")]
    finally:
        await connection.close()


async def execute(processes: Processes, statement: str) -> None:
    connection = await asyncpg.connect(processes.urls["invoice_sync"])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def count(processes: Processes, query: str, *values: str) -> int:
    connection = await asyncpg.connect(processes.urls["invoice_sync"])
    try:
        return int(await connection.fetchval(query, *values))
    finally:
        await connection.close()


async def is_healthy(steering: Steering) -> bool:
    try:
        return (await steering.http.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def free_ports(services: tuple[str, ...]) -> dict[str, int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in services]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return dict(zip(services, ports, strict=True))
