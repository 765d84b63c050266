"""Follows the feeds of the services and turns changes into events on their way. It sends nothing.

Where a feed goes on is written in the transaction of its events, so that none is lost and none is made twice. Of
merchants that nobody subscribed for nothing is written; without any endpoint nothing is even read.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import grpc
import structlog

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind, from_rpc_error
from services.gateway.domain.webhook import Endpoint, EndpointState, Event
from services.gateway.store import webhook_endpoints
from services.gateway.store import webhook_outbox as store

CHANGES_AT_ONCE = 500
_BATCHES_MAX = 20
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a feed tells. `event_type` is empty when it is no event.

    `event` makes the event that it is, or finds that it is none after all.
    """

    sequence: int
    event_type: str
    merchant_id: str
    event: Callable[[datetime], Awaitable[Event | None]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes in order. Up to `dropped_sequence` some may be missing, since the service keeps them no longer."""

    changes: Sequence[Change]
    dropped_sequence: int = 0


class Feed(Protocol):
    """What a service tells, numbered from 1 on without a gap. A fault of a call is raised as a Fault."""

    @property
    def name(self) -> str:
        """Under which the place in it is kept."""

    def batches(self, from_sequence: int) -> AsyncGenerator[Batch]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""

    async def end(self) -> int:
        """The sequence after the last that it has given."""


class Page(Protocol):
    """What an answer of a service's feed has, when it is asked for page by page."""

    @property
    def changes(self) -> Sequence[Any]:
        """Messages in order of sequence; none when all were told."""

    @property
    def max_sequence(self) -> int:
        """The highest sequence that was given."""

    @property
    def dropped_sequence(self) -> int:
        """Up to where changes may be missing."""


class PagedFeed:
    """A feed that is asked for from a sequence on, so many changes at most; `change` tells what one of them is."""

    def __init__(self, name: str, ask: Callable[[int, int], Awaitable[Page]], change: Callable[[Any], Change]) -> None:
        self.name = name
        self._ask = ask
        self._change = change

    async def batches(self, from_sequence: int) -> AsyncGenerator[Batch]:
        """The feed from a sequence to its present end."""
        while (page := await self._page(from_sequence, CHANGES_AT_ONCE)).changes:
            yield Batch([self._change(told) for told in page.changes], page.dropped_sequence)
            from_sequence = page.changes[-1].sequence + 1

    async def end(self) -> int:
        """The sequence after the last that the feed has given."""
        return (await self._page(1, 1)).max_sequence + 1

    async def _page(self, from_sequence: int, size: int) -> Page:
        with faults():
            return await self._ask(from_sequence, size)


class WebhookFollower:
    """Reads on in one feed, and puts events on their way to the endpoints that want them."""

    def __init__(self, sessions: Sessions, clock: Clock, feed: Feed) -> None:
        self._sessions = sessions
        self._clock = clock
        self._feed = feed

    @property
    def name(self) -> str:
        """That of its feed."""
        return self._feed.name

    @telemetry.traced
    async def follow_feed(self) -> int:
        """Read on, some batches at most; how many changes were read."""
        telemetry.annotate(feed=self.name)
        async with self._sessions.begin() as session:
            endpoints = await webhook_endpoints.newest(session, webhook_endpoints.ENDPOINTS_MAX)
            sequence = await store.next_sequence(session, self.name)
        if not endpoints or sequence == 0:
            return await self._skip_to_end(sequence)
        read_count = 0
        async with contextlib.aclosing(self._feed.batches(sequence)) as batches:
            async for batch in batches:
                if not batch.changes:
                    continue
                if not await self._take(batch, sequence, endpoints):
                    break
                sequence = batch.changes[-1].sequence + 1
                read_count += len(batch.changes)
                if read_count >= _BATCHES_MAX * CHANGES_AT_ONCE:
                    break
        return read_count

    async def _skip_to_end(self, sequence: int) -> int:
        """Nobody wants what there is so far."""
        end = await self._feed.end()
        if end > sequence:
            async with self._sessions.begin() as session:
                await store.move_cursor(session, self.name, sequence, end)
        return 0

    async def _take(self, batch: Batch, from_sequence: int, endpoints: Sequence[Endpoint]) -> bool:
        """Write the events of a batch; False when another gateway did."""
        self._must_be_whole(batch, from_sequence)
        events = [event for change in batch.changes if (event := await self._event(change, endpoints)) is not None]
        async with self._sessions.begin() as session:
            if not await store.move_cursor(session, self.name, from_sequence, batch.changes[-1].sequence + 1):
                return False
            new_ids = await store.add_events(session, events)
            new = [event for event in events if event.event_id in new_ids]
            wanted = [
                (ids.new_id("whd"), endpoint.endpoint_id, event.event_id)
                for event in new
                for endpoint in endpoints
                if endpoint.state is EndpointState.ENABLED and endpoint.wants(event.event_type, event.merchant_id)
            ]
            await store.put_on_way(session, wanted, self._clock.now())
        return True

    async def _event(self, change: Change, endpoints: Sequence[Endpoint]) -> Event | None:
        """The event of a change that some endpoint wants, be it disabled: it may be enabled, and the event replayed."""
        if not change.event_type or not any(one.wants(change.event_type, change.merchant_id) for one in endpoints):
            return None
        return await change.event(self._clock.now())

    def _must_be_whole(self, batch: Batch, from_sequence: int) -> None:
        """Nothing is missing, save what the service kept for its time and nobody read in it."""
        expected = from_sequence
        for change in batch.changes:
            if change.sequence != expected:
                if change.sequence < expected or change.sequence > batch.dropped_sequence + 1:
                    raise _gap(self.name, expected, change.sequence)
                _log.error(
                    "changes were dropped before they were read",
                    feed=self.name,
                    from_sequence=expected,
                    to_sequence=change.sequence - 1,
                )
            expected = change.sequence + 1


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """What a call raises becomes a Fault."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error


def _gap(feed: str, expected: int, found: int) -> Fault:
    return Fault(
        Kind.INTERNAL,
        "INTERNAL",
        f"the feed {feed} has a gap: expected sequence {expected}, got {found}",
        f"变更流 {feed} 出现缺口：应为 {expected}，实为 {found}",
    )
