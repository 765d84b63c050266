"""Run service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .run import Disposition, Match, Run, RunMode


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRunResponse:
    """One run."""

    run: Run | None = None
    """The run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMatchesResponse:
    """A page of matches."""

    matches: Sequence[Match] = ()
    """In order of group."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRunsResponse:
    """A page of runs."""

    runs: Sequence[Run] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRunResponse:
    """The run as it stands."""

    run: Run | None = None
    """The run."""

    replayed: bool = False
    """True when this request had started it before."""


_GET_RUN = Operation(
    name="get_run", verb="GET", template="/v1/runs/{run_id}", body="", answer=GetRunResponse, variables=("run_id",)
)
_LIST_MATCHES = Operation(
    name="list_matches",
    verb="GET",
    template="/v1/runs/{run_id}/matches",
    body="",
    answer=ListMatchesResponse,
    variables=("run_id",),
)
_LIST_RUNS = Operation(name="list_runs", verb="GET", template="/v1/runs", body="", answer=ListRunsResponse)
_START_RUN = Operation(
    name="start_run", verb="POST", template="/v1/runs", body="*", answer=StartRunResponse, takes_key=True, mutates=True
)


class RunService(Calls):
    """Compares the books with what the channels say. Blocking."""

    def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    def list_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListMatchesResponse:
        """Lists the matches and suggestions of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        return self._transport.send(
            _LIST_MATCHES,
            {"run_id": run_id, "page_size": page_size, "page_token": page_token, "disposition": disposition},
            "",
            timeout_seconds,
        )

    def list_all_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        for page in pages(
            lambda token: self.list_matches(
                run_id=run_id,
                page_size=page_size,
                disposition=disposition,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.matches

    def list_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListRunsResponse:
        """Lists runs, newest first, by page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_RUNS,
            {
                "channel": channel,
                "business_date": business_date,
                "mode": mode,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def list_all_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> Iterator[Run]:
        """What all pages of `list_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_runs(
                channel=channel,
                business_date=business_date,
                mode=mode,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.runs

    def start_run(
        self,
        *,
        channel: str,
        business_date: str,
        mode: RunMode = "MODE_UNSPECIFIED",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel, day and mode has not ended. A COMMIT with pins equal to
        those of the day's current run decides nothing anew: same_as_run_id names the one that stands.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        mode: What becomes of what it decides; unset means COMMIT.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _START_RUN,
            {"channel": channel, "business_date": business_date, "mode": mode},
            idempotency_key,
            timeout_seconds,
        )


class AsyncRunService(AsyncCalls):
    """Compares the books with what the channels say. For asyncio."""

    async def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return await self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    async def list_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListMatchesResponse:
        """Lists the matches and suggestions of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        return await self._transport.send(
            _LIST_MATCHES,
            {"run_id": run_id, "page_size": page_size, "page_token": page_token, "disposition": disposition},
            "",
            timeout_seconds,
        )

    async def list_all_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        async for page in async_pages(
            lambda token: self.list_matches(
                run_id=run_id,
                page_size=page_size,
                disposition=disposition,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.matches:
                yield one

    async def list_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListRunsResponse:
        """Lists runs, newest first, by page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_RUNS,
            {
                "channel": channel,
                "business_date": business_date,
                "mode": mode,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def list_all_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Run]:
        """What all pages of `list_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_runs(
                channel=channel,
                business_date=business_date,
                mode=mode,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.runs:
                yield one

    async def start_run(
        self,
        *,
        channel: str,
        business_date: str,
        mode: RunMode = "MODE_UNSPECIFIED",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel, day and mode has not ended. A COMMIT with pins equal to
        those of the day's current run decides nothing anew: same_as_run_id names the one that stands.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        mode: What becomes of what it decides; unset means COMMIT.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _START_RUN,
            {"channel": channel, "business_date": business_date, "mode": mode},
            idempotency_key,
            timeout_seconds,
        )
