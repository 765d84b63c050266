"""The client against answers that our own sandbox would not give: a peer that speaks raw bytes on a real socket."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.clock import ManualClock
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.tax.sandbox import SandboxTaxSystem, Timeouts
from services.invoice_sync.tax.sandbox_answer import RETRY_AFTER_SECONDS_MAX, Seen, read_submit
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID, a_document

DOCUMENT = a_document()
SHA256 = hashlib.sha256(DOCUMENT).hexdigest()
NUMBER = "26422000000000000001"
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
YES = {"number": NUMBER, "accepted_at": "2026-03-01T08:00:00Z", "document_sha256": SHA256, "duplicate": False}
RECORD = {
    "number": NUMBER,
    "key": "inv_1",
    "document_sha256": SHA256,
    "accepted_at": "2026-03-01T08:00:00Z",
    "booked_at": "2026-03-01T08:00:01Z",
    "status": "BOOKED",
}

Peer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def system_before(peer: Peer) -> AsyncIterator[SandboxTaxSystem]:
    """A client whose peer reads a request's head and then does what it is told."""

    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await peer(writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    timeouts = Timeouts(connect_seconds=1, read_seconds=0.5, call_seconds=1.5)
    system = SandboxTaxSystem(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeouts, ManualClock(NOW))
    try:
        yield system
    finally:
        await system.close()
        server.close()
        await asyncio.gather(*served)


def says(status: int, body: object, headers: str = "") -> Peer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def peer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw)
        await writer.drain()

    return peer


