"""Payments in bulk, page by page, straight from the database: a channel's day, or the feed. It changes nothing."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]

from chassis import telemetry
from services.payments.domain.export import Exported
from services.payments.store import export
from services.payments.store.columnar import Columnar

# Two pages are in memory at most: the one that is sent, and the next. A row is about 250 bytes.
PAGE_ROWS = 50_000


class ExportActions:
    """Reads in bulk, on connections of its own. No transaction is open while the consumer takes its time."""

    def __init__(self, columnar: Columnar, number_feed: Callable[[], Awaitable[int]]) -> None:
        self._columnar = columnar
        self._number_feed = number_feed

    async def export_day(self, channel: str, day: date, after_payment_id: str) -> AsyncGenerator[Exported]:
        """The payments of a channel's day as they stand when their page is read, in order of payment_id.

        All that the feed had told at the beginning is among them. What is taken in meanwhile may be.
        """
        max_sequence = await self._head()

        async def next_page(last: pa.RecordBatch | None) -> list[pa.RecordBatch]:
            if last is None:
                return await self.export_day_page(channel, day, after_payment_id)
            return await self.export_day_page(channel, day, last["payment_id"][-1].as_py())

        async with contextlib.aclosing(_pages(next_page)) as batches:
            async for batch in batches:
                yield Exported(batch, max_sequence)

    async def export_changes(self, from_sequence: int) -> AsyncGenerator[Exported]:
        """Changes from a sequence on, up to the highest at the beginning, in order, but for dropped months."""
        max_sequence = await self._head()

        async def next_page(last: pa.RecordBatch | None) -> list[pa.RecordBatch]:
            first = max(from_sequence, 1) if last is None else last["sequence"][-1].as_py() + 1
            return await self.export_changes_page(first, max_sequence)

        async with contextlib.aclosing(_pages(next_page)) as batches:
            async for batch in batches:
                yield Exported(batch, max_sequence)

    @telemetry.traced
    async def export_day_page(self, channel: str, day: date, after_payment_id: str) -> list[pa.RecordBatch]:
        """The next page of a day; empty after the last."""
        async with self._columnar.begin() as work:
            page = await export.day_page(work, channel, day, after_payment_id, PAGE_ROWS)
        telemetry.annotate(channel=channel, business_date=day.isoformat(), row_count=_row_count(page))
        return page

    @telemetry.traced
    async def export_changes_page(self, from_sequence: int, max_sequence: int) -> list[pa.RecordBatch]:
        """The next page of changes; empty after the last."""
        async with self._columnar.begin() as work:
            page = await export.changes_page(work, from_sequence, max_sequence, PAGE_ROWS)
        telemetry.annotate(from_sequence=from_sequence, row_count=_row_count(page))
        return page

    async def close(self) -> None:
        """Let go of the connections."""
        await self._columnar.close()

    async def _head(self) -> int:
        await self._number_feed()
        async with self._columnar.begin() as work:
            return await export.head(work)


async def _pages(
    next_page: Callable[[pa.RecordBatch | None], Awaitable[list[pa.RecordBatch]]],
) -> AsyncGenerator[pa.RecordBatch]:
    """Page after page until one is not full; the next is read while the one before is taken."""
    page = await next_page(None)
    while page:
        is_last = _row_count(page) < PAGE_ROWS
        coming = None if is_last else asyncio.ensure_future(next_page(page[-1]))
        try:
            for batch in page:
                yield batch
            page = [] if coming is None else await coming
        finally:
            if coming is not None:
                coming.cancel()


def _row_count(page: list[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in page)
