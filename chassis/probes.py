"""Answers whether a process lives and takes calls, over plain HTTP: for who runs it and has no certificate to show.

Kubernetes' own gRPC probes speak no mutual TLS. Nothing else is told here, and nothing can be asked for.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from chassis.config import check_listen, read_config, setting

PREFIX = "BIHUAN_PROBES"
_HEAD_BYTES_MAX = 4_096
_SECONDS = 5.0
_AT_ONCE_MAX = 16
_ANSWER = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_SERVING, _NOT_SERVING = b"200 OK", b"503 Service Unavailable"


def _check_listen(address: str) -> None:
    if address:
        check_listen(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesConfig:
    """BIHUAN_PROBES_LISTEN is host:port for probes; empty for none."""

    listen: str = setting("", check=_check_listen)


def of_environment(environ: Mapping[str, str] = os.environ) -> ProbesConfig:
    """What the environment says. Raises ConfigError."""
    return read_config(ProbesConfig, PREFIX, environ)


class Probes:
    """GET /livez is 200 while this loop turns, GET /readyz while `is_ready`, and 503 else; all other paths are 404."""

    def __init__(self, is_ready: Callable[[], Awaitable[bool]]) -> None:
        self._is_ready = is_ready
        self._open_count = 0
        self._unasked: dict[asyncio.StreamWriter, None] = {}
        self._server: asyncio.Server | None = None

    async def start(self, listen: str) -> int:
        """Listen at host:port (port 0 takes a free one), whose port this returns. Raises OSError when it is taken."""
        host, _, port = listen.rpartition(":")
        self._server = await asyncio.start_server(
            self._served, host.strip("[]") or None, int(port), limit=_HEAD_BYTES_MAX
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open_count += 1
        self._unasked[writer] = None
        if self._open_count > _AT_ONCE_MAX:
            # Whoever asks does so at once: the one that has been silent for longest is no probe.
            silent = next(iter(self._unasked))
            del self._unasked[silent]
            silent.transport.abort()
        try:
            # Whoever sends no head, or too long a one, too slowly or none at all, is not answered.
            with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                    self._unasked.pop(writer, None)
                    writer.write(_ANSWER % await self._status(head))
                    await writer.drain()
        finally:
            self._open_count -= 1
            self._unasked.pop(writer, None)
            writer.close()

    async def _status(self, head: bytes) -> bytes:
        match head.partition(b"\r\n")[0].split(b" "):
            case [b"GET", b"/livez", _]:
                return _SERVING
            case [b"GET", b"/readyz", _]:
                return _SERVING if await self._is_ready() else _NOT_SERVING
            case _:
                return b"404 Not Found"
