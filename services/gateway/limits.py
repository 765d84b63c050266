"""The brakes: how much of a body is read, how long a call may take, how many run at once."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator

from starlette.requests import ClientDisconnect, Request

from chassis.errors import Fault, Kind, plain_fault
from services.gateway.problems import HttpFault
from services.gateway.strict_json import malformed

BODY_BYTES_MAX = 1024 * 1024
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)


class InFlight:
    """Places for requests; who finds none is told to come again."""

    def __init__(self, places: int) -> None:
        self._free = places

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place. Raises OVERLOADED, with HTTP status 503."""
        if self._free <= 0:
            fault = plain_fault(Kind.OVERLOADED)
            raise HttpFault(503, fault.kind, fault.reason, fault.message, fault.message_zh, {"retry-after": "1"})
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


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
    try:
        async for part in request.stream():
            taken += len(part)
            if taken > limit_bytes:
                raise too_large(limit_bytes)
            if part:
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


def _must_be_json(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise _unsupported("Content-Type must be application/json", "Content-Type 必须是 application/json")


def _unsupported(message: str, message_zh: str) -> HttpFault:
    return HttpFault(415, Kind.INVALID, "MALFORMED_REQUEST", message, message_zh)
