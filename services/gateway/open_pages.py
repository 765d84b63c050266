"""What anybody may read without a key: whether the gateway serves, the OpenAPI document, the page over it."""

import asyncio
import functools
import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import docs_page

PATHS: Final = ("/healthz", "/openapi.json", "/docs", "/docs.css", "/docs.js")
# Nothing but what is served here, and no form, frame or script in the page itself.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GZIP_BYTES_MIN: Final = 1_024


class OpenPages:
    """The pages, each made when it is first asked for and kept then."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._pages: dict[str, tuple[str, Callable[[], bytes]]] = {
            "/healthz": ("application/json", lambda: b'{"status":"serving"}'),
            "/openapi.json": ("application/json", lambda: json.dumps(document, ensure_ascii=False).encode("utf-8")),
            "/docs": ("text/html", lambda: docs_page.render(document)),
            "/docs.css": ("text/css", lambda: docs_page.static("docs.css")),
            "/docs.js": ("text/javascript", lambda: docs_page.static("docs.js")),
        }
        assert tuple(self._pages) == PATHS, "what is open is told in one place"
        self._bodies = functools.cache(self._made)

    async def answer(self, path: str, request: Request) -> Response | None:
        """The page at a path, or None when it is none of these or is not asked for."""
        if request.method not in ("GET", "HEAD") or path not in self._pages:
            return None
        plain, small = await asyncio.to_thread(self._bodies, path)  # to write one takes a while, once
        headers = {"content-security-policy": _POLICY, "vary": "accept-encoding", "referrer-policy": "no-referrer"}
        if small and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(small, headers=headers | {"content-encoding": "gzip"}, media_type=self._pages[path][0])
        return Response(plain, headers=headers, media_type=self._pages[path][0])

    def _made(self, path: str) -> tuple[bytes, bytes]:
        plain = self._pages[path][1]()
        return plain, gzip.compress(plain, mtime=0) if len(plain) >= _GZIP_BYTES_MIN else b""
