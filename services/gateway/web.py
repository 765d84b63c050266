"""The HTTP server: uvicorn beside the gRPC server in one loop. No routes."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from services.gateway.connection import Connection
from services.gateway.peers import Peers
from services.gateway.quick import Quick

_KEEP_ALIVE_SECONDS = 30
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


async def start(listen: str, application: ASGIApp, quick: Quick, peers: Peers) -> Running:
    """Listen at host:port; port 0 takes a free one. Raises OSError when the port is taken.

    The application answers every request that is not for the quick way.
    """
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=2_048)
    # Accepted connections inherit it; asyncio sets it only on sockets made for TCP by name, and 40 ms are lost without.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(
        uvicorn.Config(
            application,
            http=cast("type[asyncio.Protocol]", functools.partial(Connection, quick, peers)),
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
