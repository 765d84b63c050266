"""Which pages of other origins a browser lets call us (Fetch standard, 3.3: the CORS protocol). It lets nobody in.

Who calls is told by the Authorization header alone, so no answer ever allows credentials. Without a list of origins
there is no word of this in any answer, and a browser refuses the page.
"""

import re
from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

ANY: Final = "*"
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_MAX_AGE_SECONDS: Final = 600
_TAKEN: Final = (
    "accept-language, authorization, bihuan-reason, content-type, idempotency-key, if-match, if-none-match, "
    "last-event-id, request-timeout, traceparent"
)
EXPOSED: Final = (
    "content-language, etag, idempotent-replayed, ratelimit, ratelimit-policy, retry-after, trace-id, traceparent"
)

_Header = tuple[bytes, bytes]


class Cors:
    """Answers browsers for pages of these origins; `*` stands for all of them, and none for nobody."""

    def __init__(self, origins: Iterable[str], verbs: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._verbs = ", ".join(sorted({*verbs, "HEAD"})).encode("ascii")

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks before it calls; None for any other request, and for other origins."""
        asks = request.method == "OPTIONS" and "access-control-request-method" in request.headers
        if not asks or not self._allows(request.headers.get("origin", "")):
            return None
        response = Response(status_code=204)
        response.raw_headers += [
            (b"access-control-allow-methods", self._verbs),
            (b"access-control-allow-headers", _TAKEN.encode("ascii")),
            (b"access-control-max-age", str(_MAX_AGE_SECONDS).encode("ascii")),
        ]
        return response

    def headers(self, request: Request) -> list[_Header]:
        """What goes into every answer to a request, refusals too: else a page could not read why."""
        if not self._origins:
            return []
        varies = [] if ANY in self._origins else [(b"vary", b"origin")]
        origin = request.headers.get("origin", "")
        if not self._allows(origin):
            return varies
        allowed = ANY if ANY in self._origins else origin
        told = [(b"access-control-allow-origin", allowed), (b"access-control-expose-headers", EXPOSED)]
        return varies + [(name, value.encode("latin-1")) for name, value in told]

    def _allows(self, origin: str) -> bool:
        return bool(origin) and (ANY in self._origins or origin in self._origins)


def read_origins(text: str) -> list[str]:
    """Origins as a setting has them: `https://books.example.com,https://localhost:8443`, or `*`. Raises ValueError."""
    origins = [part.strip() for part in text.split(",") if part.strip()]
    if origins == [ANY]:
        return origins
    if wrong := next((origin for origin in origins if not _ORIGIN.fullmatch(origin)), ""):
        raise ValueError(f"must be origins such as https://books.example.com, in small letters and no path: {wrong!r}")
    return origins


def check_origins(text: str) -> None:
    """A `check` for a setting of origins. Raises ValueError with a sentence."""
    read_origins(text)
