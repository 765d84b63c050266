"""The service as a process of its own, and what is left of a call when a connection dies."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import channel
from tests.payments.builders import NOTHING, a_payment, a_request, take_in

_SECONDS = 60
_ROOT = Path(__file__).parents[2]


async def start(**settings: str) -> asyncio.subprocess.Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.payments",
        env={**environ, **settings},
        cwd=_ROOT,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_process_serves_traces_and_stops_when_it_is_told(fresh_database, tmp_path):
    url = await fresh_database("services.payments")
    process = await start(
        BIHUAN_PAYMENTS_LISTEN="127.0.0.1:0",
        BIHUAN_PAYMENTS_DATABASE_URL=url,
        BIHUAN_PAYMENTS_TRACES=f"file:{tmp_path}",
    )
    try:
        told = json.loads(await asyncio.wait_for(process.stderr.readline(), _SECONDS))
        services = list(pb.DESCRIPTOR.services_by_name.values())
        connected = channel.connect(f"127.0.0.1:{told['port']}", services, timeout_seconds=_SECONDS)
        answer = await payment_grpc.PaymentServiceStub(connected).RecordPayment(a_request())
        await connected.close()
        process.send_signal(signal.SIGTERM)
        _, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0
    traces = "".join(file.read_text() for file in tmp_path.iterdir())
    assert '"record_payment"' in traces
    assert answer.payment.payment_id in traces
    assert "王小明" not in traces


async def test_a_process_without_a_database_says_so_and_ends():
    process = await start(BIHUAN_PAYMENTS_LISTN="127.0.0.1:0")

    _, words = await asyncio.wait_for(process.communicate(), _SECONDS)

    assert process.returncode == 2
    assert "BIHUAN_PAYMENTS_DATABASE_URL is not set" in words.decode()
    assert "did you mean BIHUAN_PAYMENTS_LISTEN?" in words.decode()


async def test_a_connection_that_dies_before_the_commit_burns_no_key(system):
    request = a_request()
    lost = a_payment(merchant_order_no=request.merchant_order_no)

    async with system.sessions() as session:
        await take_in(session, lost, request.request_id)
        with pytest.raises(DBAPIError):
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await session.invalidate()
    left = await system.row_counts()
    answer = await system.payments.RecordPayment(request)

    assert left == NOTHING
    assert not answer.replayed
