"""A background loop: it repeats a turn until it is told to stop. What a turn does is not its business."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError

from chassis.errors import Fault

_WAIT_SECONDS_MAX = 30.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loop:
    """`turn` does one turn and returns how much it did; when it did nothing, the loop rests for the interval."""

    name: str
    turn: Callable[[], Awaitable[int]]
    interval_seconds: float

    async def run(self, stop: asyncio.Event) -> None:
        """Repeat until `stop` is set. A turn that fails is logged, and tried again after a longer rest.

        A database or a service that cannot be reached is logged once, not at each turn, and never ends the loop.
        """
        failed_count = 0
        while not stop.is_set():
            try:
                done = await self.turn()
                if failed_count:
                    _log.info("loop goes on", loop=self.name, failed_count=failed_count)
                failed_count = 0
            except (DBAPIError, InterfaceError, Fault, OSError) as fault:
                done, failed_count = 0, failed_count + 1
                if failed_count == 1:
                    _log.warning("loop waits", loop=self.name, error=type(fault).__name__)
            except Exception:  # noqa: BLE001  a loop that dies silently is the worst of faults: log, rest, go on
                done, failed_count = 0, failed_count + 1
                _log.exception("loop turn failed", loop=self.name, failed_count=failed_count)
            if not done:
                await self._rest(stop, failed_count)

    async def _rest(self, stop: asyncio.Event, failed_count: int) -> None:
        longest = min(self.interval_seconds * 2 ** min(failed_count, 10), _WAIT_SECONDS_MAX)
        seconds = longest * random.uniform(0.5, 1.0)  # noqa: S311  spreads replicas, guards nothing
        try:
            await asyncio.wait_for(stop.wait(), timeout=seconds)
        except TimeoutError:
            return
