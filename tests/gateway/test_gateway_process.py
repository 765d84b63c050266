"""The gateway as a process, and what its HTTP server does with callers who are not honest."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import server
from chassis.free_ports import free_ports
from services.gateway import connection
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]


async def _process(**settings: str) -> asyncio.subprocess.Process:
    ours = {f"BIHUAN_GATEWAY_{name}": value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.gateway",
        cwd=ROOT,
        env={**kept, **ours, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}"},
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_serves_both_ways_and_stops_when_told_to(fresh_database, tmp_path):
    rpc, http = free_ports(2)
    process = await _process(
        DATABASE_URL=await fresh_database("services.gateway"),
        LISTEN=f"127.0.0.1:{rpc}",
        HTTP_LISTEN=f"127.0.0.1:{http}",
        ADMIN_KEY_FILE=str(tmp_path / "admin.key"),
        PAYMENTS_TARGET="127.0.0.1:1",
        RECONCILER_TARGET="127.0.0.1:1",
        INVOICE_SYNC_TARGET="127.0.0.1:1",
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http}", trust_env=False, timeout=30) as caller:

        async def answers():
            assert process.returncode is None, "the gateway ended"
            try:
                return (await caller.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers)
        token = (tmp_path / "admin.key").read_text("ascii").strip()
        system = await caller.get("/v1/system", headers={"authorization": f"Bearer {token}"})
        down = await caller.get("/v1/payments/pay_1", headers={"authorization": f"Bearer {token}"})
    async with grpc.aio.insecure_channel(f"127.0.0.1:{rpc}") as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 60)

    assert [service["serving"] for service in system.json()["services"]] == [False, False, False]
    assert (down.status_code, down.json()["reason"]) == (503, "UNAVAILABLE")
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    assert process.returncode == 0
    assert token.encode() not in errors


async def test_a_configuration_that_does_not_read_is_told_whole_and_ends_with_2():
    process = await _process(LISTENN="127.0.0.1:1", CALL_TIMEOUT_SECONDS="soon")
    _, errors = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode == 2
    for name in (b"BIHUAN_GATEWAY_DATABASE_URL", b"BIHUAN_GATEWAY_LISTENN", b"BIHUAN_GATEWAY_CALL_TIMEOUT_SECONDS"):
        assert name in errors


async def _raw(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(65536), 60)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_headers_without_end_close_the_connection(peer):
    piece = b"x-a: " + b"a" * 8_000 + b"\r\n"

    answer = await _raw(peer.gateway.outside.port, b"GET / HTTP/1.1\r\nhost: h\r\n", *[piece] * 50)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


async def test_a_head_that_comes_too_slowly_closes_the_connection(peer, monkeypatch):
    monkeypatch.setattr(connection, "_HEAD_SECONDS", 0.2)

    silent = await _raw(peer.gateway.outside.port)
    half = await _raw(peer.gateway.outside.port, b"GET /healthz HTTP/1.1\r\nhos")

    assert (silent, half) == (b"", b"")


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET /v1/\xff HTTP/1.1\r\nhost: h\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nhost: h\r\n\r\n",
        b"POST /v1/payments HTTP/1.1\r\nhost: h\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/payments HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n",
        b"GET /healthz%00 HTTP/1.1\r\nhost: h\r\n\r\n",
    ],
)
async def test_what_is_not_a_request_is_refused_and_the_server_lives_on(peer, text):
    answer = await _raw(peer.gateway.outside.port, text)

    assert answer == b"" or answer.split()[1] in (b"400", b"404", b"405"), answer
    assert (await peer.plain.get("/healthz")).status_code == 200


async def test_a_stop_lets_a_call_have_its_answer(upstream, peer):
    release = asyncio.Event()

    async def slow(request: object, context: server.RpcContext):
        await release.wait()
        return upstream_answer()

    def upstream_answer():
        from bihuan.payments.v1 import payment_service_pb2  # noqa: PLC0415

        return payment_service_pb2.GetPaymentResponse()

    upstream.answers["GetPayment"] = slow
    call = asyncio.create_task(peer.plain.get("/v1/payments/pay_1"))
    await eventually(lambda: upstream.calls)
    stopping = asyncio.create_task(peer.gateway.outside.stop())
    release.set()

    assert (await call).status_code == 200
    await asyncio.wait_for(stopping, 60)
