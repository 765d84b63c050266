"""SIGKILL under load: what was acknowledged is there after the restart, and nothing is there twice."""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import grpc
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from sqlalchemy import text

from chassis import database
from tests.payments.builders import a_request

_SECONDS = 60
_ROOT = Path(__file__).parents[2]
_IN_FLIGHT = 32
_BATCHES_IN_FLIGHT = 4
_KILL_AFTER = 60


class Payments:
    """The service as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.target = f"127.0.0.1:{port}"

    @classmethod
    async def start(cls, url: str) -> "Payments":
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        settings = {"BIHUAN_PAYMENTS_LISTEN": "127.0.0.1:0", "BIHUAN_PAYMENTS_DATABASE_URL": url}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.payments",
            env={**environ, **settings},
            cwd=_ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        told = json.loads(await asyncio.wait_for(process.stderr.readline(), _SECONDS))
        return cls(process, told["port"])

    async def end(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.communicate(), _SECONDS)


async def test_a_kill_under_load_loses_no_acknowledged_payment_and_doubles_none(fresh_database):
    url = await fresh_database("services.payments")
    load = Load([a_request() for _ in range(600)], [[a_request() for _ in range(20)] for _ in range(120)])

    first = await Payments.start(url)
    acknowledged = await record_until_killed(first, load)
    second = await Payments.start(url)
    try:
        kept = await read_payments(url)
        answers, changes = await record_again(second, load)
    finally:
        await second.end(signal.SIGTERM)

    assert acknowledged.items() <= kept.items(), "what was acknowledged is there before anybody asks again"
    assert {len(kept.keys() & orders_of(batch)) for batch in load.batches} == {0, 20}, "a batch is there whole or not"
    ids = {answer.payment.merchant_order_no: answer.payment.payment_id for answer in answers}
    assert kept.items() <= ids.items(), "who asks again gets the payment that is there"
    assert {answer.payment.merchant_order_no for answer in answers if answer.replayed} == kept.keys()
    assert await read_payments(url) == ids
    assert ids.keys() == orders_of(load.all)
    assert Counter(change.payment.payment_id for change in changes) == Counter(ids.values())
    assert [change.sequence for change in changes] == list(range(1, len(load.all) + 1))


@dataclass(frozen=True)
class Load:
    """What many callers send at once: payments one by one, and batches."""

    single: list[pb.RecordPaymentRequest]
    batches: list[list[pb.RecordPaymentRequest]]

    @property
    def all(self) -> list[pb.RecordPaymentRequest]:
        return [*self.single, *itertools.chain(*self.batches)]


async def record_until_killed(service: Payments, load: Load) -> dict[str, str]:
    """The payments that were acknowledged, by order number, before the service was killed in the midst of others."""
    singly: dict[str, str] = {}
    in_batches: dict[str, str] = {}
    single, batches = iter(load.single), iter(load.batches)

    def kill_when_enough() -> None:
        if len(singly) >= _KILL_AFTER and len(in_batches) >= _KILL_AFTER:
            service.process.send_signal(signal.SIGKILL)

    async with grpc.aio.insecure_channel(service.target) as channel:
        stub = payment_grpc.PaymentServiceStub(channel)

        async def caller() -> None:
            for request in single:
                answer = await stub.RecordPayment(request, timeout=_SECONDS)
                singly[request.merchant_order_no] = answer.payment.payment_id
                kill_when_enough()

        async def caller_of_batches() -> None:
            for batch in batches:
                asked = pb.BatchCreatePaymentsRequest(payments=batch)
                answer = await stub.BatchCreatePayments(asked, timeout=_SECONDS)
                told = zip(batch, answer.results, strict=True)
                in_batches.update({each.merchant_order_no: result.payment.payment_id for each, result in told})
                kill_when_enough()

        callers = [*(caller() for _ in range(_IN_FLIGHT)), *(caller_of_batches() for _ in range(_BATCHES_IN_FLIGHT))]
        ended = await asyncio.gather(*callers, return_exceptions=True)
    await service.end(signal.SIGKILL)
    assert min(len(singly), len(in_batches)) >= _KILL_AFTER, "it was killed, and did not end by itself"
    # Each caller had a call under way when it was killed: none had come to the end of what there was to send.
    codes = [one.code() if isinstance(one, grpc.aio.AioRpcError) else one for one in ended]
    assert codes == [grpc.StatusCode.UNAVAILABLE] * len(callers)
    return singly | in_batches


async def record_again(service: Payments, load: Load) -> tuple[list, list]:
    """What the service answers to all of them now, and all that its feed tells."""
    async with grpc.aio.insecure_channel(service.target) as channel:
        stub = payment_grpc.PaymentServiceStub(channel)
        answers = []
        for at in range(0, len(load.single), 100):  # within what a server takes at once
            calls = [stub.RecordPayment(request, timeout=_SECONDS) for request in load.single[at : at + 100]]
            answers += await asyncio.gather(*calls)
        for batch in load.batches:
            asked = pb.BatchCreatePaymentsRequest(payments=batch)
            answers += (await stub.BatchCreatePayments(asked, timeout=_SECONDS)).results
        stream = feed_grpc.PaymentFeedServiceStub(channel).StreamPaymentChanges(
            feed_pb.StreamPaymentChangesRequest(), timeout=_SECONDS
        )
        changes = [change async for answer in stream for change in answer.changes]
    return answers, changes


async def read_payments(url: str) -> dict[str, str]:
    """Every row there is, by order number, past the service; no order number has two."""
    engine = database.connect(url, "test")
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT merchant_order_no, payment_id FROM payments"))).all()
    await engine.dispose()
    kept = {row.merchant_order_no: row.payment_id for row in rows}
    assert len(kept) == len(rows)
    return kept


def orders_of(requests: Iterable[pb.RecordPaymentRequest]) -> set[str]:
    return {request.merchant_order_no for request in requests}
