"""Files by HTTPS: one GET, whole or not at all. It follows no redirect to another host and unpacks nothing."""

import asyncio
import base64
import binascii
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from http import HTTPStatus

import httpx
from opentelemetry.trace import SpanKind

from chassis import telemetry
from services.reconciler.domain.fetch import Cause
from services.reconciler.fetch import Came, FetchLimits, NotCame, Stopped, digest_of, pour, read_secret
from services.reconciler.fetch.dated import dated
from services.reconciler.fetch.source import Https
from services.reconciler.spool import Spool

_REDIRECTS_MAX = 3
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
_NOT_YET = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_EARLY)
_LOGIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class HttpsFetcher:
    """One address. Certificate and secret are read again for each try, so that a new one needs no restart."""

    def __init__(self, place: Https, limits: FetchLimits) -> None:
        self._place = place
        self._limits = limits

    async def fetch(self, day: date, spool: Spool) -> Came | NotCame:
        """GET the file of a business date."""
        url = httpx.URL(dated(self._place.url, day))
        server: telemetry.Attributes = {"server.address": url.host, "server.port": url.port or 443}
        with telemetry.span("GET statement", kind=SpanKind.CLIENT, attributes=server) as span:
            try:
                with _faults():
                    async with asyncio.timeout(self._limits.seconds_max):
                        await self._get(url, spool)
            except Stopped as stopped:
                telemetry.fail(span, stopped.not_came.cause)
                return stopped.not_came
        return Came(url.path.rpartition("/")[2][:255])

    async def _get(self, url: httpx.URL, spool: Spool) -> None:
        async with self._client() as client:
            for _ in range(_REDIRECTS_MAX + 1):
                async with client.stream("GET", url) as answer:
                    if answer.next_request is None:
                        return await self._take(answer, spool)
                    url = _same_host(url, answer.next_request.url)
        raise Stopped(Cause.REDIRECT, f"more than {_REDIRECTS_MAX} redirects")

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "bihuan-reconciler"}
        if self._place.secret_file:
            secret = await asyncio.to_thread(read_secret, self._place.secret_file)
            headers[self._place.header] = self._place.header_prefix + secret
        timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
        trust = await asyncio.to_thread(_trust, self._place)
        async with httpx.AsyncClient(
            headers=headers, timeout=timeout, verify=trust, follow_redirects=False, trust_env=False
        ) as client:
            yield client

    async def _take(self, answer: httpx.Response, spool: Spool) -> None:
        _check_status(answer.status_code)
        # A body that ends when the connection does may have been cut, and nothing would show it.
        framed = {"content-length", "transfer-encoding"} & answer.headers.keys()
        if not framed and not self._place.digest_header:
            raise Stopped(Cause.TRUNCATED, "the answer tells no length, so that a cut body would look whole")
        if int(answer.headers.get("content-length", 0)) > self._limits.bytes_max:
            raise Stopped(Cause.TOO_LARGE, f"the file is larger than {self._limits.bytes_max} bytes")
        async for block in answer.aiter_raw():
            await pour(spool, block, self._limits)
        if self._place.digest_header:
            await self._check_digest(answer.headers.get(self._place.digest_header, ""), spool)

    async def _check_digest(self, told: str, spool: Spool) -> None:
        if not told:
            raise Stopped(Cause.DIGEST, f"the answer has no {self._place.digest_header}")
        if await asyncio.to_thread(digest_of, spool, self._place.digest) not in _digests(told):
            raise Stopped(Cause.DIGEST, f"the bytes are not those of {self._place.digest_header}")


@contextmanager
def _faults() -> Iterator[None]:
    """What can go wrong on the way, as Stopped. Its words are ours: a fault's own may quote the address."""
    try:
        yield
    except TimeoutError:
        raise Stopped(Cause.TIMEOUT, "no whole answer in time") from None
    except httpx.TimeoutException as fault:
        raise Stopped(Cause.TIMEOUT, type(fault).__name__) from None
    except httpx.TransportError as fault:
        if certificate := _certificate_fault(fault):
            raise Stopped(Cause.CERTIFICATE, certificate.verify_message) from None
        cut = isinstance(fault, httpx.RemoteProtocolError | httpx.ReadError)
        raise Stopped(Cause.TRUNCATED if cut else Cause.UNREACHABLE, type(fault).__name__) from None


def _certificate_fault(fault: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    return fault


def _trust(place: Https) -> ssl.SSLContext:
    if not place.ca_file:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=place.ca_file)
    except (OSError, ssl.SSLError):
        raise Stopped(Cause.CERTIFICATE, f"{place.ca_file.name} holds no certificates") from None


def _same_host(before: httpx.URL, url: httpx.URL) -> httpx.URL:
    if (url.scheme, url.host, url.port) != (before.scheme, before.host, before.port):
        raise Stopped(Cause.REDIRECT, f"to {url.host}, which is not in the configuration")
    return url


def _check_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status in _NOT_YET:
        raise Stopped(Cause.NOT_THERE, f"HTTP {status}")
    if status in _LOGIN:
        raise Stopped(Cause.LOGIN, f"HTTP {status}")
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    raise Stopped(Cause.UNREACHABLE if busy else Cause.ANSWER, f"HTTP {status}")


def _digests(told: str) -> Iterator[bytes]:
    """What a digest may mean: hex, base64, or RFC 9530 and RFC 3230, where the algorithm stands before it."""
    for item in told.split(","):
        text = item.strip()
        name, equals, value = text.partition("=")
        if equals and name.lower() in ("sha", "sha-1", "sha1", "sha-256", "sha256"):
            text = value.strip(':"')
        try:
            yield bytes.fromhex(text)
        except ValueError:
            pass
        else:
            continue
        try:
            yield base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
