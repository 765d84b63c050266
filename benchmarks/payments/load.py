"""A load generator for one unary gRPC method: HTTP/2 frames made once, sent on few connections. It decodes no answer.

Client, server and database share the cores, and a gRPC client in Python costs as much as the server that is measured;
this one costs a tenth of it. Each request differs from the template in its digits only. A call has succeeded when its
stream brought a message: gRPC sends none with an error (grpc/doc/PROTOCOL-HTTP2.md).
"""

import asyncio
import functools
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

STREAMS_MAX = 16
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 0x1, 0x4, 0x1
_INITIAL_WINDOW_SIZE = 4
_WINDOW_DEFAULT = 65_535
_WINDOW_BYTES = 2**30
_FRAME_HEAD_BYTES = 9


@dataclass(slots=True)
class Template:
    """A serialized request in which `digits`, wherever they stand, are replaced by the number of the call."""

    method: str
    message: bytes
    digits: bytes

    def __post_init__(self) -> None:
        assert self.digits in self.message, "nothing would differ between two requests"

    def numbered(self, number: int) -> bytes:
        """The request of that number."""
        return self.message.replace(self.digits, b"%0*d" % (len(self.digits), number))


@dataclass(slots=True)
class Loaded:
    """What the callers saw: seconds in all, and of each call that succeeded."""

    seconds: float
    latencies: list[float]
    failed_count: int

    @property
    def per_second(self) -> float:
        """Calls that succeeded in a second."""
        return len(self.latencies) / self.seconds

    def quantile_ms(self, share: float) -> float:
        """The latency that so large a share of the calls did not exceed."""
        in_order = sorted(self.latencies)
        return in_order[min(int(len(in_order) * share), len(in_order) - 1)] * 1_000


async def load(port: int, template: Template, numbers: range, in_flight: int) -> Loaded:
    """Send a request for each number, with so many in flight at once, over as few connections as 16 streams each need.

    Raises ConnectionError when a connection breaks.
    """
    left = iter(numbers)
    connections = []
    for places in _shares(in_flight):
        make = functools.partial(_Connection, template, left, places)
        _, made = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
        connections.append(made)
    began = time.perf_counter()
    for each in connections:
        each.start()
    try:
        await asyncio.gather(*(each.done for each in connections))
    finally:
        for each in connections:
            each.close()
    seconds = time.perf_counter() - began
    latencies = [latency for each in connections for latency in each.latencies]
    return Loaded(seconds, latencies, sum(each.failed_count for each in connections))


def _shares(in_flight: int) -> list[int]:
    count = -(-in_flight // STREAMS_MAX)
    return [in_flight // count + (place < in_flight % count) for place in range(count)]


@dataclass(slots=True)
class _Stream:
    began: float
    has_message: bool = False


@dataclass(slots=True, eq=False)
class _Connection(asyncio.Protocol):
    """One connection: as many streams as it has places, each followed by the next until no number is left."""

    template: Template
    left: Iterator[int]
    places: int
    latencies: list[float] = field(default_factory=list)
    failed_count: int = 0
    done: "asyncio.Future[None]" = field(init=False)
    _transport: asyncio.Transport = field(init=False)
    _headers: bytes = field(init=False)
    _open: dict[int, _Stream] = field(default_factory=dict)
    _held: list[bytes] = field(default_factory=list)
    _next_id: int = 1
    _window: int = _WINDOW_DEFAULT
    _buffer: bytes = b""
    _started: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet; take answers of any size without a word in between."""
        self._transport = cast("asyncio.Transport", transport)
        self.done = asyncio.get_running_loop().create_future()
        self._headers = _header_block(self.template.method)
        settings = struct.pack(">HI", _INITIAL_WINDOW_SIZE, _WINDOW_BYTES)
        widen = struct.pack(">I", _WINDOW_BYTES)
        self._transport.write(_PREFACE + _frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW_UPDATE, 0, 0, widen))

    def start(self) -> None:
        """Fill the places."""
        self._started = True
        self._transport.write(b"".join(self._request() for _ in range(self.places)))
        self._end_if_done()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Those who wait hear of it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Take every whole frame; what it calls for is sent together."""
        buffer, at, out = self._buffer + data, 0, []
        while len(buffer) - at >= _FRAME_HEAD_BYTES:
            end = at + _FRAME_HEAD_BYTES + int.from_bytes(buffer[at : at + 3], "big")
            if len(buffer) < end:
                break
            stream_id = int.from_bytes(buffer[at + 5 : at + 9], "big")
            out.append(self._take(buffer[at + 3], buffer[at + 4], stream_id, buffer[at + _FRAME_HEAD_BYTES : end]))
            at = end
        self._buffer = buffer[at:]
        if reply := b"".join(out):
            self._transport.write(reply)
        self._end_if_done()

    def _take(self, kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
        if kind == _DATA:
            self._open[stream_id].has_message |= len(payload) > 0
        if kind in (_DATA, _HEADERS):
            return self._next(stream_id) if flags & _END_STREAM else b""
        if kind == _RST_STREAM:
            return self._next(stream_id)
        if kind == _WINDOW_UPDATE and stream_id == 0:
            self._window += int.from_bytes(payload, "big")
            return self._released()
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            return _frame(kind, _ACK, 0, payload if kind == _PING else b"")
        if kind == _GOAWAY and not self.done.done():
            self.done.set_exception(ConnectionError(f"the server ended the connection: {payload[8:]!r}"))
        return b""

    def _next(self, stream_id: int) -> bytes:
        """Note how a call ended, and begin another in its place."""
        ended = self._open.pop(stream_id)
        if ended.has_message:
            self.latencies.append(time.perf_counter() - ended.began)
        else:
            self.failed_count += 1
        return self._request()

    def _request(self) -> bytes:
        if (number := next(self.left, None)) is None:
            return b""
        message = self.template.numbered(number)
        body = struct.pack(">BI", 0, len(message)) + message
        frames = _frame(_HEADERS, _END_HEADERS, self._next_id, self._headers) + _frame(
            _DATA, _END_STREAM, self._next_id, body
        )
        self._open[self._next_id] = _Stream(time.perf_counter())
        self._next_id += 2
        self._held.append(frames)
        return self._released()

    def _released(self) -> bytes:
        """What may be sent now: the server's window bounds the messages on their way to it."""
        out = []
        while self._held and len(self._held[0]) <= self._window:
            frames = self._held.pop(0)
            self._window -= len(frames)
            out.append(frames)
        return b"".join(out)

    def _end_if_done(self) -> None:
        if self._started and not self._open and not self.done.done():
            self.done.set_result(None)


def _header_block(method: str) -> bytes:
    """Literals that go into no table (RFC 7541, 6.2.2), so that each request has the same bytes."""
    headers = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", method),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", "20S"),
    )
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)


def _text(value: str) -> bytes:
    assert len(value) < 127, "longer texts have a longer length"
    return bytes([len(value)]) + value.encode()


def _frame(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream_id) + payload
