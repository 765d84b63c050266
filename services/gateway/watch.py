"""One thing, watched: the same GET with `Accept: text/event-stream` sends an event each time its answer changes.

Server-sent events (HTML Living Standard 9.2). It asks as the caller would, one question after the other, and only once
what was told before has gone out; each time the caller is asked for again, so a key that is revoked sees no more.
"""

import asyncio
import contextlib
import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from chassis.errors import Fault, Kind, plain_fault
from services.gateway.contract import Operation
from services.gateway.problems import HttpFault, problem

MEDIA_TYPE: Final = "text/event-stream"
_NEXT_PAGE: Final = "next_page_token"
_WATCHES_MAX: Final = 256
# Of one tenant, so that the others find places.
_OF_ONE_MAX: Final = 32
_SEND_SECONDS: Final = 30.0
_RETRY_MS: Final = 2_000
_PASSING: Final = (Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED)

Ask = Callable[[], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon it is asked again after a change, and how late at most while nothing changes; after how many seconds of
    silence a sign of life is sent; how long a watch lasts, before the caller has to come again."""

    soonest_seconds: float = 0.25
    latest_seconds: float = 3.0
    beat_seconds: float = 10.0
    last_seconds: float = 300.0


PACE = Pace()


def can_be_watched(operation: Operation) -> bool:
    """Whether an operation gets one thing by its id."""
    is_page = _NEXT_PAGE in operation.method.output_type.fields_by_name
    return operation.verb == "GET" and bool(operation.variables) and not is_page


def is_wanted(operation: Operation, request: Request) -> bool:
    """Whether a request asks to watch what can be watched."""
    return request.method == "GET" and can_be_watched(operation) and MEDIA_TYPE in request.headers.get("accept", "")


class Watches:
    """The watches of this gateway; not more than 256 at once, and of one tenant not more than 32."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    def start(self, first: Response, ask: Ask, request: Request, who: str) -> Response:
        """The stream that begins with an answer. Raises OVERLOADED, with status 503, when too many watch.

        `who` is the tenant, or the caller where it has none.
        """
        if self._of.total() >= _WATCHES_MAX or self._of[who] >= _OF_ONE_MAX:
            fault = plain_fault(Kind.OVERLOADED)
            raise HttpFault(503, fault.kind, fault.reason, fault.message, fault.message_zh, {"retry-after": "5"})
        return EventStream(self._events(first, ask, request, who))

    async def _events(self, first: Response, ask: Ask, request: Request, who: str) -> AsyncIterator[bytes]:
        self._of[who] += 1
        try:
            yield f"retry: {_RETRY_MS}\n\n".encode()
            told = request.headers.get("last-event-id", "")
            language = request.headers.get("accept-language", "")
            async for event in _changes(bytes(first.body), ask, told, language):
                yield event
        finally:
            self._of[who] -= 1
            self._of += Counter()  # forgets who has none left


class EventStream(StreamingResponse):
    """Events as they come. A reader that takes none for half a minute loses the connection."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        super().__init__(events, 200, {"x-accel-buffering": "no"}, MEDIA_TYPE)

    async def stream_response(self, send: Send) -> None:
        """Send each event, and wait until it has gone out."""

        async def timed(message: object) -> None:
            async with asyncio.timeout(_SEND_SECONDS):
                await send(message)  # type: ignore[arg-type]

        await super().stream_response(timed)


async def _changes(body: bytes, ask: Ask, told: str, language: str) -> AsyncIterator[bytes]:
    pace, began = PACE, time.monotonic()
    spoke, pause = began, pace.soonest_seconds
    while True:
        if (mark := _mark(body)) != told:
            told, spoke, pause = mark, time.monotonic(), pace.soonest_seconds
            yield b"id: %s\nevent: change\ndata: %s\n\n" % (mark.encode(), body)
        elif time.monotonic() - spoke >= pace.beat_seconds:
            spoke = time.monotonic()
            yield b": nothing new\n\n"
        if time.monotonic() - began >= pace.last_seconds:
            return
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  spread, not secret
        pause = min(pause * 1.5, pace.latest_seconds)
        try:
            with contextlib.suppress(TimeoutError):
                body = bytes((await ask()).body)
        except Fault as fault:
            if fault.kind not in _PASSING:
                said = problem(fault, language, "").body
                yield b"event: problem\ndata: %s\n\n" % bytes(said)
                return


def _mark(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
