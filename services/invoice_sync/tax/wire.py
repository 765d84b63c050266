"""Carries calls to an authority over HTTPS and tells what was heard. It does not know what an answer means.

It repeats a call by itself only when the caller says that this kind of silence bears it.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from opentelemetry.trace import Span, SpanKind
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from chassis import telemetry
from chassis.clock import Clock
from services.invoice_sync.tax.credential import CredentialFile

ANSWER_BYTES_MAX = 64 * 1024
RETRY_AFTER_SECONDS_MAX = 3600
_TRIES_MAX = 3
_RETRY_BASE_SECONDS = 0.05
_RETRY_SECONDS_MAX = 1.0
_CONNECTIONS_MAX = 64
# Shorter than the server keeps a connection, so that we seldom write into one that it is closing.
_KEEP_ALIVE_SECONDS = 10.0
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)
# A Date header has whole seconds, cut off: on average the clock that wrote it is half a second further.
_CUT_OFF = timedelta(milliseconds=500)

# Nothing of the request can have left: no connection was made, or none was free.
_BEFORE_THE_FIRST_BYTE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: for a connection, each read, a free place in the pool; and for a call with all its tries and writes."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    pool_seconds: float = 5.0
    call_seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `place` is what goes before `path`, such as "production/42"; `template` is the path without values."""

    method: str
    place: str
    template: str
    path: str
    credential_id: str
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    answer_bytes_max: int = ANSWER_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard of a call.

    With `status` 0 no whole answer was: `silence` says why, and `left` whether any byte of ours can have gone out.
    `body` is empty when it was no JSON object that we can read. `clock_offset_ms` is their clock less ours in the
    middle of the call, 0 when they told none.
    """

    status: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    retry_after_seconds: int = 0
    clock_offset_ms: int = 0
    first_byte_time: datetime | None = None
    url_path: str = ""
    place: str = ""
    silence: str = ""
    left: bool = True


class Wire:
    """A pool of connections to one authority's address, such as https://tax.example.com; close it at the end.

    `trust` tells whose certificates are believed, None those of the machine's store. `credentials` are by the
    credential_id of a route; a route without one sends none. Raises ValueError when the URL is no address.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        timeouts: Timeouts,
        trust: ssl.SSLContext | None = None,
        credentials: Mapping[str, CredentialFile] | None = None,
    ) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"{url!r} is no address of a tax system")
        self._url = url.rstrip("/")
        self._path = urlsplit(self._url).path
        self._clock = clock
        self._timeouts = timeouts
        self._credentials = credentials or {}
        self._server: dict[str, str | int] = {
            "server.address": address.hostname,
            "server.port": address.port or (443 if address.scheme == "https" else 80),
        }
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS_MAX, keepalive_timeout=_KEEP_ALIVE_SECONDS, ssl=trust or True
            ),
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=timeouts.pool_seconds + timeouts.connect_seconds,
                sock_connect=timeouts.connect_seconds,
                sock_read=timeouts.read_seconds,
            ),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "bihuan"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def ask(self, call: Call, bears_another: Callable[[Seen], bool], deadline: float = inf) -> Seen:
        """What was heard, after at most a few tries; it raises for no answer.

        It ends within the time for a call, and by `deadline` of the loop's clock.
        """
        retrying = AsyncRetrying(
            retry=retry_if_result(bears_another),
            stop=stop_after_attempt(_TRIES_MAX) | stop_before_delay(self._timeouts.call_seconds),
            wait=wait_random_exponential(multiplier=_RETRY_BASE_SECONDS, max=_RETRY_SECONDS_MAX),
            retry_error_callback=_last_heard,
        )
        end_at = min(deadline, asyncio.get_running_loop().time() + self._timeouts.call_seconds)
        seen: Seen = await retrying(self._try, call, end_at)
        return seen

    async def _try(self, call: Call, deadline: float) -> Seen:
        # Without the query, which has a tax number in it.
        path = f"/{call.place}{call.path}"
        attributes: dict[str, str | int | bool] = {
            "http.request.method": call.method,
            "url.template": call.template,
            "url.full": self._url + path,
            **self._server,
        }
        with telemetry.span(f"{call.method} {call.template}", kind=SpanKind.CLIENT, attributes=attributes) as span:
            try:
                async with asyncio.timeout_at(deadline):
                    seen = await self._exchange(call, path)
            except _BEFORE_THE_FIRST_BYTE as fault:
                return self._silent(span, path, fault, left=False)
            except (aiohttp.ClientError, TimeoutError, _AnswerTooLong) as fault:
                return self._silent(span, path, fault, left=True)
            span.set_attribute("http.response.status_code", seen.status)
            if seen.status >= 400:
                telemetry.fail(span, str(seen.status))
            return seen

    async def _exchange(self, call: Call, path: str) -> Seen:
        headers = {**call.headers, **self._authorization(call)}
        if traceparent := telemetry.current_traceparent():
            headers["traceparent"] = traceparent
        began = self._clock.now()
        async with self._http.request(
            call.method, self._url + path, params=call.params, headers=headers, data=call.content, allow_redirects=False
        ) as answer:
            first_byte_time = self._clock.now()
            raw = bytearray()
            async for chunk in answer.content.iter_any():
                raw += chunk
                if len(raw) > call.answer_bytes_max:
                    raise _AnswerTooLong
        # We asked for no encoding, and unpacking what came nevertheless would have no bound.
        is_plain = answer.headers.get("content-encoding", "identity") == "identity"
        return Seen(
            status=answer.status,
            body=json_object(bytes(raw)) if is_plain else {},
            raw=bytes(raw),
            retry_after_seconds=retry_after_seconds(answer.headers.get("retry-after", ""), first_byte_time),
            clock_offset_ms=_offset_ms(answer.headers, began + (first_byte_time - began) / 2),
            first_byte_time=first_byte_time,
            url_path=self._path + path,
            place=call.place,
        )

    def _authorization(self, call: Call) -> dict[str, str]:
        credential = self._credentials.get(call.credential_id)
        return {"Authorization": f"Bearer {credential.secret()}"} if credential else {}

    def _silent(self, span: Span, path: str, fault: Exception, *, left: bool) -> Seen:
        kind = type(fault).__name__.lstrip("_")
        telemetry.fail(span, kind)
        return Seen(url_path=self._path + path, silence=kind + _tls_reason(fault), left=left)


