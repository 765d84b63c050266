"""Channel service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

# Why.
ChannelAttentionCause: TypeAlias = Literal[
    # Never sent.
    "CAUSE_UNSPECIFIED",
    # The channel left it open, or did not answer, until the last question.
    "CAUSE_POLL_ENDED",
    # The channel tells of another amount or currency than was asked of it.
    "CAUSE_AMOUNT_DIFFERS",
    # The channel tells of a second transaction for the same order, or of another order.
    "CAUSE_NUMBER_DIFFERS",
    # The channel tells that it was paid, of a payment that had ended without money, or the reverse.
    "CAUSE_ENDED_OTHERWISE",
    # The configuration names the account no more by which it was started.
    "CAUSE_ACCOUNT_MISSING",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAttention:
    """A payment at a channel that needs a person."""

    payment_id: str = ""
    """The payment."""

    channel: str = ""
    """The channel."""

    cause: ChannelAttentionCause = "CAUSE_UNSPECIFIED"
    """Why."""

    detail: str = ""
    """What the channel told, for people."""

    attention_time: datetime | None = None
    """Since when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChannelAttentionsResponse:
    """A page."""

    attentions: Sequence[ChannelAttention] = ()
    """Longest waiting first."""

    next_page_token: str = ""
    """Empty on the last page."""


_LIST_CHANNEL_ATTENTIONS = Operation(
    name="list_channel_attentions",
    verb="GET",
    template="/v1/channelAttentions",
    body="",
    answer=ListChannelAttentionsResponse,
)


class ChannelService(Calls):
    """Takes what payment channels tell, and tells which payments at channels need a person. Blocking."""

    def list_channel_attentions(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListChannelAttentionsResponse:
        """Lists payments that were started here and that nothing moves on by itself, longest waiting first, by
        page: those that the channel left open past the last question, and those of which it tells something
        else than was asked. ConfirmPayment asks once more, and takes one off the list whose answer agrees.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_CHANNEL_ATTENTIONS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_channel_attentions(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ChannelAttention]:
        """What all pages of `list_channel_attentions` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_channel_attentions(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.attentions


class AsyncChannelService(AsyncCalls):
    """Takes what payment channels tell, and tells which payments at channels need a person. For asyncio."""

    async def list_channel_attentions(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListChannelAttentionsResponse:
        """Lists payments that were started here and that nothing moves on by itself, longest waiting first, by
        page: those that the channel left open past the last question, and those of which it tells something
        else than was asked. ConfirmPayment asks once more, and takes one off the list whose answer agrees.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_CHANNEL_ATTENTIONS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_channel_attentions(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ChannelAttention]:
        """What all pages of `list_channel_attentions` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_channel_attentions(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.attentions:
                yield one
