"""Attempt service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .attempt import Attempt, AttemptOperation, AttemptOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStatistics:
    """How long the matching attempts of one operation and outcome took."""

    operation: AttemptOperation = "OPERATION_UNSPECIFIED"
    """What was asked."""

    outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED"
    """What came of it; unspecified for those under way."""

    attempt_count: int = 0
    """How many."""

    p50_ms: int = 0
    """Half took at most this long, in milliseconds."""

    p95_ms: int = 0
    """Ninety-five in a hundred took at most this long."""

    p99_ms: int = 0
    """Ninety-nine in a hundred took at most this long."""

    max_ms: int = 0
    """The longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAttemptResponse:
    """One attempt with its bodies."""

    attempt: Attempt | None = None
    """The attempt."""

    request_masked: str = ""
    """What was sent, with names and numbers masked; empty for a query."""

    response_masked: str = ""
    """What was received, masked; empty when nothing came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAttemptsResponse:
    """A page of the log."""

    attempts: Sequence[Attempt] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""

    statistics: Sequence[AttemptStatistics] = ()
    """Over all that match, by operation and outcome; on the first page only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLogResponse:
    """What the check found."""

    intact: bool = False
    """True when every entry follows from the one before, up to the head."""

    attempt_count: int = 0
    """How many attempts were checked."""

    broken_attempt_no: int = 0
    """The first attempt that does not follow; 0 when intact."""

    why: str = ""
    """What is wrong with it; empty when intact."""

    log_head: str = ""
    """The head of the chain, 64 hex digits."""


_GET_ATTEMPT = Operation(
    name="get_attempt",
    verb="GET",
    template="/v1/attempts/{attempt_id}",
    body="",
    answer=GetAttemptResponse,
    variables=("attempt_id",),
)
_SEARCH_ATTEMPTS = Operation(
    name="search_attempts", verb="POST", template="/v1/attempts:search", body="*", answer=SearchAttemptsResponse
)
_VERIFY_LOG = Operation(
    name="verify_log",
    verb="GET",
    template="/v1/invoices/{invoice_id}/log:verify",
    body="",
    answer=VerifyLogResponse,
    variables=("invoice_id",),
)


class AttemptService(Calls):
    """Searches the attempt log and proves that nothing in it was changed. 传输日志 Blocking."""

    def get_attempt(self, attempt_id: str, *, timeout_seconds: float | None = None) -> GetAttemptResponse:
        """Gets one attempt with what was sent and received, masked.

        attempt_id: Ours.
        """
        return self._transport.send(_GET_ATTEMPT, {"attempt_id": attempt_id}, "", timeout_seconds)

    def search_attempts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> SearchAttemptsResponse:
        """Searches the log over all invoices, newest first, by page, with the durations of all that match.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        return self._transport.send(
            _SEARCH_ATTEMPTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "from_time": from_time,
                "to_time": to_time,
                "seller_tax_id": seller_tax_id,
                "operation": operation,
                "outcome": outcome,
                "authority_code": authority_code,
                "cause": cause,
            },
            "",
            timeout_seconds,
        )

    def search_all_attempts(
        self,
        *,
        page_size: int = 0,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Attempt]:
        """What all pages of `search_attempts` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        for page in pages(
            lambda token: self.search_attempts(
                page_size=page_size,
                from_time=from_time,
                to_time=to_time,
                seller_tax_id=seller_tax_id,
                operation=operation,
                outcome=outcome,
                authority_code=authority_code,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.attempts

    def verify_log(self, invoice_id: str, *, timeout_seconds: float | None = None) -> VerifyLogResponse:
        """Checks the chain of an invoice's attempts from its beginning to its head.

        invoice_id: The invoice.
        """
        return self._transport.send(_VERIFY_LOG, {"invoice_id": invoice_id}, "", timeout_seconds)


class AsyncAttemptService(AsyncCalls):
    """Searches the attempt log and proves that nothing in it was changed. 传输日志 For asyncio."""

    async def get_attempt(self, attempt_id: str, *, timeout_seconds: float | None = None) -> GetAttemptResponse:
        """Gets one attempt with what was sent and received, masked.

        attempt_id: Ours.
        """
        return await self._transport.send(_GET_ATTEMPT, {"attempt_id": attempt_id}, "", timeout_seconds)

    async def search_attempts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> SearchAttemptsResponse:
        """Searches the log over all invoices, newest first, by page, with the durations of all that match.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        return await self._transport.send(
            _SEARCH_ATTEMPTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "from_time": from_time,
                "to_time": to_time,
                "seller_tax_id": seller_tax_id,
                "operation": operation,
                "outcome": outcome,
                "authority_code": authority_code,
                "cause": cause,
            },
            "",
            timeout_seconds,
        )

    async def search_all_attempts(
        self,
        *,
        page_size: int = 0,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Attempt]:
        """What all pages of `search_attempts` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        async for page in async_pages(
            lambda token: self.search_attempts(
                page_size=page_size,
                from_time=from_time,
                to_time=to_time,
                seller_tax_id=seller_tax_id,
                operation=operation,
                outcome=outcome,
                authority_code=authority_code,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.attempts:
                yield one

    async def verify_log(self, invoice_id: str, *, timeout_seconds: float | None = None) -> VerifyLogResponse:
        """Checks the chain of an invoice's attempts from its beginning to its head.

        invoice_id: The invoice.
        """
        return await self._transport.send(_VERIFY_LOG, {"invoice_id": invoice_id}, "", timeout_seconds)
