"""Statement fetch service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

# Where it is.
StatementFetchState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # The channel does not have it yet, and its deadline has not passed.
    "STATE_WAITING",
    # Its bytes came; they are being loaded.
    "STATE_FETCHED",
    # It is loaded.
    "STATE_LOADED",
    # Its bytes came and break a rule; it is loaded when the channel has others.
    "STATE_REFUSED",
    # 对账单缺失: the deadline has passed without it; it is still asked for until give_up_time.
    "STATE_MISSING",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementFetchesResponse:
    """A page of days."""

    statement_fetches: Sequence[StatementFetch] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFetch:
    """The statement of one business day that is fetched from one source. 对账单拉取"""

    fetch_id: str = ""
    """Ours: the day and the source. A file that is loaded by hand for this day has "fetch." and this as its
    request_id.
    """

    source_id: str = ""
    """The source, as the configuration names it."""

    channel: str = ""
    """The channel."""

    account_no: str = field(default="", repr=False)
    """The account that the file has to be of; empty when the configuration names none."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: StatementFetchState = "STATE_UNSPECIFIED"
    """Where it is."""

    alert: str = ""
    """STATEMENT_MISSING or STATEMENT_REFUSED while a person should look; else empty."""

    late: bool = False
    """Whether it was loaded after its deadline."""

    attempts: int = 0
    """How often it was tried."""

    cause: str = ""
    """Why the last try brought no statement, such as NOT_THERE, HOST_KEY or the code of a refusal; empty when it
    did.
    """

    detail: str = ""
    """The same for people."""

    available_time: datetime | None = None
    """Before this it is not asked for."""

    deadline_time: datetime | None = None
    """After this it is missing."""

    give_up_time: datetime | None = None
    """After this it is asked for no more."""

    try_time: datetime | None = None
    """The last try; unset when there was none."""

    next_try_time: datetime | None = None
    """The next try; unset when there is to be none. During a try, when that is given up for lost."""

    file_name: str = ""
    """The channel's name of the last file that came."""

    file_sha256: str = ""
    """The SHA-256 of its bytes, in hex."""

    fetch_time: datetime | None = None
    """When it came; unset when none did."""

    statement_id: str = ""
    """The statement; empty until it is loaded."""

    load_time: datetime | None = None
    """When it was loaded; unset until then."""


_LIST_STATEMENT_FETCHES = Operation(
    name="list_statement_fetches",
    verb="GET",
    template="/v1/statement-fetches",
    body="",
    answer=ListStatementFetchesResponse,
)


class StatementFetchService(Calls):
    """Tells which statements are fetched from channels and banks, and which are missing. Blocking."""

    def list_statement_fetches(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementFetchesResponse:
        """Lists the business days of the sources that statements are fetched from, newest first, by page. With
        the state MISSING it is the list of what somebody has to ask a channel for (STATEMENT_MISSING).

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_STATEMENT_FETCHES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
                "source_id": source_id,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    def list_all_statement_fetches(
        self,
        *,
        page_size: int = 0,
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[StatementFetch]:
        """What all pages of `list_statement_fetches` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_statement_fetches(
                page_size=page_size,
                state=state,
                source_id=source_id,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.statement_fetches


class AsyncStatementFetchService(AsyncCalls):
    """Tells which statements are fetched from channels and banks, and which are missing. For asyncio."""

    async def list_statement_fetches(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementFetchesResponse:
        """Lists the business days of the sources that statements are fetched from, newest first, by page. With
        the state MISSING it is the list of what somebody has to ask a channel for (STATEMENT_MISSING).

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_STATEMENT_FETCHES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
                "source_id": source_id,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    async def list_all_statement_fetches(
        self,
        *,
        page_size: int = 0,
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[StatementFetch]:
        """What all pages of `list_statement_fetches` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_statement_fetches(
                page_size=page_size,
                state=state,
                source_id=source_id,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.statement_fetches:
                yield one
