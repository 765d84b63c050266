"""Single calls and batches through the real server, each contestant a process of its own on the same database."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import psutil
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks.payments.load import Loaded, Template, load

UNARY = "/bihuan.payments.v1.PaymentService/RecordPayment"
BATCH = "/bihuan.payments.v1.PaymentService/BatchCreatePayments"
BATCH_SIZE = 500
_BATCHES_IN_FLIGHT = 4
DIGITS = b"7777777777"
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Calls of one contestant at one load, and their cost: CPU of server and database, in microseconds a payment."""

    loaded: Loaded
    server_us: float
    database_us: float
    per_second: float

    @property
    def cpu_us(self) -> float:
        """Of both."""
        return self.server_us + self.database_us


class Contestant:
    """A contestant that serves. `numbers` never repeat, so each call is a new payment."""

    def __init__(self, name: str, url: str, port: int, process: "subprocess.Popen[str]") -> None:
        self.name = name
        self._url = url
        self._port = port
        self._process = process

    async def unary(self, numbers: range, in_flight: int) -> Measured:
        """Single calls, so many at once."""
        return await self._measured(Template(UNARY, a_request(DIGITS).SerializeToString(), DIGITS), numbers, in_flight)

    async def batches(self, numbers: range) -> Measured:
        """The same payments in batches; a batch for each number."""
        payments = [a_request(DIGITS, b"-%03d" % place) for place in range(BATCH_SIZE)]
        message = pb.BatchCreatePaymentsRequest(payments=payments).SerializeToString()
        return await self._measured(Template(BATCH, message, DIGITS), numbers, _BATCHES_IN_FLIGHT, BATCH_SIZE)

    async def _measured(self, template: Template, numbers: range, in_flight: int, payments_a_call: int = 1) -> Measured:
        backends = await database_processes(self._url)
        server = [psutil.Process(self._process.pid)]
        before = cpu_seconds(server), cpu_seconds(backends)
        loaded = await load(self._port, template, numbers, in_flight)
        after = cpu_seconds(server), cpu_seconds(backends)
        if loaded.failed_count:
            raise RuntimeError(f"{self.name} failed {loaded.failed_count} calls: its figure would be of work not done")
        count = len(numbers) * payments_a_call
        server_us, database_us = ((b - a) / count * 1e6 for a, b in zip(before, after, strict=True))
        return Measured(loaded, server_us, database_us, count / loaded.seconds)


@contextlib.contextmanager
def serving(name: str, url: str) -> Iterator[Contestant]:
    """The contestant, from its start to its end. Raises RuntimeError when it does not start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.payments.server", name, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} did not start")
        yield Contestant(name, url, int(line), process)
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


async def stored_count(url: str) -> int:
    """How many payments the database holds."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM payments"))
    finally:
        await connection.close()


async def database_processes(url: str) -> list[psutil.Process]:
    """The server's processes, of which each connection has one; those that began and ended in between do not count."""
    connection = await asyncpg.connect(url)
    try:
        pids = [row[0] for row in await connection.fetch("SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL")]
    finally:
        await connection.close()
    processes = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    return processes


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """What they have used so far, all together."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def a_request(digits: bytes, place: bytes = b"-000") -> pb.RecordPaymentRequest:
    """A payment whose numbers have the digits in them."""
    number = (digits + place).decode()
    pay_time = Timestamp()
    pay_time.FromDatetime(datetime(2026, 3, 1, 4, tzinfo=UTC))
    return pb.RecordPaymentRequest(
        request_id=f"request-{number}",
        merchant_id="wuhan-water",
        merchant_order_no=f"ORDER-{number}",
        bill_no=f"BILL-{number}",
        channel="wechat_pay",
        channel_txn_no=f"42000{number}",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=12_30),
        pay_time=pay_time,
        payer_name="王小明",
    )
