"""Sends several documents in one session of the sandbox authority: open, add, close. It never sends a session again.

Nothing of a session is accepted before it is closed, and the close judges each document again. So a lost answer to the
close is the worst that can happen: the close is repeated, which changes nothing, until it is answered or the session
shows what became of it, or the time is up. What the session shows then is what counts.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Any

from tenacity import (
    AsyncRetrying,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from chassis.ids import new_id
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import BatchItem
from services.invoice_sync.tax.sandbox_answer import code_in, heard, number_in, refusal, sha256_in, words
from services.invoice_sync.tax.sandbox_codes import PARTIAL_BATCH, SESSION_EXPIRED, SESSION_NOT_CLOSED, row_of
from services.invoice_sync.tax.wire import Call, Seen

ITEMS_MAX = 100
# The authority takes batches of 2 MiB; Base64 makes four bytes of three, and each item has a frame.
_DOCUMENT_BYTES_MAX = 1024 * 1024
_ANSWER_BYTES_MAX = 512 * 1024
_CLOSES_MAX = 50
_REST_SECONDS = 0.1
_REST_SECONDS_MAX = 2.0

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAY_BE_TAKEN = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.AUTHORITY_FAULT})

# Carries a call; it may be repeated when the predicate says so, and ends by that instant of the loop's clock.
Ask = Callable[[Call, Callable[[Seen], bool], float], Awaitable[Seen]]


class _End(Enum):
    CLOSED = auto()
    EXPIRED = auto()
    NOT_KNOWN = auto()


class Sessions:
    """`seconds` is for a session as a whole."""

    def __init__(self, ask: Ask, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds

    async def send(self, route: Route, items: Sequence[BatchItem]) -> list[TaxAnswer]:
        """An answer for each item, in order."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        opened = await self._open(route, deadline)
        session_id = opened.body.get("session_id") if opened.status in (200, 201) else None
        if not isinstance(session_id, str) or not _SESSION_ID.fullmatch(session_id):
            # No document has left us, whatever became of the session.
            answer = refusal(opened, lambda row: row.submit)
            if answer.outcome in _MAY_BE_TAKEN:
                answer = replace(answer, outcome=Outcome.NOT_RECEIVED)
            return [answer] * len(items)
        answers: dict[int, TaxAnswer] = {}
        for part in _parts(items):
            answers |= await self._add(route, session_id, part, deadline)
        if any(_may_be_in(answer) for answer in answers.values()):
            end = await self._close(route, session_id, deadline)
            answers = {index: _ended(answer, end) for index, answer in answers.items()}
            if end is _End.CLOSED:
                answers |= await self._judged_again(route, session_id, items, answers, deadline)
        return [answers[index] for index in range(len(items))]

    async def _open(self, route: Route, deadline: float) -> Seen:
        # A key of its own: repeated within this call it is the same session, and never that of another call.
        headers = {"Idempotency-Key": new_id("ses")}
        call = _call("POST", route, "/v1/sessions", "/v1/sessions", headers, b"{}")
        return await self._ask(call, _has_no_answer, deadline)

    async def _add(
        self, route: Route, session_id: str, part: Mapping[int, BatchItem], deadline: float
    ) -> dict[int, TaxAnswer]:
        told = [
            {
                "index": index,
                "key": item.idempotency_key,
                "document": base64.b64encode(item.document).decode(),
            }
            for index, item in part.items()
        ]
        call = _call(
            "POST",
            route,
            "/v1/sessions/{session_id}/invoices",
            f"/v1/sessions/{session_id}/invoices",
            {},
            json.dumps({"items": told}).encode(),
        )
        # Repeated when it got no answer: the same again changes nothing.
        seen = await self._ask(call, _has_no_answer, deadline)
        if seen.status != 200:
            whole = refusal(seen, lambda row: row.submit)
            if _never_left(seen):
                whole = replace(whole, outcome=Outcome.NOT_RECEIVED)
            return dict.fromkeys(part, whole)
        rows = _by_index(seen.body.get("items"))
        return {index: _read_item(seen, rows.get(index), item) for index, item in part.items()}

    async def _close(self, route: Route, session_id: str, deadline: float) -> _End:
        path = f"/v1/sessions/{session_id}"
        close = _call("POST", route, "/v1/sessions/{session_id}/close", f"{path}/close", {}, b"{}")

        async def close_once() -> _End:
            if (await self._ask(close, _never_left, deadline)).status in (200, 202):
                return _End.CLOSED
            shown = await self._show(route, session_id, deadline)
            state = shown.body.get("state") if shown.status == 200 else None
            return _End[state] if state in (_End.CLOSED.name, _End.EXPIRED.name) else _End.NOT_KNOWN

        retrying = AsyncRetrying(
            retry=retry_if_result(lambda end: end is _End.NOT_KNOWN),
            stop=stop_after_attempt(_CLOSES_MAX) | stop_before_delay(deadline - asyncio.get_running_loop().time()),
            wait=wait_random_exponential(multiplier=_REST_SECONDS, max=_REST_SECONDS_MAX),
            retry_error_callback=lambda _: _End.NOT_KNOWN,
        )
        end: _End = await retrying(close_once)
        return end

    async def _judged_again(
        self,
        route: Route,
        session_id: str,
        items: Sequence[BatchItem],
        answers: Mapping[int, TaxAnswer],
        deadline: float,
    ) -> dict[int, TaxAnswer]:
        """What the closed session says of those that it took; UNKNOWN where it cannot be read."""
        shown = await self._show(route, session_id, deadline)
        told = [index for index, answer in answers.items() if answer.outcome is Outcome.ACCEPTED]
        if shown.status != 200:
            unread = heard(shown, Outcome.UNKNOWN, "the session is closed, and what became of it cannot be read")
            return dict.fromkeys(told, unread)
        rows = _by_index(shown.body.get("items"))
        return {index: _read_item(shown, rows.get(index), items[index]) for index in told}

    async def _show(self, route: Route, session_id: str, deadline: float) -> Seen:
        call = _call("GET", route, "/v1/sessions/{session_id}", f"/v1/sessions/{session_id}", {}, None)
        return await self._ask(call, _has_no_answer, deadline)


