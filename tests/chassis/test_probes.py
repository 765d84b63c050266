"""Probes without a certificate: who lives, who takes calls, and nothing more."""

import asyncio

import pytest

from chassis import probes, server
from chassis.config import ConfigError
from cli.certificates import inner_tls


async def _raw(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(4_096), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def _status(port: int, path: str, verb: str = "GET") -> int:
    answer = await _raw(port, f"{verb} {path} HTTP/1.1\r\nhost: pod\r\n\r\n".encode())
    return int(answer.split()[1])


@pytest.fixture
async def running(monkeypatch, tmp_path):
    """A server that takes calls by mutual TLS alone, beside its probes."""
    known = inner_tls(tmp_path)["payments"]
    with monkeypatch.context() as patched:
        patched.setenv("BIHUAN_PROBES_LISTEN", "127.0.0.1:0")
        for name in ("cert_file", "key_file", "ca_file"):
            patched.setenv(f"BIHUAN_TLS_{name.upper()}", getattr(known, name))
        one = await server.start("127.0.0.1:0", [], callers=("gateway",))
    yield one
    await one.stop()


async def test_who_shows_no_certificate_learns_whether_calls_are_taken(running):
    serving = [await _status(running.probes_port, path) for path in ("/livez", "/readyz")]
    await running.health.enter_graceful_shutdown()
    stopping = [await _status(running.probes_port, path) for path in ("/livez", "/readyz")]

    assert serving == [200, 200]
    assert stopping == [200, 503]


async def test_nothing_else_is_told(running):
    others = [await _status(running.probes_port, path) for path in ("/", "/readyz?x=1", "/metrics", "/livez/..")]

    assert others == [404] * 4
    assert await _status(running.probes_port, "/livez", "POST") == 404


@pytest.mark.parametrize(
    "sent", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET " + b"a" * 70_000 + b"\r\n\r\n", b"\x16\x03\x01\r\n\r\n"]
)
async def test_what_is_no_request_harms_nobody(running, sent):
    answer = await _raw(running.probes_port, sent)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 404")
    assert await _status(running.probes_port, "/livez") == 200


async def test_who_sends_nothing_loses_the_connection(running, monkeypatch):
    monkeypatch.setattr(probes, "_SECONDS", 0.1)

    assert await _raw(running.probes_port, b"GET /livez") == b""


async def test_more_at_once_than_there_are_places_are_not_answered(running, monkeypatch):
    monkeypatch.setattr(probes, "_AT_ONCE_MAX", 0)

    assert await _raw(running.probes_port, b"GET /livez HTTP/1.1\r\n\r\n") == b""


async def test_connections_that_ask_nothing_keep_no_probe_out(running):
    idle = [await asyncio.open_connection("127.0.0.1", running.probes_port) for _ in range(40)]
    idle[-1][1].write(b"GET /livez")
    try:
        answered = [await _status(running.probes_port, path) for path in ("/livez", "/readyz")]
        dropped = await asyncio.gather(*(_is_dropped(reader) for reader, _ in idle[:20]))
    finally:
        for _, writer in idle:
            writer.close()

    assert answered == [200, 200]
    assert all(dropped)


async def _is_dropped(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), 30) == b""
    except ConnectionError:
        return True


def test_a_setting_that_is_no_address_is_told_by_name():
    assert probes.of_environment({}).listen == ""
    with pytest.raises(ConfigError, match="BIHUAN_PROBES_LISTEN must be host:port"):
        probes.of_environment({"BIHUAN_PROBES_LISTEN": "8086"})
