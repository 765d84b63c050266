"""An issuer's public keys: fetched, kept for a while, fetched again. Which tokens are good, it does not know.

While an issuer does not answer, the keys that it last gave go on for a bounded time: people can work, and a key that
was withdrawn does not stay for ever. Whoever sends unknown key ids makes us ask no more often than once in a while.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from chassis.errors import Kind, plain_fault

FRESH_SECONDS = 600.0
# Four hours: a night shift outlives an issuer's outage, and a withdrawn key does not outlive the shift.
STALE_SECONDS_MAX = 14_400.0
ASK_AGAIN_SECONDS = 30.0
_FETCH_SECONDS = 5.0
_BYTES_MAX = 256 * 1024
_KEYS_MAX = 100
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an issuer's keys are: a file, a URL, or, when both are empty, where its discovery document says."""

    issuer: str
    jwks_url: str = ""
    jwks_file: str = ""
    ca_file: str = ""


class KeySet:
    """The keys of one issuer, by kid."""

    def __init__(self, source: Source, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._keys: dict[str, Key] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def find(self, key_id: str) -> Key | None:
        """The key by that id; None when the issuer has none. Raises UNAVAILABLE when no keys could be had."""
        if key_id not in self._keys or self._age() > FRESH_SECONDS:
            await self._ask()
        if self._age() > STALE_SECONDS_MAX:
            raise plain_fault(Kind.UNAVAILABLE)
        return self._keys.get(key_id)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._monotonic() - self._fetched_at

    async def _ask(self) -> None:
        """Fetch, unless somebody did a moment ago; a failure leaves what is there."""
        async with self._asking:
            now = self._monotonic()
            if self._asked_at is not None and now - self._asked_at < ASK_AGAIN_SECONDS:
                return
            self._asked_at = now
            try:
                async with asyncio.timeout(_FETCH_SECONDS):
                    self._keys = _keys_of(await _fetch(self._source))
            except (httpx.HTTPError, OSError, TimeoutError, ValueError) as fault:
                _log.warning("keys not had", issuer=self._source.issuer, error=type(fault).__name__, age=self._age())
                return
            self._fetched_at = now


async def _fetch(source: Source) -> Any:
    if source.jwks_file:
        return json.loads(await asyncio.to_thread(Path(source.jwks_file).read_bytes))
    trust = ssl.create_default_context(cafile=source.ca_file or None)
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=_FETCH_SECONDS) as client:
        url = source.jwks_url or await _discovered(client, source.issuer)
        return await _get(client, url)


async def _discovered(client: httpx.AsyncClient, issuer: str) -> str:
    document = await _get(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
    # OpenID Connect Discovery 1.0, 4.3: else one issuer could answer for another.
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the discovery document is of another issuer")
    return str(document.get("jwks_uri"))


async def _get(client: httpx.AsyncClient, url: str) -> Any:
    check_url(url)
    async with client.stream("GET", url) as answer:
        answer.raise_for_status()
        content = b""
        async for piece in answer.aiter_bytes():
            content += piece
            if len(content) > _BYTES_MAX:
                raise ValueError("the answer is too large")
    return json.loads(content)


def check_url(url: str) -> None:
    """ValueError unless a URL is https, or http on this machine."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not is_here and not (parts.scheme == "https" and parts.hostname):
        raise ValueError(f"must be https, is {url!r}")


def _keys_of(document: Any) -> dict[str, Key]:
    """The keys that have an id and are of a kind that is known; the others are not for us (RFC 7517, 5)."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("no key set")  # noqa: TRY004  of what was received, as the others
    found: dict[str, Key] = {}
    for one in document["keys"][:_KEYS_MAX]:
        if isinstance(one, dict) and isinstance(one.get("kid"), str) and one.get("kty") in ("EC", "OKP", "RSA"):
            try:
                found[one["kid"]] = import_key(one)
            except (JoseError, ValueError) as fault:
                _log.warning("key not read", kid=one["kid"], error=type(fault).__name__)
    return found
