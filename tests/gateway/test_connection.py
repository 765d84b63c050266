"""What a connection may send behind a request and instead of its end: it is bounded, and none of it is a header."""

import asyncio
import json

import pytest

from services.gateway import connection
from tests.support.eventually import eventually

PAYMENT = {
    "merchantId": "m_1",
    "merchantOrderNo": "1",
    "channel": "c",
    "channelTxnNo": "1",
    "amount": {"currencyCode": "CNY", "amountMinor": "1"},
    "payTime": "2026-03-01T10:00:00Z",
}


async def _open(peer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)


def _head(*lines: str) -> bytes:
    return "\r\n".join(["POST /v1/payments HTTP/1.1", "host: x", "transfer-encoding: chunked", *lines, "", ""]).encode()


async def test_what_stands_behind_a_body_is_no_header(start_peer, upstream):
    """Else a caller could say past its proxy who it is and from where."""
    async with start_peer(trusted_proxies="127.0.0.0/8") as peer:
        reader, writer = await _open(peer)
        body = json.dumps(PAYMENT).encode()
        behind = b"authorization: Bearer %b\r\nx-forwarded-for: 203.0.113.9\r\n" % peer.admin_token.encode()
        writer.write(_head("idempotency-key: trailer-1") + b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, behind))

        status = await reader.readline()
        writer.close()

    assert status.split()[1] == b"401"
    assert upstream.calls == []


@pytest.mark.parametrize("endless", [b"x: y\r\n", b"y"], ids=["many", "one"])
async def test_trailers_without_end_are_cut_off(peer, endless):
    reader, writer = await _open(peer)
    writer.write(_head() + b"2\r\n{}\r\n0\r\nx: ")

    async def is_cut_off() -> bool:
        writer.write(endless * 2_000)
        try:
            await writer.drain()
        except ConnectionError:
            return True
        return reader.at_eof()

    async with asyncio.timeout(60):
        reading = asyncio.create_task(reader.read())
        await eventually(is_cut_off)
        reading.cancel()
    writer.close()


async def test_who_has_its_answer_and_never_ends_its_body_loses_the_connection(peer, monkeypatch):
    monkeypatch.setattr(connection, "_LINGER_SECONDS", 0.2)
    reader, writer = await _open(peer)
    writer.write(_head("content-encoding: gzip", f"authorization: Bearer {peer.admin_token}") + b"2\r\n{}\r\n")

    async with asyncio.timeout(60):
        told = await reader.read()
    writer.close()

    assert told.startswith(b"HTTP/1.1 415")


async def test_a_body_that_ends_late_keeps_its_connection(peer):
    reader, writer = await _open(peer)
    asked = _head("content-encoding: gzip", f"authorization: Bearer {peer.admin_token}")
    for _ in range(2):
        writer.write(asked + b"2\r\n{}\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 415")
        writer.write(b"2\r\n{}\r\n0\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.partition(b":")[2]) for line in head.splitlines() if line.startswith(b"content-length"))
        await reader.readexactly(length)
    writer.close()
