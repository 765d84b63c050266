"""The HTTP server: uvicorn beside the gRPC server in one loop, with limits before a request is one. No routes."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_BYTES_MAX = 32 * 1024
_HEAD_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 30
_CONNECTIONS_MAX = 4_096
_STOP_SECONDS = 10
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens at `port` on the host that it was given."""

    port: int
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def stop(self) -> None:
        """Take no more, let requests have their answers, then close."""
        self.server.should_exit = True
        await self.task


async def start(listen: str, application: ASGIApp) -> Running:
    """Listen at host:port; port 0 takes a free one. Raises OSError when the port is taken."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=2_048)
    # Accepted connections inherit it; asyncio sets it only on sockets made for TCP by name, and 40 ms are lost without.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(
        uvicorn.Config(
            application,
            http=_BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    async with asyncio.timeout(_START_SECONDS):
        await server.ready.wait()
    return Running(listener.getsockname()[1], server, task)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, which has a gRPC server to stop too."""
        yield


class _BoundedProtocol(HttpToolsProtocol):
    """Closes connections that are too many, and those whose request line and headers are too long or too slow."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS_MAX:
            transport.close()
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_complete()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_timer is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES_MAX:
                self.send_400_response("Request line and headers are too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_complete()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_bytes = 0
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _head_complete(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
