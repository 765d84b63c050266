"""SIGKILL under load: what was acknowledged is there after the restart, and nothing is there twice."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import grpc
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc

from tests.payments.builders import a_request

_SECONDS = 30
_ROOT = Path(__file__).parents[2]
_IN_FLIGHT = 32
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
    requests = [a_request() for _ in range(600)]

    first = await Payments.start(url)
    acknowledged = await record_until_killed(first, requests)
    second = await Payments.start(url)
    try:
        answers, changes = await record_again(second, requests)
    finally:
        await second.end(signal.SIGTERM)

    assert _KILL_AFTER <= len(acknowledged) < len(requests)
    kept = {request.request_id: answer.payment.payment_id for request, answer in zip(requests, answers, strict=True)}
    assert {request_id: kept[request_id] for request_id in acknowledged} == acknowledged
    assert all(answer.replayed for answer in answers if answer.payment.payment_id in acknowledged.values())
    assert Counter(change.payment.payment_id for change in changes) == Counter(kept.values())
    assert len(set(kept.values())) == len(requests)
    assert [change.sequence for change in changes] == list(range(1, len(requests) + 1))


async def record_until_killed(service: Payments, requests: list[pb.RecordPaymentRequest]) -> dict[str, str]:
    """The payment of each request that was acknowledged before the service was killed in the midst of others."""
    acknowledged: dict[str, str] = {}
    left = iter(requests)

    async with grpc.aio.insecure_channel(service.target) as channel:
        stub = payment_grpc.PaymentServiceStub(channel)

        async def caller() -> None:
            for request in left:
                answer = await stub.RecordPayment(request, timeout=_SECONDS)
                acknowledged[request.request_id] = answer.payment.payment_id
                if len(acknowledged) == _KILL_AFTER:
                    service.process.send_signal(signal.SIGKILL)

        ended = await asyncio.gather(*(caller() for _ in range(_IN_FLIGHT)), return_exceptions=True)
    await service.end(signal.SIGKILL)
    assert any(isinstance(one, grpc.aio.AioRpcError) for one in ended), "nothing was in flight when it was killed"
    return acknowledged


async def record_again(service: Payments, requests: list[pb.RecordPaymentRequest]) -> tuple[list, list]:
    """What the service answers to all of them now, and all that its feed tells."""
    async with grpc.aio.insecure_channel(service.target) as channel:
        stub = payment_grpc.PaymentServiceStub(channel)
        answers = []
        for at in range(0, len(requests), 100):  # within what a server takes at once
            calls = [stub.RecordPayment(request, timeout=_SECONDS) for request in requests[at : at + 100]]
            answers += await asyncio.gather(*calls)
        stream = feed_grpc.PaymentFeedServiceStub(channel).StreamPaymentChanges(
            feed_pb.StreamPaymentChangesRequest(), timeout=_SECONDS
        )
        changes = [change async for answer in stream for change in answer.changes]
    return answers, changes
