"""Serves an ASGI application at a port, with connections that a fault can cut. It knows no route."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.config import ConfigError
from chassis.loop import Loop

HEAD_BYTES_MAX = 32 * 1024
_CONNECTIONS_MAX = 512
_KEEP_ALIVE_SECONDS = 30
_STOP_SECONDS = 5
_EXTENSION = "bihuan.connection"
_log = structlog.get_logger()


@dataclass(slots=True)
class Running:
    """A server that listens at `port` on the host that it was given."""

    port: int
    server: uvicorn.Server
    serving: asyncio.Task[None]
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    stop_loops: asyncio.Event = field(default_factory=asyncio.Event)

    async def stop(self) -> None:
        """Take no more, let calls and turns end, then close."""
        self.stop_loops.set()
        self.server.should_exit = True
        _, late = await asyncio.wait({self.serving, *self.loops}, timeout=_STOP_SECONDS * 2)
        for task in late:
            task.cancel()


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: the certificate with its chain, and its key."""

    cert_file: Path
    key_file: Path


def tls_of(prefix: str, cert_file: str, key_file: str) -> Tls | None:
    """The two files that <prefix>_TLS_CERT_FILE and <prefix>_TLS_KEY_FILE name; None, which is plain HTTP, for neither.

    Raises ConfigError when only one of the two is set.
    """
    if bool(cert_file) != bool(key_file):
        raise ConfigError([f"{prefix}_TLS_CERT_FILE and {prefix}_TLS_KEY_FILE go together: set both or neither"])
    return Tls(Path(cert_file), Path(key_file)) if cert_file else None


async def start(listen: str, app: ASGIApp, loops: Sequence[Loop] = (), tls: Tls | None = None) -> Running:
    """Listen at host:port (port 0 takes a free one) and start the loops; without `tls` it is plain HTTP.

    Raises OSError when the port is taken or a file is not there, and ssl.SSLError when it holds no certificate.
    """
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family)
    # asyncio sets this only on sockets whose protocol was named; without it an answer waits 40 ms for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the application tells the time: its clock can be moved
        ssl_certfile=tls.cert_file if tls else None,
        ssl_keyfile=tls.key_file if tls else None,
        limit_concurrency=_CONNECTIONS_MAX,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    await server.listening.wait()
    running = Running(listener.getsockname()[1], server, serving)
    running.loops = [asyncio.create_task(loop.run(running.stop_loops), name=loop.name) for loop in loops]
    return running


async def until_stopped(running: Running, also: Callable[[], Awaitable[None]]) -> None:
    """Wait for SIGTERM or SIGINT, then stop gracefully; `also` is closed last."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    _log.info("serving", port=running.port)
    await told.wait()
    _log.info("stopping")
    await running.stop()
    await also()


async def cut(scope: Scope, receive: Receive, _: Send) -> None:
    """An answer that is none: the connection ends without a byte. An ASGI application."""
    scope["extensions"][_EXTENSION]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class CuttableProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose requests know their connection, and whose heads are bounded."""

    _in_head = True
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Refuse a head that has not ended when its bound is reached."""
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self.send_400_response("The head is too long.")
            return
        self._head_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Hand the connection on with the request."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}

    def on_headers_complete(self) -> None:
        """The head is read; bodies have a bound of their own."""
        self._in_head = False
        super().on_headers_complete()


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to `until_stopped`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
