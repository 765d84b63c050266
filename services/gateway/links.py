"""The door for who has a signed link and no key: a page of an invoice's state, or one of its files, from invoice_sync.

What a link proves invoice_sync alone can tell, and what it tells is masked already. The token never leaves this process
but to there: not to a log, a trace, another site or a search engine.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import grpc
from bihuan.invoice_sync.v1 import link_service_pb2, link_service_pb2_grpc, paper_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from chassis.channel import deadline_scope
from chassis.errors import from_rpc_error

PREFIX: Final = "/i/"
TEMPLATE: Final = "/i/{token}"
_PATH: Final = re.compile(r"/i/([A-Za-z0-9._-]{1,256})(?:/(xml|pdf))?", re.ASCII)
_INVOICE: Final = re.compile(r"inv_[0-9a-z]{1,40}")
_KINDS: Final = {"xml": paper_pb2.PAPER_KIND_XML, "pdf": paper_pb2.PAPER_KIND_PDF}
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}
_BEIJING: Final = timezone(timedelta(hours=8))
_TEMPLATES: Final = Environment(
    loader=PackageLoader("services.gateway"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A request by a link: for its page, or for a file when `kind` says which."""

    token: str
    kind: str

    @property
    def invoice_id(self) -> str:
        """What the token says that it is about, which is true when it opens."""
        found = _INVOICE.search(self.token)
        return found[0] if found else ""


class LinkDoor:
    """Asks invoice_sync. No call lasts longer than its timeout."""

    def __init__(self, invoice_sync: grpc.aio.Channel, call_timeout_seconds: float) -> None:
        self._links = link_service_pb2_grpc.LinkServiceStub(invoice_sync)
        self._call_timeout_seconds = call_timeout_seconds

    async def answer(self, opened: OpenedLink) -> Response:
        """The page, or the file. Raises Fault, or TimeoutError at the end."""
        async with asyncio.timeout(self._call_timeout_seconds):
            with deadline_scope(self._call_timeout_seconds):
                try:
                    return await (self._file(opened) if opened.kind else self._page(opened))
                except grpc.aio.AioRpcError as error:
                    raise from_rpc_error(error) from error

    async def _page(self, opened: OpenedLink) -> Response:
        told = await self._links.ViewLink(link_service_pb2.ViewLinkRequest(token=opened.token))
        times = {name: _beijing(told, name) for name in ("expected_time", "book_time", "expire_time")}
        files = [name for name, kind in _KINDS.items() if kind in told.papers]
        page = _TEMPLATES.get_template("link.html").render(told=told, times=times, files=files, token=opened.token)
        return Response(page.encode("utf-8"), 200, dict(_HEADERS), "text/html")

    async def _file(self, opened: OpenedLink) -> Response:
        asked = link_service_pb2.DownloadByLinkRequest(token=opened.token, kind=_KINDS[opened.kind])
        told = await self._links.DownloadByLink(asked)
        named = f'attachment; filename="{told.file_name}"'
        headers = {**_HEADERS, "content-disposition": named, "etag": f'"{told.sha256}"'}
        return Response(told.body, 200, headers, told.content_type)


def find(method: str, path: str) -> OpenedLink | None:
    """Whether a request is by a link."""
    found = _PATH.fullmatch(path) if method in ("GET", "HEAD") else None
    return None if found is None else OpenedLink(found[1], found[2] or "")


def refusal(status: int, retry_after: str | None) -> Response:
    """The page for a link that opens nothing now: one and the same for each status."""
    page = _TEMPLATES.get_template("link_refused.html").render(is_gone=status < 429)
    headers = {**_HEADERS, **({"retry-after": retry_after} if retry_after else {})}
    return Response(page.encode("utf-8"), status, headers, "text/html")


def _beijing(told: Any, name: str) -> str:
    """A time as people read it; empty when it is unset."""
    if not told.HasField(name):
        return ""
    instant: Timestamp = getattr(told, name)
    return datetime.fromtimestamp(instant.seconds, _BEIJING).strftime("%Y-%m-%d %H:%M (UTC+8)")
