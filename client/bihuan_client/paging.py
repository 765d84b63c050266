"""Walks lists page by page, and fetches a page when it is asked for. It knows no list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol, TypeVar

from .faults import BihuanError


class Page(Protocol):
    """An answer of which there may be more."""

    @property
    def next_page_token(self) -> str:
        """Empty on the last page."""


SomePage = TypeVar("SomePage", bound=Page)


def pages(fetch: Callable[[str], SomePage]) -> Iterator[SomePage]:
    """Each page, by the token that the page before gave; a token that comes again would never end, and raises."""
    token = ""
    while True:
        page = fetch(token)
        yield page
        if not page.next_page_token:
            return
        token = _moved(token, page.next_page_token)


async def async_pages(fetch: Callable[[str], Awaitable[SomePage]]) -> AsyncIterator[SomePage]:
    """The same for asyncio."""
    token = ""
    while True:
        page = await fetch(token)
        yield page
        if not page.next_page_token:
            return
        token = _moved(token, page.next_page_token)


def _moved(before: str, after: str) -> str:
    if after == before:
        raise BihuanError("the list does not move on: it gave the same page token twice")
    return after
