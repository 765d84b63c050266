"""Sends what is signed to where it goes, over the internet alone. It knows no event, and decides not what comes after.

The name is resolved here and the connection goes to the address that was judged: a name that leads elsewhere a moment
later leads nobody elsewhere. The certificate is still that of the name. Nothing is followed: no redirect, no proxy.
"""

import asyncio
import functools
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import httpx

from services.gateway.domain.webhook import Answer
from services.gateway.domain.webhook_url import Address, Reach, RefusedUrl, Target, must_be_reachable, read_url

TIMEOUT_SECONDS = 15.0
BODY_BYTES_MAX = 64 * 1024
_ANSWER_BYTES_MAX = 4 * 1024
_ANSWER_LENGTH_MAX = 512
_ADDRESSES_MAX = 3
_AT_ONCE_MAX = 128
# What may be an account, a card or a telephone number: an answer is a stranger's text, and people read it.
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){7,}")

Resolve = Callable[[Target], Awaitable[list[Address]]]


class WebhookHttp:
    """POSTs to endpoints. `ca_file` vouches for their certificates; empty: the system's authorities."""

    def __init__(
        self,
        reach: Reach,
        ca_file: str = "",
        resolve: Resolve | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._reach = reach
        # Threads of its own: who answers for a name may take as long as it likes, and nothing else here waits for it.
        self._resolvers = ThreadPoolExecutor(_AT_ONCE_MAX, "webhook-names")
        self._resolve = resolve or self._resolved
        self._timeout_seconds = timeout_seconds
        trust = ssl.create_default_context(cafile=ca_file or None)
        # A connection is kept for nobody: two names at one address may have two certificates.
        limits = httpx.Limits(max_connections=_AT_ONCE_MAX, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(
            verify=trust, trust_env=False, follow_redirects=False, limits=limits, timeout=timeout_seconds
        )

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """What came back within 15 s, of the answer the start alone; a fault is told in the answer and never raised."""
        assert len(body) <= BODY_BYTES_MAX, "events are small"
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status_code, start = await self._post(url, headers, body)
            fault = ""
        except (TimeoutError, httpx.TimeoutException):
            status_code, start, fault = 0, "", "TIMEOUT"
        except RefusedUrl:
            status_code, start, fault = 0, "", "REFUSED_ADDRESS"
        except OSError:
            status_code, start, fault = 0, "", "NO_ADDRESS"
        except httpx.ConnectError as raised:
            status_code, start, fault = 0, "", "TLS" if _is_of_tls(raised) else "CONNECTION"
        except (httpx.HTTPError, httpx.InvalidURL):
            status_code, start, fault = 0, "", "BROKEN"
        return Answer(status_code, fault, start, int((time.monotonic() - began) * 1_000))

    async def close(self) -> None:
        """Close what is open."""
        await self._http.aclose()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        target = read_url(url, self._reach)
        addresses = (await self._resolve(target))[:_ADDRESSES_MAX]
        must_be_reachable(addresses, self._reach)
        for at, address in enumerate(addresses, 1):
            request = self._request(url, target, address, headers, body)
            try:
                return await self._answer(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as raised:
                # Nothing was sent yet, so the next address may be tried.
                if at == len(addresses) or _is_of_tls(raised):
                    raise
        raise socket.gaierror(f"no address for {target.host}")

    def _request(
        self, url: str, target: Target, address: Address, headers: dict[str, str], body: bytes
    ) -> httpx.Request:
        named = httpx.URL(url)
        fixed = {"host": named.netloc.decode("ascii"), "user-agent": "Bihuan-Webhooks/1", "accept-encoding": "identity"}
        return self._http.build_request(
            "POST",
            named.copy_with(host=str(address)),
            headers=headers | fixed,
            content=body,
            extensions={"sni_hostname": target.host},
        )

    async def _resolved(self, target: Target) -> list[Address]:
        ask = functools.partial(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._resolvers, ask)
        return list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found))

    async def _answer(self, request: httpx.Request) -> tuple[int, str]:
        response = await self._http.send(request, stream=True)
        try:
            read = bytearray()
            if response.status_code != HTTPStatus.NO_CONTENT:
                async for piece in response.aiter_raw():
                    read += piece
                    if len(read) >= _ANSWER_BYTES_MAX:
                        break
            return response.status_code, shown(bytes(read[:_ANSWER_BYTES_MAX]))
        finally:
            await response.aclose()


def shown(answer: bytes) -> str:
    """The start of an answer as people may read it: printable, with long numbers masked."""
    text = "".join(sign if sign.isprintable() else " " for sign in answer.decode("utf-8", "replace"))
    return _LONG_NUMBER.sub(lambda found: f"****{found[0][-4:]}", text)[:_ANSWER_LENGTH_MAX]


def _is_of_tls(raised: BaseException) -> bool:
    cause: BaseException | None = raised
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
