"""Speaks protocol v1 of the sandbox authority (services/tax_sandbox/README.md) and maps its words to our outcomes.

It never decides what to do next, and it repeats by itself only what cannot have arrived, and questions. What each
answer means stands in sandbox_answer.py.
"""

# ruff: noqa: ARG002  the seam names what other authorities need

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
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
from chassis.clock import Clock, SystemClock
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import BatchItem, NotOffered, Numbers, Outage, Quota, Totals, WindowPage
from services.invoice_sync.tax.sandbox_answer import Seen, json_object, read_query, read_submit, retry_after_seconds

ANSWER_BYTES_MAX = 64 * 1024
_TRIES_MAX = 3
_RETRY_BASE_SECONDS = 0.05
_RETRY_SECONDS_MAX = 1.0
_CONNECTIONS_MAX = 32
# Shorter than the server keeps a connection, so that we seldom write into one that it is closing.
_KEEP_ALIVE_SECONDS = 10.0

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# Nothing of the request can have left: no connection was made, or none was free.
_BEFORE_THE_FIRST_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: for a connection, each read, each write, a free place in the pool; and for a call with all its tries."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    write_seconds: float = 10.0
    pool_seconds: float = 5.0
    call_seconds: float = 25.0


class SandboxTaxSystem:
    """The sandbox authority at a URL such as http://127.0.0.1:8090, with a pool of connections; close it at the end.

    Raises ValueError when the URL is no address.
    """

    def __init__(self, url: str, timeouts: Timeouts | None = None, clock: Clock | None = None) -> None:
        place = urlsplit(url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ValueError(f"{url!r} is no address of a tax system")
        self._timeouts = timeouts or Timeouts()
        self._clock = clock or SystemClock()
        self._url = url.rstrip("/")
        self._server: dict[str, str | int] = {
            "server.address": place.hostname,
            "server.port": place.port or (443 if place.scheme == "https" else 80),
        }
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(
                connect=self._timeouts.connect_seconds,
                read=self._timeouts.read_seconds,
                write=self._timeouts.write_seconds,
                pool=self._timeouts.pool_seconds,
            ),
            limits=httpx.Limits(max_connections=_CONNECTIONS_MAX, keepalive_expiry=_KEEP_ALIVE_SECONDS),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def submit(self, route: Route, document: bytes, idempotency_key: str) -> TaxAnswer:
        """See TaxSystem. Tried again here only while no connection can be made."""
        assert _KEY.fullmatch(idempotency_key), f"{idempotency_key!r} is no key of the protocol"
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json"}
        call = _Call(
            "POST",
            "/v1/invoices",
            "/v1/invoices",
            headers=headers,
            content=document,
            unreached=Outcome.NOT_RECEIVED,
        )
        sha256 = hashlib.sha256(document).hexdigest()
        return await self._with_retry(call, lambda seen: read_submit(seen, sha256), _is_not_received)

    async def query_by_key(self, route: Route, seller_tax_id: str, idempotency_key: str) -> TaxAnswer:
        """See TaxSystem. A question that got no answer is asked again, a few times."""
        call = _Call("GET", "/v1/invoices", "/v1/invoices", {"seller_tax_id": seller_tax_id, "key": idempotency_key})
        return await self._with_retry(call, lambda seen: read_query(seen, "key", idempotency_key), _is_unanswered)

    async def query_by_number(self, route: Route, invoice_number: str) -> TaxAnswer:
        """See TaxSystem. A question that got no answer is asked again, a few times."""
        assert _KEY.fullmatch(invoice_number), f"{invoice_number!r} is no invoice number"
        call = _Call("GET", "/v1/invoices/{number}", f"/v1/invoices/{invoice_number}")
        return await self._with_retry(call, lambda seen: read_query(seen, "number", invoice_number), _is_unanswered)

    offers_window = False

    def elsewhere(self, route: Route) -> Sequence[Route]:
        """See TaxSystem. The URL names one place, so there is no other to ask."""
        return ()

    async def window(
        self, route: Route, seller_tax_id: str, from_time: datetime, after: str
    ) -> WindowPage | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def totals(self, route: Route, seller_tax_id: str, issue_date: date) -> Totals | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def ping(self, route: Route) -> TaxAnswer | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def announcements(self, route: Route) -> Sequence[Outage] | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def buyer_view(self, route: Route, invoice_number: str, buyer_tax_id: str) -> TaxAnswer | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def seal(self, route: Route, invoice_number: str) -> TaxAnswer | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def quota(self, route: Route, seller_tax_id: str) -> Quota | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def take_numbers(self, route: Route, seller_tax_id: str, count: int, key: str) -> Numbers | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def submit_batch(self, route: Route, items: Sequence[BatchItem]) -> Sequence[TaxAnswer] | NotOffered:
        """See TaxSystem."""
        return NotOffered()

    async def _with_retry(
        self, call: "_Call", read: Callable[[Seen], TaxAnswer], is_worth_another: Callable[[TaxAnswer], bool]
    ) -> TaxAnswer:
        retrying = AsyncRetrying(
            retry=retry_if_result(is_worth_another),
            stop=stop_after_attempt(_TRIES_MAX) | stop_before_delay(self._timeouts.call_seconds),
            wait=wait_random_exponential(multiplier=_RETRY_BASE_SECONDS, max=_RETRY_SECONDS_MAX),
            retry_error_callback=_last_answer,
        )
        deadline = asyncio.get_running_loop().time() + self._timeouts.call_seconds
        answer: TaxAnswer = await retrying(self._try, call, read, deadline)
        return answer

    async def _try(self, call: "_Call", read: Callable[[Seen], TaxAnswer], deadline: float) -> TaxAnswer:
        attributes: dict[str, str | int | bool] = {
            "http.request.method": call.method,
            "url.template": call.template,
            "url.full": self._url + call.path,  # without the query, which has a tax number in it
            **self._server,
        }
        with telemetry.span(f"{call.method} {call.template}", kind=SpanKind.CLIENT, attributes=attributes) as span:
            try:
                async with asyncio.timeout_at(deadline):
                    seen = await self._exchange(call)
            except _BEFORE_THE_FIRST_BYTE as fault:
                return _unheard(span, fault, call.unreached, "no connection was made")
            except (httpx.TransportError, TimeoutError, _AnswerTooLong) as fault:
                return _unheard(span, fault, Outcome.UNKNOWN, "the request may have arrived; no answer was read")
            span.set_attribute("http.response.status_code", seen.status)
            if seen.status >= 400:
                telemetry.fail(span, str(seen.status))
            return replace(
                read(seen),
                http_status=seen.status,
                url_path=call.template,
                response=seen.raw,
                response_sha256=hashlib.sha256(seen.raw).hexdigest() if seen.raw else "",
                retry_after_seconds=retry_after_seconds(seen.retry_after, self._clock.now()),
            )

    async def _exchange(self, call: "_Call") -> Seen:
        headers = dict(call.headers)
        if traceparent := telemetry.current_traceparent():
            headers["traceparent"] = traceparent
        async with self._http.stream(
            call.method, self._url + call.path, params=call.params, headers=headers, content=call.content
        ) as answer:
            raw = bytearray()
            async for chunk in answer.aiter_raw():
                raw += chunk
                if len(raw) > ANSWER_BYTES_MAX:
                    raise _AnswerTooLong
            # We asked for no encoding, and unpacking what came nevertheless would have no bound.
            is_plain = answer.headers.get("content-encoding", "identity") == "identity"
            body = json_object(bytes(raw)) if is_plain else {}
            return Seen(answer.status_code, body, bytes(raw), answer.headers.get("retry-after", ""))


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    template: str
    path: str
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    unreached: Outcome = Outcome.UNKNOWN


class _AnswerTooLong(Exception):
    """The answer has more than ANSWER_BYTES_MAX bytes."""


def _unheard(span: Span, fault: Exception, outcome: Outcome, message: str) -> TaxAnswer:
    kind = type(fault).__name__.lstrip("_")
    telemetry.fail(span, kind)
    return TaxAnswer(outcome, f"{message} ({kind})")


def _is_not_received(answer: TaxAnswer) -> bool:
    return answer.outcome is Outcome.NOT_RECEIVED and answer.http_status == 0


def _is_unanswered(answer: TaxAnswer) -> bool:
    return answer.outcome is Outcome.UNKNOWN and (answer.http_status == 0 or answer.http_status >= 500)


def _last_answer(state: RetryCallState) -> Any:
    assert state.outcome is not None, "tenacity gave up before it began"
    return state.outcome.result()
