"""Parity service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .parity import ParityDifference, ParityRun


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParityRunResponse:
    """One comparison."""

    run: ParityRun | None = None
    """The comparison."""

    differences: Sequence[ParityDifference] = ()
    """By day."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParityRunsResponse:
    """A page of comparisons."""

    runs: Sequence[ParityRun] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParityResponse:
    """What it came to."""

    run: ParityRun | None = None
    """The comparison."""

    differences: Sequence[ParityDifference] = ()
    """The first of its differences, at most 1,000; GetParityRun tells them all."""

    repeated_result: bool = False
    """True when the last comparison of the period came to the same, and is this one."""


_GET_PARITY_RUN = Operation(
    name="get_parity_run",
    verb="GET",
    template="/v1/parity-runs/{run_id}",
    body="",
    answer=GetParityRunResponse,
    variables=("run_id",),
)
_LIST_PARITY_RUNS = Operation(
    name="list_parity_runs", verb="GET", template="/v1/parity-runs", body="", answer=ListParityRunsResponse
)
_RUN_PARITY = Operation(
    name="run_parity", verb="POST", template="/v1/parity-runs", body="*", answer=RunParityResponse, mutates=True
)


class ParityService(Calls):
    """Proves, day by day and month by month, that both sides hold the same. It also runs by itself. Blocking."""

    def get_parity_run(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetParityRunResponse:
        """Gets one comparison with its differences, by page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _GET_PARITY_RUN, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def get_all_parity_run(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ParityDifference]:
        """What all pages of `get_parity_run` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        """
        for page in pages(
            lambda token: self.get_parity_run(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.differences

    def list_parity_runs(
        self, *, page_size: int = 0, page_token: str = "", seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> ListParityRunsResponse:
        """Lists comparisons, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        seller_tax_id: Only of this seller.
        """
        return self._transport.send(
            _LIST_PARITY_RUNS,
            {"page_size": page_size, "page_token": page_token, "seller_tax_id": seller_tax_id},
            "",
            timeout_seconds,
        )

    def list_all_parity_runs(
        self, *, page_size: int = 0, seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> Iterator[ParityRun]:
        """What all pages of `list_parity_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        seller_tax_id: Only of this seller.
        """
        for page in pages(
            lambda token: self.list_parity_runs(
                page_size=page_size, seller_tax_id=seller_tax_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.runs

    def run_parity(self, *, seller_tax_id: str, period: str, timeout_seconds: float | None = None) -> RunParityResponse:
        """Compares a seller's control totals of a day or a month, and names the invoices that differ. Repeating
        it does no harm: what comes to the same as the last comparison of the period is that one. UNAVAILABLE
        when the authority does not tell its totals now; then nothing is kept.

        seller_tax_id: The seller.
        period: A day, 2026-03-01, or a month, 2026-03, that has begun.
        """
        return self._transport.send(
            _RUN_PARITY, {"seller_tax_id": seller_tax_id, "period": period}, "", timeout_seconds
        )


class AsyncParityService(AsyncCalls):
    """Proves, day by day and month by month, that both sides hold the same. It also runs by itself. For asyncio."""

    async def get_parity_run(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetParityRunResponse:
        """Gets one comparison with its differences, by page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _GET_PARITY_RUN, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def get_all_parity_run(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ParityDifference]:
        """What all pages of `get_parity_run` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        """
        async for page in async_pages(
            lambda token: self.get_parity_run(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.differences:
                yield one

    async def list_parity_runs(
        self, *, page_size: int = 0, page_token: str = "", seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> ListParityRunsResponse:
        """Lists comparisons, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        seller_tax_id: Only of this seller.
        """
        return await self._transport.send(
            _LIST_PARITY_RUNS,
            {"page_size": page_size, "page_token": page_token, "seller_tax_id": seller_tax_id},
            "",
            timeout_seconds,
        )

    async def list_all_parity_runs(
        self, *, page_size: int = 0, seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[ParityRun]:
        """What all pages of `list_parity_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        seller_tax_id: Only of this seller.
        """
        async for page in async_pages(
            lambda token: self.list_parity_runs(
                page_size=page_size, seller_tax_id=seller_tax_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.runs:
                yield one

    async def run_parity(
        self, *, seller_tax_id: str, period: str, timeout_seconds: float | None = None
    ) -> RunParityResponse:
        """Compares a seller's control totals of a day or a month, and names the invoices that differ. Repeating
        it does no harm: what comes to the same as the last comparison of the period is that one. UNAVAILABLE
        when the authority does not tell its totals now; then nothing is kept.

        seller_tax_id: The seller.
        period: A day, 2026-03-01, or a month, 2026-03, that has begun.
        """
        return await self._transport.send(
            _RUN_PARITY, {"seller_tax_id": seller_tax_id, "period": period}, "", timeout_seconds
        )
