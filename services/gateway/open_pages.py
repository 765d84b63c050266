"""What anybody may read without a key: whether the gateway serves, the OpenAPI document, the page over it."""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import docs_page, entity_tags

HEALTH: Final = "/healthz"
PATHS: Final = (HEALTH, "/openapi.json", "/docs", "/docs.css", "/docs.js")
# Nothing but what is served here, and no form, frame or script in the page itself.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GZIP_BYTES_MIN: Final = 1_024
_CODING: Final = re.compile(r"\s*([!#$%&'*+.^`|~\w-]+)\s*(?:;\s*[qQ]=([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Form:
    """A page as it is sent, with its strong entity tag (RFC 9110, 8.8.3): compressed it is another thing."""

    body: bytes
    tag: str
    encoding: str = ""


class OpenPages:
    """The pages, each made once, when it is first asked for; whether the gateway serves waits for none of them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._pages: dict[str, tuple[str, Callable[[], bytes]]] = {
            HEALTH: ("application/json", lambda: b'{"status":"serving"}'),
            "/openapi.json": ("application/json", lambda: json.dumps(document, ensure_ascii=False).encode("utf-8")),
            "/docs": ("text/html", lambda: docs_page.render(document)),
            "/docs.css": ("text/css", lambda: docs_page.static("docs.css")),
            "/docs.js": ("text/javascript", lambda: docs_page.static("docs.js")),
        }
        assert tuple(self._pages) == PATHS, "what is open is told in one place"
        self._forms = {HEALTH: self._made(HEALTH)}
        self._making: dict[str, asyncio.Task[tuple[_Form, _Form]]] = {}

    def has(self, path: str, verb: str) -> bool:
        """Whether a page is asked for."""
        return verb in ("GET", "HEAD") and path in self._pages

    async def answer(self, path: str, request: Request) -> Response:
        """A page that is here, or 304 without it for who has it. Raises MALFORMED_REQUEST and VERSION_MISMATCH."""
        plain, small = self._forms.get(path) or await self._first(path)
        form = small if _takes_gzip(request.headers.getlist("accept-encoding")) else plain
        headers = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "etag": form.tag}
        if form.encoding:
            headers["content-encoding"] = form.encoding
        answer = Response(form.body, headers=headers, media_type=self._pages[path][0])
        answer = entity_tags.on_condition(answer, request)
        answer.headers.update({"vary": "accept-encoding", "cache-control": "no-cache"})
        return answer

    async def _first(self, path: str) -> tuple[_Form, _Form]:
        """A page that is not there yet: to make it takes a while, and all who ask meanwhile wait for the one making."""
        if path not in self._making:
            self._making[path] = asyncio.create_task(asyncio.to_thread(self._made, path))
        # Whoever leaves does not take it from the others.
        self._forms[path] = forms = await asyncio.shield(self._making[path])
        return forms

    def _made(self, path: str) -> tuple[_Form, _Form]:
        """A page as it is, and for who takes it compressed: the same where that gains nothing."""
        body = self._pages[path][1]()
        plain = _Form(body, entity_tags.tag_of(body, frozenset()))
        if len(body) < _GZIP_BYTES_MIN:
            return plain, plain
        small = gzip.compress(body, mtime=0)
        return plain, _Form(small, entity_tags.tag_of(small, frozenset()), "gzip")


def _takes_gzip(lines: Sequence[str]) -> bool:
    """Whether an answer may be compressed (RFC 9110, 12.5.3): gzip or `*` is named, and not with a weight of 0."""
    codings = [_CODING.fullmatch(part) for part in ",".join(lines).split(",")[:16]]
    weights = {found[1].lower(): float(found[2] or 1) for found in codings if found}
    return weights.get("gzip", weights.get("*", 0.0)) > 0