def _call(
    method: str, route: Route, template: str, path: str, headers: Mapping[str, str], content: bytes | None
) -> Call:
    typed = {"Content-Type": "application/json"} if content is not None else {}
    return Call(
        method,
        f"{route.environment}/{route.region}",
        template,
        path,
        route.credential_id,
        headers={**headers, **typed},
        content=content,
        answer_bytes_max=_ANSWER_BYTES_MAX,
    )


def _parts(items: Sequence[BatchItem]) -> Iterable[dict[int, BatchItem]]:
    """The items with their index in the batch, as many at once as one call may have."""
    part: dict[int, BatchItem] = {}
    size = 0
    for index, item in enumerate(items):
        if part and (len(part) == ITEMS_MAX or size + len(item.document) > _DOCUMENT_BYTES_MAX):
            yield part
            part, size = {}, 0
        part[index] = item
        size += len(item.document)
    if part:
        yield part


def _read_item(seen: Seen, row: Mapping[str, Any] | None, item: BatchItem) -> TaxAnswer:
    status = row.get("status") if row else None
    if row is None or status not in ("TAKEN", "REFUSED"):
        answer = heard(seen, Outcome.UNKNOWN, "the authority's answer lacks this one of the batch")
        return replace(answer, code_detail=PARTIAL_BATCH)
    if status == "REFUSED":
        return _read_refused(seen, row)
    number, echo = number_in(row), sha256_in(row)
    if not number or not echo:
        return heard(seen, Outcome.UNKNOWN, "said to be taken, without a number or a SHA-256")
    outcome, message = Outcome.ACCEPTED, "taken in a session"
    if echo != hashlib.sha256(item.document).hexdigest():
        outcome, message = Outcome.MISMATCH, "the authority took other bytes than were sent"
    answer = heard(seen, outcome, message)
    return replace(answer, invoice_number=number, document_sha256=echo)


def _read_refused(seen: Seen, row: Mapping[str, Any]) -> TaxAnswer:
    """As the same refusal of a single document; the item has no status, so that the code alone decides."""
    code = code_in(row)
    known = next((found for status in (422, 403, 409) if (found := row_of(status, code)).statuses), None)
    answer = heard(
        seen,
        known.submit if known else Outcome.UNKNOWN,
        words(row.get("message"), "refused in a session"),
    )
    return replace(answer, authority_code=code, code_detail=known.detail if known else "")


def _ended(answer: TaxAnswer, end: _End) -> TaxAnswer:
    if end is _End.CLOSED or not _may_be_in(answer):
        return answer
    if end is _End.EXPIRED:
        gone = "the session expired before it was closed; the authority threw it away"
        return replace(answer, outcome=Outcome.NOT_RECEIVED, message=gone, code_detail=SESSION_EXPIRED)
    open_still = "no answer to the close of the session; it may be closed or expire"
    return replace(answer, outcome=Outcome.UNKNOWN, message=open_still, code_detail=SESSION_NOT_CLOSED)


def _may_be_in(answer: TaxAnswer) -> bool:
    """Whether the session has it or may have it; what was taken before is not the session's."""
    return answer.outcome in _MAY_BE_TAKEN or (answer.outcome is Outcome.MISMATCH and bool(answer.invoice_number))


def _by_index(rows: object) -> dict[int, Mapping[str, Any]]:
    if not isinstance(rows, list):
        return {}
    return {row["index"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("index"), int)}


def _never_left(seen: Seen) -> bool:
    return seen.status == 0 and not seen.left


def _has_no_answer(seen: Seen) -> bool:
    return seen.status == 0
