"""Suggestion service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .suggestion import Suggestion, SuggestionAction, SuggestionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSuggestionsResponse:
    """What came of each."""

    results: Sequence[SuggestionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineSuggestionsResponse:
    """What came of each."""

    results: Sequence[SuggestionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSuggestionResponse:
    """One suggestion."""

    suggestion: Suggestion | None = None
    """The suggestion."""

    actions: Sequence[SuggestionAction] = ()
    """What was decided about it, in order of time; also about the same in earlier runs of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSuggestionsResponse:
    """A page of suggestions."""

    suggestions: Sequence[Suggestion] = ()
    """Newest run first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionResult:
    """What came of one suggestion."""

    suggestion_id: str = ""
    """Ours."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """Its state afterwards; unset when there is no such suggestion."""

    refusal: str = ""
    """Empty when it was done, else why not: NOT_FOUND, SUPERSEDED (also of a dry run), RUN_IN_PROGRESS,
    ALREADY_CONFIRMED, ALREADY_DECLINED, SAME_PERSON or ALREADY_MATCHED.
    """

    message: str = ""
    """The refusal as a sentence in English; empty when it was done."""

    message_zh: str = ""
    """The same in Chinese."""

    matched_row_id: str = ""
    """The payment or line that is matched meanwhile; empty unless ALREADY_MATCHED."""


_CONFIRM_SUGGESTIONS = Operation(
    name="confirm_suggestions",
    verb="POST",
    template="/v1/suggestions:confirm",
    body="*",
    answer=ConfirmSuggestionsResponse,
    takes_key=True,
    mutates=True,
)
_DECLINE_SUGGESTIONS = Operation(
    name="decline_suggestions",
    verb="POST",
    template="/v1/suggestions:decline",
    body="*",
    answer=DeclineSuggestionsResponse,
    takes_key=True,
    mutates=True,
)
_GET_SUGGESTION = Operation(
    name="get_suggestion",
    verb="GET",
    template="/v1/suggestions/{suggestion_id}",
    body="",
    answer=GetSuggestionResponse,
    variables=("suggestion_id",),
)
_LIST_SUGGESTIONS = Operation(
    name="list_suggestions", verb="GET", template="/v1/suggestions", body="", answer=ListSuggestionsResponse
)


class SuggestionService(Calls):
    """Lays before people what rules may not post by themselves. Blocking."""

    def confirm_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmSuggestionsResponse:
        """Confirms suggestions, with a result for each: the match is told to payments exactly as an automatic
        one, in the same transaction. One whose money reaches the second confirmation waits for another
        person. One of whose rows is matched meanwhile is refused, and the row named. Idempotent by
        request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CONFIRM_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    def decline_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeclineSuggestionsResponse:
        """Declines suggestions, with a result for each: every row becomes an exception of its own side.
        Idempotent by request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _DECLINE_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    def get_suggestion(self, suggestion_id: str, *, timeout_seconds: float | None = None) -> GetSuggestionResponse:
        """Gets one suggestion, with what was decided about it.

        suggestion_id: Ours.
        """
        return self._transport.send(_GET_SUGGESTION, {"suggestion_id": suggestion_id}, "", timeout_seconds)

    def list_suggestions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListSuggestionsResponse:
        """Lists the suggestions of the runs that stand, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        return self._transport.send(
            _LIST_SUGGESTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "state": state,
                "rule_id": rule_id,
            },
            "",
            timeout_seconds,
        )

    def list_all_suggestions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Suggestion]:
        """What all pages of `list_suggestions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        for page in pages(
            lambda token: self.list_suggestions(
                page_size=page_size,
                run_id=run_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                state=state,
                rule_id=rule_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.suggestions


class AsyncSuggestionService(AsyncCalls):
    """Lays before people what rules may not post by themselves. For asyncio."""

    async def confirm_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmSuggestionsResponse:
        """Confirms suggestions, with a result for each: the match is told to payments exactly as an automatic
        one, in the same transaction. One whose money reaches the second confirmation waits for another
        person. One of whose rows is matched meanwhile is refused, and the row named. Idempotent by
        request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CONFIRM_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    async def decline_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeclineSuggestionsResponse:
        """Declines suggestions, with a result for each: every row becomes an exception of its own side.
        Idempotent by request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _DECLINE_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    async def get_suggestion(
        self, suggestion_id: str, *, timeout_seconds: float | None = None
    ) -> GetSuggestionResponse:
        """Gets one suggestion, with what was decided about it.

        suggestion_id: Ours.
        """
        return await self._transport.send(_GET_SUGGESTION, {"suggestion_id": suggestion_id}, "", timeout_seconds)

    async def list_suggestions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListSuggestionsResponse:
        """Lists the suggestions of the runs that stand, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        return await self._transport.send(
            _LIST_SUGGESTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "state": state,
                "rule_id": rule_id,
            },
            "",
            timeout_seconds,
        )

    async def list_all_suggestions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Suggestion]:
        """What all pages of `list_suggestions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        async for page in async_pages(
            lambda token: self.list_suggestions(
                page_size=page_size,
                run_id=run_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                state=state,
                rule_id=rule_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.suggestions:
                yield one
