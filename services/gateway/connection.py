"""One HTTP/1.1 connection: limits before a request is one, and which way it goes. It judges no request.

A request that may go the quick way is held until its body is there, and then taken at once; all others, and those that
are not taken, go to the application as uvicorn has it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.gateway.batched import CALL_BYTES_MAX
from services.gateway.peers import Peers
from services.gateway.quick import Lane, Quick

_HEAD_BYTES_MAX: Final = 32 * 1024
_HEAD_SECONDS: Final = 10.0
# A connection that is closed at once may lose the answer too.
_LINGER_SECONDS: Final = 10.0
_CONNECTIONS_MAX: Final = 4_096
# How long a request's body is waited for here; after that the application does, within the call's own time.
_HELD_SECONDS: Final = 1.0


class _NoOne:
    """Nobody waits for more of a request that has come as a whole."""

    def set(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class _QuickCycle:
    """A request on its quick way, as uvicorn looks upon one: it is under way until its answer was written."""

    keep_alive: bool
    message_event: _NoOne
    disconnected: bool = False
    response_complete: bool = False


class Connection(HttpToolsProtocol):
    """Closes connections that are too many, and those whose request line and headers are too long or too slow."""

    def __init__(self, quick: Quick, peers: Peers, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._quick = quick
        self._peers = peers
        self._has_place = False
        self._in_head = True
        self._head_bytes = 0
        # What came of a request since its head, or since the last piece of its body: chunk sizes and trailers.
        self._frame_bytes = 0
        self._is_whole = True
        self._linger: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lane: Lane | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless too many have, of all or of this address."""
        super().connection_made(transport)
        self._has_place = self._peers.enter(self._peer())
        if len(self.connections) > _CONNECTIONS_MAX or not self._has_place:
            transport.close()
        self._within(_HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """What was held is nobody's any more."""
        self._lane = None
        self._stop_timer()
        self._stop_lingering()
        if self._has_place:
            self._peers.leave(self._peer())
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head or a body that is not whole by now has to be so soon."""
        self._frame_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._is_whole and not self._in_head and self._frame_bytes > _HEAD_BYTES_MAX:
            self.transport.close()
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES_MAX:
                self.send_400_response("Request line and headers are too long.")
            elif self._timer is None:
                self._within(_HEAD_SECONDS, self.transport.close)
        elif self._lane is not None and self._timer is None:
            self._within(_HELD_SECONDS, self._leave_to_application)

    def shutdown(self) -> None:
        """End as soon as who waits has an answer."""
        self._leave_to_application()
        super().shutdown()

    def on_message_begin(self) -> None:
        """Of uvicorn's parser."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of uvicorn's parser, which has trailers come this way too: they are no headers (RFC 9110, 6.5.1).

        Taken for some, what stands behind a body could say who calls, past a proxy that judges heads.
        """
        if self._in_head:
            HttpToolsProtocol.on_header(self, name, value)

    def on_headers_complete(self) -> None:
        """Hold what may go the quick way."""
        self._in_head, self._frame_bytes = False, 0
        self._stop_timer()
        lane = self._quick.lane(self.parser.get_method(), self.url)
        if lane is not None and self._may_be_held():
            self._lane, self._held = lane, b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Of uvicorn's parser."""
        self._frame_bytes = 0
        if self._lane is None:
            super().on_body(body)
        else:
            self._held += body

    def on_message_complete(self) -> None:
        """A request is whole, perhaps one that was held."""
        self._is_whole = True
        self._stop_lingering()
        lane = self._lane
        if lane is not None:
            self._stop_timer()
            if self._goes_quick(lane):
                return
            self._leave_to_application()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Let who was answered before it had sent all of its body go on for a moment, and not for ever."""
        if not self._is_whole and self._linger is None:
            self._linger = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        super().on_response_complete()

    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    def _may_be_held(self) -> bool:
        """Whether nothing else is under way here, and the body is small."""
        if (self.cycle is not None and not self.cycle.response_complete) or self.flow.write_paused:
            return False
        if self.expect_100_continue or self.parser.should_upgrade():
            return False
        for name, value in self.headers:
            if name == b"content-length":
                return value.isdigit() and int(value) <= CALL_BYTES_MAX
        return False

    def _goes_quick(self, lane: Lane) -> bool:
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        before, cycle = self.cycle, _QuickCycle(keep_alive, _NO_ONE)
        self._lane, self.cycle = None, cycle  # type: ignore[assignment]
        if self._quick.take(lane, self.scope, self._held, self._replier(cycle)):
            return True
        self._lane, self.cycle = lane, before
        return False

    def _replier(self, cycle: _QuickCycle) -> Callable[[int, bytes, bytes], None]:
        def reply(status: int, head: bytes, body: bytes) -> None:
            cycle.response_complete = True
            if self.transport.is_closing():
                return
            end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
            own = _OWN.of(self.server_state.default_headers)
            self.transport.write(b"".join((STATUS_LINE[status], own, head, end, body)))
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()

        return reply

    def _leave_to_application(self) -> None:
        """Let the application answer what was held, from its head on."""
        if self._lane is not None:
            self._lane = None
            self._stop_timer()
            super().on_headers_complete()
            if self._held:
                super().on_body(self._held)

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _within(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, otherwise)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _OwnLines:
    """The server's own headers as lines. They have the date, and so once a second uvicorn makes a list anew."""

    def __init__(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._lines = b""

    def of(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The lines of a list that nobody changes."""
        if headers is not self._headers:
            self._lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            self._headers = headers
        return self._lines


_OWN: Final = _OwnLines()
_NO_ONE: Final = _NoOne()
