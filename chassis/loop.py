"""A background loop: it repeats a turn until it is told to stop. What a turn does is not its business."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from chassis import storage_fault
from chassis.errors import Fault, Kind

_WAIT_SECONDS_MAX = 30.0
_KINDS_THAT_PASS = (Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loop:
    """`turn` does one turn and returns how much it did; when that was less than `whole`, the loop rests.

    Where a turn costs the same for one thing as for hundreds, `whole` is what one turn takes at most: then the loop
    goes on at once only while more is left, and lets the rest come together for the interval.

    `ending` is awaited once when the loop was told to stop, for what its turns have left under way.
    """

    name: str
    turn: Callable[[], Awaitable[int]]
    interval_seconds: float
    whole: int = 1
    ending: Callable[[], Awaitable[None]] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Repeat until `stop` is set. A turn that fails never ends the loop; it is tried again after a longer rest.

        A database or a service that cannot be reached is logged once, and what does not pass by itself at the 1st,
        2nd, 4th, 8th ... failure, until a turn works.
        """
        failures = _Failures(self.name)
        while not stop.is_set():
            try:
                done = await self.turn()
                failures.end()
            except Exception as raised:  # noqa: BLE001  a loop that dies silently is the worst of faults: log, rest, go on
                done = 0
                failures.add(raised)
            if done < self.whole:
                await self._rest(stop, failures.count)
        if self.ending is not None:
            await self.ending()

    async def _rest(self, stop: asyncio.Event, failed_count: int) -> None:
        spread = random.uniform(0.5, 1.0)  # noqa: S311  spreads replicas, guards nothing
        try:
            await asyncio.wait_for(stop.wait(), timeout=rest_seconds_max(self.interval_seconds, failed_count) * spread)
        except TimeoutError:
            return


def rest_seconds_max(interval_seconds: float, failed_count: int) -> float:
    """The longest rest after so many failures in a row: doubling up to 30 s, and never below the interval itself."""
    return max(interval_seconds, min(interval_seconds * (1 << min(failed_count, 10)), _WAIT_SECONDS_MAX))


@dataclass(slots=True)
class _Failures:
    """What failed since the last turn that worked, and what of it is worth a line in the log."""

    loop: str
    passing_count: int = 0
    lasting_count: int = 0

    @property
    def count(self) -> int:
        return self.passing_count + self.lasting_count

    def add(self, raised: Exception) -> None:
        if _may_pass(raised):
            self.passing_count += 1
            if self.passing_count == 1:
                error = raised.reason if isinstance(raised, Fault) else type(raised).__name__
                _log.warning("loop waits", loop=self.loop, error=error)
            return
        self.lasting_count += 1
        if self.lasting_count.bit_count() == 1:
            _log.error("loop turn failed", loop=self.loop, failed_count=self.count, **_facts(raised))

    def end(self) -> None:
        if self.count:
            _log.info("loop goes on", loop=self.loop, failed_count=self.count)
        self.passing_count = self.lasting_count = 0


def _may_pass(raised: Exception) -> bool:
    return raised.kind in _KINDS_THAT_PASS if isinstance(raised, Fault) else storage_fault.may_pass(raised)


def _facts(raised: Exception) -> dict[str, object]:
    if isinstance(raised, Fault):
        return {"reason": raised.reason, "message": raised.message}
    return storage_fault.log_facts(raised)
