"""Sweep service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .sweep import Sweep, SyncCase


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCasesResponse:
    """A page of cases."""

    cases: Sequence[SyncCase] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSweepsResponse:
    """A page of sweeps."""

    sweeps: Sequence[Sweep] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSweepResponse:
    """The report of the sweep."""

    sweep: Sweep | None = None
    """The sweep."""


_LIST_CASES = Operation(name="list_cases", verb="GET", template="/v1/cases", body="", answer=ListCasesResponse)
_LIST_SWEEPS = Operation(name="list_sweeps", verb="GET", template="/v1/sweeps", body="", answer=ListSweepsResponse)
_RUN_SWEEP = Operation(
    name="run_sweep", verb="POST", template="/v1/sweeps", body="*", answer=RunSweepResponse, mutates=True
)


class SweepService(Calls):
    """Runs and reports sweeps; they also run by themselves. Blocking."""

    def list_cases(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        kind: str = "",
        open_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListCasesResponse:
        """Lists cases, open ones first, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        return self._transport.send(
            _LIST_CASES,
            {"page_size": page_size, "page_token": page_token, "kind": kind, "open_only": open_only},
            "",
            timeout_seconds,
        )

    def list_all_cases(
        self, *, page_size: int = 0, kind: str = "", open_only: bool = False, timeout_seconds: float | None = None
    ) -> Iterator[SyncCase]:
        """What all pages of `list_cases` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        for page in pages(
            lambda token: self.list_cases(
                page_size=page_size, kind=kind, open_only=open_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.cases

    def list_sweeps(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListSweepsResponse:
        """Lists sweeps that found something, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_SWEEPS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_sweeps(self, *, page_size: int = 0, timeout_seconds: float | None = None) -> Iterator[Sweep]:
        """What all pages of `list_sweeps` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_sweeps(page_size=page_size, page_token=token, timeout_seconds=timeout_seconds)
        ):
            yield from page.sweeps

    def run_sweep(self, *, timeout_seconds: float | None = None) -> RunSweepResponse:
        """Sweeps now and answers with the report. Two at once do no harm."""
        return self._transport.send(_RUN_SWEEP, {}, "", timeout_seconds)


class AsyncSweepService(AsyncCalls):
    """Runs and reports sweeps; they also run by themselves. For asyncio."""

    async def list_cases(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        kind: str = "",
        open_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListCasesResponse:
        """Lists cases, open ones first, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        return await self._transport.send(
            _LIST_CASES,
            {"page_size": page_size, "page_token": page_token, "kind": kind, "open_only": open_only},
            "",
            timeout_seconds,
        )

    async def list_all_cases(
        self, *, page_size: int = 0, kind: str = "", open_only: bool = False, timeout_seconds: float | None = None
    ) -> AsyncIterator[SyncCase]:
        """What all pages of `list_cases` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        async for page in async_pages(
            lambda token: self.list_cases(
                page_size=page_size, kind=kind, open_only=open_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.cases:
                yield one

    async def list_sweeps(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListSweepsResponse:
        """Lists sweeps that found something, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_SWEEPS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_sweeps(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[Sweep]:
        """What all pages of `list_sweeps` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_sweeps(page_size=page_size, page_token=token, timeout_seconds=timeout_seconds)
        ):
            for one in page.sweeps:
                yield one

    async def run_sweep(self, *, timeout_seconds: float | None = None) -> RunSweepResponse:
        """Sweeps now and answers with the report. Two at once do no harm."""
        return await self._transport.send(_RUN_SWEEP, {}, "", timeout_seconds)
