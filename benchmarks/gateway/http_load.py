"""A load generator for one HTTP/1.1 route: requests made once, a connection for each that is in flight.

As lean as can be, since it shares the cores with what is measured. Each request differs from the template in its
digits only. A call has succeeded when its status is 200.
"""

import asyncio
import functools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from benchmarks.payments.load import Loaded

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_SUCCESS = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class HttpTemplate:
    """A whole request in which `digits`, wherever they stand, are replaced by the number of the call."""

    request: bytes
    digits: bytes

    def __post_init__(self) -> None:
        assert self.digits in self.request, "nothing would differ between two requests"

    def numbered(self, number: int) -> bytes:
        """The request of that number, as long as every other."""
        return self.request.replace(self.digits, b"%0*d" % (len(self.digits), number))


def template(path: str, headers: dict[str, str], body: bytes, digits: bytes) -> HttpTemplate:
    """The template of a POST."""
    given = headers | {"host": "localhost", "content-type": "application/json", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return HttpTemplate(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body, digits)


async def load(port: int, made: HttpTemplate, numbers: range, in_flight: int) -> Loaded:
    """Send a request for each number, with so many in flight at once. Raises ConnectionError when one hangs up."""
    left = iter(numbers)
    connections = []
    for _ in range(in_flight):
        make = functools.partial(_Connection, made, left)
        _, one = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
        connections.append(one)
    began = time.perf_counter()
    for each in connections:
        each.next()
    try:
        await asyncio.gather(*(each.done for each in connections))
    finally:
        for each in connections:
            each.close()
    seconds = time.perf_counter() - began
    latencies = [latency for each in connections for latency in each.latencies]
    return Loaded(seconds, latencies, sum(each.failed_count for each in connections))


@dataclass(slots=True, eq=False)
class _Connection(asyncio.Protocol):
    """One request after the other, until no number is left."""

    made: HttpTemplate
    left: Iterator[int]
    latencies: list[float] = field(default_factory=list)
    failed_count: int = 0
    done: "asyncio.Future[None]" = field(init=False)
    _transport: asyncio.Transport = field(init=False)
    _began: float = 0.0
    _buffer: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.done = asyncio.get_running_loop().create_future()

    def next(self) -> None:
        """Send what is next, or be done."""
        if (number := next(self.left, None)) is None:
            self.done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(self.made.numbered(number))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Who waits hears of it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Take an answer once it is whole."""
        buffer = self._buffer + data if self._buffer else data
        head_end = buffer.find(_HEAD_END)
        length = _LENGTH.search(buffer, 0, head_end + 2) if head_end >= 0 else None
        if length is None or len(buffer) < head_end + len(_HEAD_END) + int(length[1]):
            self._buffer = buffer
            return
        self._buffer = b""
        if buffer.startswith(_SUCCESS):
            self.latencies.append(time.perf_counter() - self._began)
        else:
            self.failed_count += 1
        self.next()