def writes(raw: bytes) -> Peer:
    async def peer(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return peer


async def resets(writer: asyncio.StreamWriter) -> None:
    """End by a TCP reset, as a firewall does."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def drips(writer: asyncio.StreamWriter) -> None:
    """A byte a while for ever: no single read is late, the whole is."""
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "peer",
    [
        says(200, b""),
        says(200, b"<html>welcome</html>"),
        says(200, []),
        says(200, b"[" * 60_000),
        says(200, {**YES, "number": NUMBER[:-1]}),
        says(200, {**YES, "number": 26422}),
        says(200, {**YES, "duplicate": "false"}),
        says(200, {**YES, "accepted_at": "yesterday"}),
        says(200, {**YES, "accepted_at": "2026-03-01T08:00:00"}),
        says(200, {**YES, "document_sha256": None}),
        says(200, json.dumps(YES).encode() + b" " * 70_000),
        says(200, gzip.compress(json.dumps(YES).encode()), "Content-Encoding: gzip\r\n"),
        says(202, YES),
        says(302, b"", "Location: /elsewhere\r\n"),
        says(404, {"code": "E4041", "message": "no such route"}),
        says(408, b""),
        says(409, b"conflict, says a proxy"),
        says(422, b"<html>unprocessable, says a proxy</html>"),
        says(500, b""),
        says(504, b"gateway time-out"),
        writes(b"HTTP/1.1 200 X\r\nContent-Length: 900\r\n\r\n{"),
        writes(b"220 mail.example.com ESMTP\r\n"),
        writes(b""),
        resets,
        drips,
    ],
)
async def test_whatever_is_no_answer_of_the_protocol_leaves_a_submit_unknown(peer):
    async with system_before(peer) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert answer.outcome is Outcome.UNKNOWN
    assert answer.invoice_number == ""


async def test_an_echo_of_other_bytes_is_a_mismatch():
    async with system_before(says(200, {**YES, "document_sha256": "0" * 64})) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.document_sha256) == (Outcome.MISMATCH, "0" * 64)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_credential_is_not_received_and_not_hammered(status, spans):
    async with system_before(says(status, {"code": "E4010", "message": "who are you"})) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.http_status, answer.authority_code) == (Outcome.NOT_RECEIVED, status, "E4010")
    assert len(spans.get_finished_spans()) == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_refusal_with_a_code_is_final(status):
    async with system_before(says(status, {"code": "E4130", "message": "no"})) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.authority_code, answer.message) == (Outcome.REJECTED, "E4130", "no")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 12\r\n", 12),
        ("Retry-After: Sun, 01 Mar 2026 08:00:30 GMT\r\n", 30),
        ("Retry-After: Sun, 01 Mar 2026 07:00:00 GMT\r\n", 0),
        ("Retry-After: Sun, 01 Mar 2026 08:00:30 +9999999999\r\n", 0),
        ("Retry-After: 99999999999999999999\r\n", RETRY_AFTER_SECONDS_MAX),
        ("Retry-After: Sun, 01 Mar 2099 08:00:00 GMT\r\n", RETRY_AFTER_SECONDS_MAX),
        ("Retry-After: -5\r\n", 0),
        ("Retry-After: soon\r\n", 0),
        ("", 0),
    ],
)
async def test_retry_after_is_read_as_seconds_and_as_a_date_and_is_bounded(header, seconds):
    async with system_before(says(429, b"", header)) as system:
        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.THROTTLED, seconds)


@pytest.mark.parametrize(
    "peer",
    [
        says(404, {"code": "E4041", "message": "no such route"}),
        says(404, b"<html>not found, says a proxy</html>"),
        says(404, b""),
        says(200, b""),
        says(200, {**RECORD, "key": "inv_2", "number": "26422000000000000002"}),
        says(200, {**RECORD, "status": "LOST"}),
        says(200, {**RECORD, "booked_at": None}),
        says(200, {**RECORD, "status": "PROCESSING"}),
        says(401, {"code": "E4010", "message": "who are you"}),
        says(429, b"", "Retry-After: 5\r\n"),
        says(503, b""),
        resets,
        drips,
    ],
)
async def test_whatever_is_no_answer_of_the_main_book_leaves_a_query_unknown(peer):
    async with system_before(peer) as system:
        by_key = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")
        by_number = await system.query_by_number(ROUTE, NUMBER)

    assert (by_key.outcome, by_number.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_a_query_is_asked_again_when_it_got_no_answer(spans):
    answers = [resets, says(503, b""), says(200, RECORD)]

    async def peer(writer: asyncio.StreamWriter) -> None:
        await answers.pop(0)(writer)

    async with system_before(peer) as system:
        answer = await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert answer.outcome is Outcome.OK
    assert answers == []


async def test_a_connection_that_is_not_made_in_time_is_not_received():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        system = SandboxTaxSystem(f"http://127.0.0.1:{full.getsockname()[1]}", Timeouts(connect_seconds=0.1))

        answer = await system.submit(ROUTE, DOCUMENT, "inv_1")

        await system.close()
        for one in waiting:
            one.close()
    assert answer.outcome is Outcome.NOT_RECEIVED
    assert "ConnectTimeout" in answer.message


async def test_a_call_has_one_deadline_for_all_its_tries():
    loop = asyncio.get_running_loop()
    async with system_before(drips) as system:
        started = loop.time()
        await system.query_by_key(ROUTE, SELLER_TAX_ID, "inv_1")

    assert loop.time() - started < 4


@pytest.mark.parametrize("url", ["", "127.0.0.1:8090", "ftp://example.com", "http://"])
def test_what_is_no_address_is_said_at_the_start(url):
    with pytest.raises(ValueError, match="no address"):
        SandboxTaxSystem(url)


def test_every_status_has_an_outcome():
    def outcome(status: int) -> Outcome:
        body: dict[str, Any] = {"code": "E0000", "message": ""}
        return read_submit(Seen(status, body, b"{}", ""), SHA256).outcome

    assert {outcome(status) for status in range(200, 600)} == {
        Outcome.UNKNOWN,
        Outcome.REJECTED,
        Outcome.THROTTLED,
        Outcome.NOT_RECEIVED,
    }
    assert [status for status in range(200, 600) if outcome(status) is Outcome.REJECTED] == [400, 413, 415, 422]
