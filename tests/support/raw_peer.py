"""A peer of the tax client that speaks raw bytes on a real socket, to give answers that no sandbox would give."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from chassis.clock import ManualClock
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import Timeouts

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

Peer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def system_before(peer: Peer, heads: list[str] | None = None, **how: Any) -> AsyncIterator[SandboxTaxSystem]:
    """A client whose peer reads a request's head, keeps it in `heads`, and then does what it is told."""

    served: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if heads is not None:
                heads.append(head.decode())
            await peer(writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    timeouts = Timeouts(connect_seconds=3, read_seconds=1.5, call_seconds=3)
    system = SandboxTaxSystem(
        f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeouts, ManualClock(NOW), **how
    )
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
