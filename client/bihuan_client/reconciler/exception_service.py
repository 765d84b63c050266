"""Exception service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

# ruff: noqa: A002  # the contract names the fields

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .exception import ExceptionAction, ExceptionClass, ExceptionState, ReconcilerException

# In which order they come.
ListExceptionsRequestOrder: TypeAlias = Literal[
    # Newest first.
    "ORDER_UNSPECIFIED",
    # Oldest first.
    "ORDER_OLDEST_FIRST",
    # By amount_minor, the largest first.
    "ORDER_LARGEST_FIRST",
    # By amount_minor, the smallest first.
    "ORDER_SMALLEST_FIRST",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignExceptionsResponse:
    """What came of each."""

    results: Sequence[ExceptionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmExceptionsResponse:
    """What came of each."""

    results: Sequence[ExceptionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionFilter:
    """Which exceptions are meant. Empty filters mean every value; each is as in ListExceptionsRequest."""

    run_id: str = ""
    """Only of this run."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """Only of this class."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """Only in this state."""

    payment_id: str = ""
    """Only of this payment."""

    channel: str = ""
    """Only of this channel."""

    business_date_from: str = ""
    """Only of business days from this one on, YYYY-MM-DD."""

    business_date_to: str = ""
    """Only of business days up to this one, itself included, YYYY-MM-DD."""

    assignee: str = ""
    """Only what this person has to clear."""

    merchant_id: str = ""
    """Only of this merchant's payments."""

    currency_code: str = ""
    """Only of this currency, on either side."""

    amount_minor_from: int = 0
    """Only from this amount_minor on."""

    amount_minor_to: int = 0
    """Only up to this amount_minor, itself included; 0 means without end."""

    age_hours_min: int = 0
    """Only what was found at least so many hours ago; at most ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResult:
    """What came of one exception."""

    exception_id: str = ""
    """Ours."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """Its state afterwards; unset when there is no such exception."""

    refusal: str = ""
    """Empty when it was done, else why not: NOT_FOUND, DRY_RUN, RESOLVED, ALREADY_CONFIRMED or SAME_PERSON."""

    message: str = ""
    """The refusal as a sentence in English; empty when it was done."""

    message_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionSummary:
    """The exceptions of one class in one state."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """The class."""

    exception_class_zh: str = ""
    """The class in Chinese, with its viewpoint."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """The state."""

    exception_count: int = 0
    """How many."""

    book_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    channel_sums: Sequence[Money] = ()
    """The channel's money in them, signed, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetExceptionResponse:
    """One exception."""

    exception: ReconcilerException | None = None
    """The exception."""

    actions: Sequence[ExceptionAction] = ()
    """What was done about it, in order of time; also what was done about the same in earlier runs of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExceptionsResponse:
    """A page of exceptions."""

    exceptions: Sequence[ReconcilerException] = ()
    """In the order that was asked for."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeExceptionsResponse:
    """Counts and sums."""

    summaries: Sequence[ExceptionSummary] = ()
    """By class, then state."""


_ASSIGN_EXCEPTIONS = Operation(
    name="assign_exceptions",
    verb="POST",
    template="/v1/exceptions:assign",
    body="*",
    answer=AssignExceptionsResponse,
    takes_key=True,
    mutates=True,
)
_CONFIRM_EXCEPTIONS = Operation(
    name="confirm_exceptions",
    verb="POST",
    template="/v1/exceptions:confirm",
    body="*",
    answer=ConfirmExceptionsResponse,
    takes_key=True,
    mutates=True,
)
_GET_EXCEPTION = Operation(
    name="get_exception",
    verb="GET",
    template="/v1/exceptions/{exception_id}",
    body="",
    answer=GetExceptionResponse,
    variables=("exception_id",),
)
_LIST_EXCEPTIONS = Operation(
    name="list_exceptions", verb="GET", template="/v1/exceptions", body="", answer=ListExceptionsResponse
)
_SUMMARIZE_EXCEPTIONS = Operation(
    name="summarize_exceptions",
    verb="GET",
    template="/v1/exceptions:summary",
    body="",
    answer=SummarizeExceptionsResponse,
)


