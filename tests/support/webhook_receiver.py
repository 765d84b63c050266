"""An HTTPS server as an integrator has one, on a real socket: it keeps what came, and answers as it is told."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

NAME = "hooks.example.com"


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer` makes the whole HTTP answer of a request; None answers never. `got` is what came, in order."""

    port: int
    ca_file: str
    scheme: str = "https"
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], bytes | None] = lambda got: http_answer(204)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{NAME}:{self.port}/hooks"

    def ids(self) -> list[str]:
        return [one.event_id for one in self.got]


def http_answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextlib.asynccontextmanager
async def running_receiver(
    folder: Path, *, names: tuple[str, ...] = (NAME, "localhost"), tls: bool = True
) -> AsyncIterator[Receiver]:
    """A receiver on 127.0.0.1 whose certificate is for `names`."""
    authority = trustme.CA()
    ca_file = folder / "receiver_ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    receiver = Receiver(0, str(ca_file), "https" if tls else "http")
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            got = await _read(reader)
            receiver.got.append(got)
            answer = receiver.answer(got)
            if answer is None:
                await reader.read()  # until the other side lets go
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()
        open_ones.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context if tls else None)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for writer in list(open_ones):
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Got:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Got(head[0].split(" ")[1], headers, body)
