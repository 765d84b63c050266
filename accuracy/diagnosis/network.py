"""The wire between invoice_sync and the authority, which can be cut where it hurts. It changes no byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5.0


class Network:
    """Carries bytes to a port of this machine. `on_close` is awaited before a request to close a session goes on.

    While `is_cut_at_close` is set, those requests and all that ask for a session lose their connection.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self.url = ""
        self.is_cut_at_close = False
        self.on_close: Callable[[], Awaitable[None]] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, port: int) -> "AsyncIterator[Network]":
        """Listen on a free port while the block lasts."""
        made = cls(port)
        server = await asyncio.start_server(made._carry, "127.0.0.1", 0)
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield made
        finally:
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_CONNECT_SECONDS):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        back = asyncio.create_task(_pump(far_reader, writer))
        try:
            while chunk := await reader.read(_CHUNK):
                if not await self._may_pass(chunk):
                    break
                far_writer.write(chunk)
                await far_writer.drain()
        except ConnectionError:
            pass
        finally:
            back.cancel()
            for each in (writer, far_writer):
                each.close()

    async def _may_pass(self, chunk: bytes) -> bool:
        head = chunk.partition(b"\r\n")[0]
        closes = head.startswith(b"POST") and b"/close " in head
        if closes and self.on_close is not None:
            await self.on_close()
        asks = head.startswith(b"GET") and b"/v1/sessions/" in head
        return not (self.is_cut_at_close and (closes or asks))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
