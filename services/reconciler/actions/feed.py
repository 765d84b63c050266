"""The feed of what became of exceptions: telling it, and forgetting what is old. It is written by who changes them."""

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.feed import FeedPage, NumberedFeed
from services.reconciler.domain.change import NumberedChange
from services.reconciler.store import feed


class FeedActions:
    """What other services follow. `keep_seconds` is how long a change is kept."""

    def __init__(self, sessions: Sessions, clock: Clock, keep_seconds: float) -> None:
        self._feed = NumberedFeed(sessions, clock, feed.COLUMNS, feed.changes, keep_seconds)

    @telemetry.traced
    async def list_exception_changes(self, from_sequence: int, batch_size: int) -> FeedPage[NumberedChange]:
        """Changes from a sequence on. None that was committed before the call is skipped, but for what was dropped."""
        return await self._feed.page(from_sequence, batch_size)

    @telemetry.traced
    async def tend_feed(self) -> int:
        """Number what nobody has asked for, and drop what is older than what is kept; returns how many were dropped."""
        return await self._feed.tend()
