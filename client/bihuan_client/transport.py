"""Sends calls, waits between tries, and closes what it opened; once blocking and once for asyncio. It decides nothing.

`calls` says what is sent and what an answer means, `tries` what is repeated.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Self

import httpx

from .calls import Answer, Call, Operation, Told, begin
from .content import Content, Parts, parts_of
from .tries import Failed, Retries, broken

TIMEOUT_SECONDS = 60.0
UPLOAD_TIMEOUT_SECONDS = 660.0
_CONNECT_SECONDS = 5.0
# What the gateway gives one call, and a moment for the way.
_TRY_SECONDS = 12.0


class Transport:
    """A blocking connection to one gateway, with the key to it. Threads may share it."""

    def __init__(self, url: str, token: str, retries: Retries | None = None, http: httpx.Client | None = None) -> None:
        self._http = http or httpx.Client()
        self._where, self._retries = _Where(url, token), retries or Retries()

    def send(
        self,
        operation: Operation[Answer],
        values: Mapping[str, Any],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> Answer:
        """The answer to one call, however many tries it takes. Raises Refused or NoAnswer."""
        call = begin(operation, values, idempotency_key, timeout_seconds or TIMEOUT_SECONDS, self._retries)
        while isinstance(outcome := self._try(call, None), Failed):
            time.sleep(call.wait_seconds(outcome))
        return outcome

    def upload(
        self,
        operation: Operation[Answer],
        content: Content,
        values: Mapping[str, Any],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> Answer:
        """The answer to bytes that are sent as they are read. Raises Refused or NoAnswer."""
        call = begin(operation, values, idempotency_key, timeout_seconds or UPLOAD_TIMEOUT_SECONDS, self._retries)
        with parts_of(content) as parts:
            while isinstance(outcome := self._try(call, parts), Failed):
                time.sleep(call.wait_seconds(outcome, can_send_again=parts.can_rewind))
        return outcome

    def _try(self, call: Call[Answer], parts: Parts | None) -> Answer | Failed:
        sent = self._where.addressed(call)
        if parts is not None:
            parts.rewind()
            sent["content"] = iter(parts)
        try:
            with self._http.stream(**sent) as answer:
                body = b"".join(_before(call.deadline, answer))
        except httpx.TransportError as fault:
            return broken(fault)
        return call.read(Told(answer.status_code, answer.headers, body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncTransport:
    """A connection to one gateway for asyncio, with the key to it. It belongs to one loop."""

    def __init__(
        self, url: str, token: str, retries: Retries | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        self._http = http or httpx.AsyncClient()
        self._where, self._retries = _Where(url, token), retries or Retries()

    async def send(
        self,
        operation: Operation[Answer],
        values: Mapping[str, Any],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> Answer:
        """The answer to one call, however many tries it takes. Raises Refused or NoAnswer."""
        call = begin(operation, values, idempotency_key, timeout_seconds or TIMEOUT_SECONDS, self._retries)
        while True:
            outcome = await self._try(call, None)
            if not isinstance(outcome, Failed):
                return outcome
            await asyncio.sleep(call.wait_seconds(outcome))

    async def upload(
        self,
        operation: Operation[Answer],
        content: Content,
        values: Mapping[str, Any],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> Answer:
        """The answer to bytes that are sent as they are read. Raises Refused or NoAnswer."""
        call = begin(operation, values, idempotency_key, timeout_seconds or UPLOAD_TIMEOUT_SECONDS, self._retries)
        with parts_of(content) as parts:
            while True:
                outcome = await self._try(call, parts)
                if not isinstance(outcome, Failed):
                    return outcome
                await asyncio.sleep(call.wait_seconds(outcome, can_send_again=parts.can_rewind))

    async def _try(self, call: Call[Answer], parts: Parts | None) -> Answer | Failed:
        sent = self._where.addressed(call)
        if parts is not None:
            parts.rewind()
            sent["content"] = aiter(parts)
        try:
            async with asyncio.timeout(call.remaining_seconds):
                answer = await self._http.request(**sent)
        except TimeoutError:
            return Failed("the deadline passed", may_be_done=True)
        except httpx.TransportError as fault:
            return broken(fault)
        return call.read(Told(answer.status_code, answer.headers, answer.content))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Calls:
    """The calls of a service, over one connection."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport


class AsyncCalls:
    """The calls of a service, over one connection for asyncio."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport


class _Where:
    """A gateway and the key to it."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url.rstrip("/"), token

    def addressed(self, call: Call[Any]) -> dict[str, Any]:
        """What httpx sends on the next try of a call."""
        sent = call.request()
        sent["url"] = self._url + sent["url"]
        sent["headers"]["authorization"] = f"Bearer {self._token}"
        left = max(call.remaining_seconds, 0.001)
        one_try = left if call.operation.is_upload else min(left, _TRY_SECONDS)
        sent["timeout"] = httpx.Timeout(one_try, connect=min(left, _CONNECT_SECONDS))
        return sent

    def __repr__(self) -> str:
        return self._url  # never the key


def _before(deadline: float, answer: httpx.Response) -> Any:
    """The parts of a body while there is time: httpx bounds the wait for each part and not the sum."""
    for part in answer.iter_bytes():
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the deadline passed")
        yield part
