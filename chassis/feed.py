"""A feed of a service that is numbered after the commit, on its tables feed_waiting, feed and feed_head.

A change waits in feed_waiting from the transaction that makes it, at a `place` that the database counts. A turn of
numbering gives what was committed the next sequences, under the lock of the one row of feed_head: so the feed is dense,
and no sequence is ever given below one that was read. What a change tells is the service's, and so is who writes it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions

_NUMBERED_AT_ONCE = 5_000
_NUMBERING_TURNS_MAX = 200
_FORGOTTEN_AT_ONCE = 5_000
_HAS_WAITING = text("SELECT EXISTS (SELECT FROM feed_waiting)")
_LOCK_HEAD = text("SELECT FROM feed_head FOR UPDATE")
_HEAD = text("SELECT sequence FROM feed_head")
_DROPPED = text("SELECT dropped_sequence FROM feed_head")
# One statement: what it takes out, its places in the feed, and the head that it moves commit together, or none does.
_NUMBER = """
    WITH head AS (SELECT sequence FROM feed_head),
    chosen AS (SELECT place FROM feed_waiting ORDER BY place LIMIT :limit),
    taken AS (
        DELETE FROM feed_waiting USING chosen WHERE feed_waiting.place = chosen.place RETURNING feed_waiting.*
    ),
    numbered AS (
        INSERT INTO feed (sequence, {columns})
        SELECT head.sequence + row_number() OVER (ORDER BY place), {columns} FROM taken, head
    ),
    moved AS (UPDATE feed_head SET sequence = feed_head.sequence + (SELECT count(*) FROM taken))
    SELECT count(*) FROM taken
"""
_FORGET = text("""
    WITH oldest AS (SELECT sequence FROM feed ORDER BY sequence LIMIT :limit),
    gone AS (
        DELETE FROM feed USING oldest WHERE feed.sequence = oldest.sequence AND feed.change_time < :before
        RETURNING feed.sequence
    ),
    moved AS (
        UPDATE feed_head SET dropped_sequence = greatest(dropped_sequence, (SELECT max(sequence) FROM gone))
        WHERE EXISTS (SELECT FROM gone)
    )
    SELECT count(*) FROM gone
""")
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class FeedPage(Generic[Told]):
    """Some changes in order, the highest sequence that was given, and up to where changes may be missing."""

    changes: Sequence[Told]
    max_sequence: int
    dropped_sequence: int


class NumberedFeed(Generic[Told]):
    """One feed. `columns` are what a change tells, besides its change_time, which both tables have.

    `read` gives the changes from one sequence to another, both included, in order, so many at most. A change is kept
    for `keep_seconds`.
    """

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        columns: Sequence[str],
        read: Callable[[AsyncSession, int, int, int], Awaitable[Sequence[Told]]],
        keep_seconds: float,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._number = text(_NUMBER.format(columns=", ".join((*columns, "change_time"))))
        self._read = read
        self._kept = timedelta(seconds=keep_seconds)

    async def number(self) -> int:
        """Give committed changes their sequences, in turns of one transaction each; returns how many.

        Replicas may number at once: the lock of the head makes them take turns. It ends under any load: a turn that
        was not whole has numbered all that was committed before the call.
        """
        numbered_count = 0
        for _ in range(_NUMBERING_TURNS_MAX):
            async with self._sessions.begin() as session:
                waiting = (await session.execute(_HAS_WAITING)).scalar_one()
            if not waiting:
                break
            turn_count = await self.number_changes()
            numbered_count += turn_count
            if turn_count < _NUMBERED_AT_ONCE:
                break
        return numbered_count

    @telemetry.traced
    async def number_changes(self) -> int:
        """One turn of numbering; returns how many changes got a sequence."""
        async with self._sessions.begin() as session:
            # A statement of its own: the next then sees all that the last numberer did, since each statement of a
            # READ COMMITTED transaction sees what was committed before it began.
            await session.execute(_LOCK_HEAD)
            count = int((await session.execute(self._number, {"limit": _NUMBERED_AT_ONCE})).scalar_one())
        telemetry.annotate(numbered_count=count)
        return count

    async def page(self, from_sequence: int, limit: int) -> FeedPage[Told]:
        """Changes from a sequence on. None that was committed before is skipped, but for what was dropped."""
        await self.number()
        async with self._sessions.begin() as session:
            head = int((await session.execute(_HEAD)).scalar_one())
            found = await self._read(session, from_sequence, head, limit)
            # Read last: what is dropped while this reads is told to be.
            dropped = int((await session.execute(_DROPPED)).scalar_one())
        return FeedPage(found, head, dropped)

    async def tend(self) -> int:
        """Number what nobody has asked for, and drop what is older than what is kept; returns how many were dropped."""
        await self.number()
        async with self._sessions.begin() as session:
            return int((await session.execute(_FORGET, self._too_old())).scalar_one())

    def _too_old(self) -> dict[str, datetime | int]:
        return {"before": self._clock.now() - self._kept, "limit": _FORGOTTEN_AT_ONCE}
