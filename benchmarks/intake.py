"""Recording payments through the real service, against the same rows put in by hand, a transaction each."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uuid_utils
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from bihuan.type.v1.money_pb2 import Money
from google.protobuf.timestamp_pb2 import Timestamp

from benchmarks.metric import Metric
from chassis import channel
from cli.addresses import Addresses
from cli.certificates import inner_tls
from cli.stack import running_stack

SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]
IN_FLIGHT = 32
CONNECTIONS = 8
_TABLES = """
    CREATE SCHEMA IF NOT EXISTS bare;
    CREATE TABLE IF NOT EXISTS bare.payments (id text PRIMARY KEY, order_no text UNIQUE, amount bigint, at timestamptz);
    CREATE TABLE IF NOT EXISTS bare.requests (id text PRIMARY KEY, payment text);
    CREATE TABLE IF NOT EXISTS bare.feed (id bigserial PRIMARY KEY, payment text);
"""


def measure(*, quick: bool) -> list[Metric]:
    """Payments a second by gRPC, and the share of the bare inserts' speed; both sides in turns in one run."""
    count, rounds = (200, 1) if quick else (2_000, 5)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, running_stack(Path(folder)) as stack:
        ours, bare = [], []
        for _ in range(rounds):
            ours.append(asyncio.run(_by_grpc(stack.addresses, count)))
            bare.append(asyncio.run(_by_hand(stack.addresses, count)))
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    rival = f"asyncpg: payment, request and feed row by hand, a transaction each, {CONNECTIONS} connections"
    return [
        Metric("intake_payments_per_second", statistics.median(ours), "payments/s", "-"),
        Metric("intake_ratio_to_bare_inserts", ratio, "ratio", rival),
    ]


async def _by_grpc(addresses: Addresses, count: int) -> float:
    known = inner_tls(Path(addresses.inner_tls_folder))["gateway"]
    async with channel.connect(addresses.targets["payments"], [SERVICE], 30, known) as opened:
        stub = payment_service_pb2_grpc.PaymentServiceStub(opened)

        async def record() -> None:
            await stub.RecordPayment(_request(uuid_utils.uuid7().hex))

        return await _rate(record, count)


async def _by_hand(addresses: Addresses, count: int) -> float:
    async with asyncpg.create_pool(
        addresses.database_urls["payments"], min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        await pool.execute(_TABLES)

        async def insert() -> None:
            number = uuid_utils.uuid7().hex
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("INSERT INTO bare.payments VALUES ($1, $1, 1, now())", number)
                await connection.execute("INSERT INTO bare.requests VALUES ($1, $1)", number)
                await connection.execute("INSERT INTO bare.feed (payment) VALUES ($1)", number)

        return await _rate(insert, count)


async def _rate(once: Callable[[], Awaitable[None]], count: int) -> float:
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await once()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - began)


def _request(number: str) -> payment_service_pb2.RecordPaymentRequest:
    pay_time = Timestamp()
    pay_time.FromDatetime(datetime(2026, 3, 1, 4, tzinfo=UTC))
    return payment_service_pb2.RecordPaymentRequest(
        request_id=number,
        merchant_id="bench",
        merchant_order_no=number,
        channel="wechat_pay",
        channel_txn_no=number,
        amount=Money(currency_code="CNY", amount_minor=100),
        pay_time=pay_time,
    )
