"""How much of a body is read, how long a call may take, how many run at once."""

import contextlib
import functools
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.requests import ClientDisconnect, Request

from chassis import telemetry
from chassis.errors import Fault, Kind, plain_fault
from services.gateway.audit import entry_of
from services.gateway.domain.shedding import Shedder, Worth
from services.gateway.problems import HttpFault
from services.gateway.strict_json import malformed

BODY_BYTES_MAX = 1024 * 1024
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)


class InFlight:
    """Places for requests, fewer while answers are slow; who finds none is told to come again.

    `target_seconds` is how long a call may take on the average before places are taken away.
    """

    def __init__(
        self, places: int, target_seconds: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._shedder = Shedder(places, target_seconds)
        self._monotonic = monotonic
        meter = telemetry.meter()
        self._shed = meter.create_counter("bihuan.shedding.shed", "{call}", "Calls that found no place, by worth.")
        self._limit = meter.create_gauge("bihuan.shedding.limit", "{call}", "How many calls may run at once.")

    @contextlib.contextmanager
    def place(self, worth: Worth = Worth.DEED, *, is_timed: bool = True) -> Iterator[None]:
        """Hold a place. Raises OVERLOADED, with HTTP status 503, to what is worth less while there still is some."""
        if not self.admits(worth):
            self._shed.add(1, {"worth": worth.value})
            fault = plain_fault(Kind.OVERLOADED)
            raise HttpFault(
                503,
                fault.kind,
                fault.reason,
                fault.message,
                fault.message_zh,
                retry_after_seconds=fault.retry_after_seconds,
            )
        began = self.enter()
        try:
            yield
        finally:
            self.leave(began, is_timed=is_timed)

    def admits(self, worth: Worth) -> bool:
        """Whether there is a place."""
        return self._shedder.admits(worth)

    def enter(self) -> float:
        """Hold a place until `leave`, which is to be given what this returns."""
        self._shedder.enter()
        return self._monotonic()

    def leave(self, began: float, *, is_timed: bool = True) -> None:
        """Give a place back."""
        self._shedder.leave()
        if is_timed:
            self._observe(began)

    def _observe(self, began: float) -> None:
        now, before = self._monotonic(), self._shedder.limit
        self._shedder.observe(now - began, now)
        if self._shedder.limit != before:
            self._limit.set(int(self._shedder.limit))


def timeout_seconds(request: Request, longest: float) -> float:
    """How long the call may take: `longest`, or less when the Request-Timeout header (in seconds) says so."""
    asked = request.headers.get("request-timeout")
    if asked is None:
        return longest
    if not _SECONDS.fullmatch(asked) or float(asked) == 0:
        raise malformed(
            "Request-Timeout must be a number of seconds above 0, such as 2.5",
            "Request-Timeout 必须是大于 0 的秒数，例如 2.5",
        )
    return min(float(asked), longest)


async def body_of(request: Request) -> bytes:
    """The whole body of a JSON request. Raises TOO_LARGE, and MALFORMED_REQUEST when it is not called JSON."""
    _must_be_json(request)
    parts = [part async for part in bounded_stream(request, BODY_BYTES_MAX)]
    return b"".join(parts)


async def bounded_stream(request: Request, limit_bytes: int) -> AsyncIterator[bytes]:
    """The body as it comes. Raises TOO_LARGE as soon as it is known, and MALFORMED_REQUEST when it breaks off."""
    if encoding := request.headers.get("content-encoding", "").replace("identity", ""):
        raise _unsupported(f"Content-Encoding {encoding[:40]} is not taken", "不支持压缩的请求体")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise too_large(limit_bytes)
    taken = 0
    entry = entry_of(request)
    try:
        async for part in request.stream():
            taken += len(part)
            if taken > limit_bytes:
                raise too_large(limit_bytes)
            if part:
                if entry is not None:
                    entry.feed(part)
                yield part
    except ClientDisconnect as fault:
        raise malformed("the body ended early", "请求体不完整") from fault


def too_large(limit_bytes: int) -> Fault:
    """The fault for a body over its limit."""
    return Fault(
        Kind.INVALID,
        "TOO_LARGE",
        f"the body is larger than {limit_bytes} bytes",
        f"请求体超过 {limit_bytes} 字节",
        metadata={"limit_bytes": str(limit_bytes)},
    )


@functools.lru_cache(256)
def is_json(content_type: str) -> bool:
    """Whether a body of that type is taken as JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _must_be_json(request: Request) -> None:
    if not is_json(request.headers.get("content-type", "application/json")):
        raise _unsupported("Content-Type must be application/json", "Content-Type 必须是 application/json")


def _unsupported(message: str, message_zh: str) -> HttpFault:
    return HttpFault(415, Kind.INVALID, "MALFORMED_REQUEST", message, message_zh)