class _AnswerTooLong(Exception):
    """The answer has more bytes than its call may have."""


def trusting(ca_file: str) -> ssl.SSLContext | None:
    """Trust in the authorities of a PEM file alone; None, which is the machine's store, when none is named.

    Raises OSError when the file cannot be read or holds none (ssl.SSLError is one).
    """
    return ssl.create_default_context(cafile=ca_file) if ca_file else None


def json_object(raw: bytes) -> dict[str, Any]:
    """The bytes as a JSON object; empty when they are none."""
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def retry_after_seconds(header: str, now: datetime) -> int:
    """RFC 9110, section 10.2.3: seconds or a date; 0 when there is none or it cannot be read."""
    if header.isascii() and header.isdigit():
        return min(int(header[:9]), RETRY_AFTER_SECONDS_MAX)
    if (at := _http_date(header)) is None:
        return 0
    return max(0, min(-(-(at - now) // _SECOND), RETRY_AFTER_SECONDS_MAX))


def _offset_ms(headers: Mapping[str, str], middle: datetime) -> int:
    at = instant(headers.get("tax-clock", ""))
    if at is None and (date := _http_date(headers.get("date", ""))) is not None:
        at = date + _CUT_OFF
    return round((at - middle) / _MILLISECOND) if at else 0


def _http_date(header: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(header)
        # One without a zone means UTC there; conversion also finds out an offset that no clock has.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def instant(value: object) -> datetime | None:
    """An RFC 3339 instant with its zone, or None; None too at the ends of the calendar, where no zone fits in."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo and MINYEAR < at.year < MAXYEAR else None


def _tls_reason(fault: BaseException) -> str:
    """Why TLS was not agreed on, when that was it."""
    cause: BaseException | None = fault
    while cause is not None:
        # The client's own kinds of it are SSL errors too, without a reason.
        if isinstance(cause, ssl.SSLError) and isinstance(getattr(cause, "reason", None), str):
            return f": {cause.reason}"
        cause = cause.__cause__ or cause.__context__
    return ""


def _last_heard(state: RetryCallState) -> Any:
    assert state.outcome is not None, "tenacity gave up before it began"
    return state.outcome.result()
