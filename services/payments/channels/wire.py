"""Carries one call to a channel over HTTPS and tells what was heard. It repeats nothing and knows no channel."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from opentelemetry.trace import SpanKind

from chassis import telemetry
from services.payments.channels import Unknown, UnknownCause

ANSWER_BYTES_MAX = 256 * 1024
RETRY_AFTER_SECONDS_MAX = 3600
_CONNECTIONS_MAX = 64
# Shorter than a server keeps a connection, so that we seldom write into one that it is closing.
_KEEP_ALIVE_SECONDS = 10.0
# Nothing of the request can have left: no connection was made, or none was free.
_BEFORE_THE_FIRST_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `target` is the path with its query, as it is signed; `template` is the path without values."""

    method: str
    target: str
    template: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """A whole answer below 500 that is no call for patience; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Wire:
    """A pool of connections to one channel's address, such as https://api.example.com; close it at the end.

    A call ends within `call_seconds`. `trust` tells whose certificates are believed, None those of the machine's
    store.
    """

    def __init__(self, base_url: str, call_seconds: float, trust: ssl.SSLContext | None = None) -> None:
        address = urlsplit(base_url)
        assert address.scheme in ("http", "https"), "the account file lets no other address through"
        assert address.hostname, "the account file lets no other address through"
        self._base_url = base_url.rstrip("/")
        self._call_seconds = call_seconds
        self._server: dict[str, str | int] = {
            "server.address": address.hostname,
            "server.port": address.port or (443 if address.scheme == "https" else 80),
        }
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(call_seconds),
            verify=trust or True,
            limits=httpx.Limits(max_connections=_CONNECTIONS_MAX, keepalive_expiry=_KEEP_ALIVE_SECONDS),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "bihuan-payments"},
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def ask(self, ask: Ask) -> Heard | Unknown:
        """What was heard. Silence, a 5xx and a call for patience are Unknown: the channel may have done it or not."""
        # Without the query and without the numbers in the path.
        attributes: dict[str, str | int | bool] = {
            "http.request.method": ask.method,
            "url.template": ask.template,
            **self._server,
        }
        with telemetry.span(f"{ask.method} {ask.template}", kind=SpanKind.CLIENT, attributes=attributes) as span:
            try:
                async with asyncio.timeout(self._call_seconds):
                    heard = await self._exchange(ask)
            except (httpx.TransportError, TimeoutError, _AnswerTooLong) as fault:
                unknown = _silence(fault)
                telemetry.fail(span, unknown.detail)
                return unknown
            span.set_attribute("http.response.status_code", heard.status)
            if heard.status >= HTTPStatus.BAD_REQUEST:
                telemetry.fail(span, str(heard.status))
        return _impatience(heard) or heard

    async def _exchange(self, ask: Ask) -> Heard:
        headers = dict(ask.headers)
        if traceparent := telemetry.current_traceparent():
            headers["traceparent"] = traceparent
        # As text, so that the target goes out exactly as it was signed.
        request = self._http.build_request(
            ask.method, self._base_url + ask.target, headers=headers, content=ask.content or None
        )
        answer = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise _AnswerTooLong
        finally:
            await answer.aclose()
        told = {name.lower(): value for name, value in answer.headers.items()}
        # We asked for no encoding, and unpacking what came nevertheless would have no bound.
        if told.get("content-encoding", "identity") != "identity":
            raise _AnswerTooLong
        return Heard(answer.status_code, told, bytes(body))


class _AnswerTooLong(Exception):
    """The answer has more bytes than an answer may have, or would when unpacked."""


def _silence(fault: Exception) -> Unknown:
    if isinstance(fault, _BEFORE_THE_FIRST_BYTE):
        cause = UnknownCause.UNREACHABLE
    elif isinstance(fault, _AnswerTooLong):
        cause = UnknownCause.UNREADABLE
    elif isinstance(fault, TimeoutError | httpx.TimeoutException):
        cause = UnknownCause.TIMEOUT
    else:
        cause = UnknownCause.CHANNEL_FAULT
    return Unknown(cause, type(fault).__name__.lstrip("_"))


def _impatience(heard: Heard) -> Unknown | None:
    wait = retry_after_seconds(heard.headers)
    if heard.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unknown(UnknownCause.THROTTLED, "HTTP 429", wait)
    if heard.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(UnknownCause.CHANNEL_FAULT, f"HTTP {heard.status}", wait)
    return None


def retry_after_seconds(headers: Mapping[str, str]) -> int:
    """RFC 9110, section 10.2.3: seconds, or a date, which is taken against the answer's own Date; 0 without one."""
    header = headers.get("retry-after", "")
    if header.isascii() and header.isdigit():
        return min(int(header[:9]), RETRY_AFTER_SECONDS_MAX)
    at, now = _http_date(header), _http_date(headers.get("date", ""))
    if at is None or now is None:
        return 0
    return max(0, min(-(-(at - now) // timedelta(seconds=1)), RETRY_AFTER_SECONDS_MAX))


def _http_date(header: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else None