class ExceptionService(Calls):
    """Tells what does not agree, and keeps who has it to clear and who confirmed it. Blocking."""

    def assign_exceptions(
        self,
        *,
        exception_ids: Sequence[str],
        assignee: str = "",
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> AssignExceptionsResponse:
        """Gives exceptions to somebody to clear, or back to nobody, with a result for each. Idempotent by
        request_id.

        exception_ids: Which; one that stands twice counts once.
        assignee: Who has them to clear from now on; empty gives them back to nobody.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _ASSIGN_EXCEPTIONS,
            {"exception_ids": exception_ids, "assignee": assignee, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    def confirm_exceptions(
        self,
        *,
        exception_ids: Sequence[str] = (),
        filter: ExceptionFilter | None = None,
        expected_count: int = 0,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmExceptionsResponse:
        """Confirms that exceptions are as the run found them, with a result for each. One whose money reaches
        the second confirmation of its run's rule set waits for another person. Idempotent by request_id.
        COUNT_DIFFERS, and nothing confirmed, when the filter finds another number than was expected.

        exception_ids: Which; one that stands twice counts once. Empty when a filter is given.
        filter: All that it finds and that are not resolved or confirmed; unset when ids are given.
        expected_count: How many the filter has to find, as the caller saw them; up to 10,000. 0 with ids.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CONFIRM_EXCEPTIONS,
            {"exception_ids": exception_ids, "filter": filter, "expected_count": expected_count, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception, with what was done about it.

        exception_id: Ours.
        """
        return self._transport.send(_GET_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    def list_exceptions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        return self._transport.send(
            _LIST_EXCEPTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "exception_class": exception_class,
                "state": state,
                "payment_id": payment_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "assignee": assignee,
                "merchant_id": merchant_id,
                "currency_code": currency_code,
                "amount_minor_from": amount_minor_from,
                "amount_minor_to": amount_minor_to,
                "age_hours_min": age_hours_min,
                "order": order,
            },
            "",
            timeout_seconds,
        )

    def list_all_exceptions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        for page in pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                assignee=assignee,
                merchant_id=merchant_id,
                currency_code=currency_code,
                amount_minor_from=amount_minor_from,
                amount_minor_to=amount_minor_to,
                age_hours_min=age_hours_min,
                order=order,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.exceptions

    def summarize_exceptions(
        self, *, filter: ExceptionFilter | None = None, timeout_seconds: float | None = None
    ) -> SummarizeExceptionsResponse:
        """Counts exceptions and adds up their money, by class and state.

        filter: Of which exceptions.
        """
        return self._transport.send(_SUMMARIZE_EXCEPTIONS, {"filter": filter}, "", timeout_seconds)


class AsyncExceptionService(AsyncCalls):
    """Tells what does not agree, and keeps who has it to clear and who confirmed it. For asyncio."""

    async def assign_exceptions(
        self,
        *,
        exception_ids: Sequence[str],
        assignee: str = "",
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> AssignExceptionsResponse:
        """Gives exceptions to somebody to clear, or back to nobody, with a result for each. Idempotent by
        request_id.

        exception_ids: Which; one that stands twice counts once.
        assignee: Who has them to clear from now on; empty gives them back to nobody.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _ASSIGN_EXCEPTIONS,
            {"exception_ids": exception_ids, "assignee": assignee, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    async def confirm_exceptions(
        self,
        *,
        exception_ids: Sequence[str] = (),
        filter: ExceptionFilter | None = None,
        expected_count: int = 0,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmExceptionsResponse:
        """Confirms that exceptions are as the run found them, with a result for each. One whose money reaches
        the second confirmation of its run's rule set waits for another person. Idempotent by request_id.
        COUNT_DIFFERS, and nothing confirmed, when the filter finds another number than was expected.

        exception_ids: Which; one that stands twice counts once. Empty when a filter is given.
        filter: All that it finds and that are not resolved or confirmed; unset when ids are given.
        expected_count: How many the filter has to find, as the caller saw them; up to 10,000. 0 with ids.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CONFIRM_EXCEPTIONS,
            {"exception_ids": exception_ids, "filter": filter, "expected_count": expected_count, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    async def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception, with what was done about it.

        exception_id: Ours.
        """
        return await self._transport.send(_GET_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    async def list_exceptions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        return await self._transport.send(
            _LIST_EXCEPTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "exception_class": exception_class,
                "state": state,
                "payment_id": payment_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "assignee": assignee,
                "merchant_id": merchant_id,
                "currency_code": currency_code,
                "amount_minor_from": amount_minor_from,
                "amount_minor_to": amount_minor_to,
                "age_hours_min": age_hours_min,
                "order": order,
            },
            "",
            timeout_seconds,
        )

    async def list_all_exceptions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        async for page in async_pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                assignee=assignee,
                merchant_id=merchant_id,
                currency_code=currency_code,
                amount_minor_from=amount_minor_from,
                amount_minor_to=amount_minor_to,
                age_hours_min=age_hours_min,
                order=order,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.exceptions:
                yield one

    async def summarize_exceptions(
        self, *, filter: ExceptionFilter | None = None, timeout_seconds: float | None = None
    ) -> SummarizeExceptionsResponse:
        """Counts exceptions and adds up their money, by class and state.

        filter: Of which exceptions.
        """
        return await self._transport.send(_SUMMARIZE_EXCEPTIONS, {"filter": filter}, "", timeout_seconds)
