"""Reading files in threads: a few at once, each within its time. It stores nothing."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.actions.refusal import refusal
from services.reconciler.domain.statement import Summary
from services.reconciler.statements import Limits, Profile, Reading, Source, StatementRefused, open_statement
from services.reconciler.statements.report import Asked, Report, report_on
from services.reconciler.statements.watched import Watched

T = TypeVar("T")
Prepare = Callable[[pa.RecordBatch], T]
_FILES_READ_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller says of a file; empty for what the file is to tell."""

    channel: str = ""
    profile_id: str = ""
    account_no: str = ""


class FileReader:
    """Reads with these profiles. `seconds_max` is for one file."""

    def __init__(self, profiles: Sequence[Profile], limits: Limits, seconds_max: float) -> None:
        self._profiles = profiles
        self._limits = limits
        self.seconds_max = seconds_max
        self._threads = ThreadPoolExecutor(_FILES_READ_AT_ONCE, "statement")

    async def open(self, source: Source, wanted: Wanted) -> "OpenFile":
        """Begin to read. Raises Fault STATEMENT_REFUSED when nothing of the file can be read."""
        clock = _Clock(self.seconds_max)
        watched = Watched(source, clock.watch)
        try:
            reading = await self._run(open_statement, watched, self._profiles, self._limits, wanted.profile_id)
        except StatementRefused as refused:
            raise refusal([refused.fault], 1) from refused
        except asyncio.CancelledError:
            clock.stop()
            raise
        return OpenFile(self._threads, reading, watched, clock)

    async def report(self, source: Source, wanted: Wanted) -> Report:
        """Read to the end and tell all that was found."""
        clock = _Clock(self.seconds_max)
        asked = Asked(wanted.profile_id, wanted.channel, wanted.account_no)
        try:
            return await self._run(report_on, source, self._profiles, self._limits, asked, clock.watch)
        finally:
            clock.stop()

    async def _run(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


class OpenFile:
    """A file being read. Reading is one batch ahead of who takes the batches."""

    def __init__(self, threads: ThreadPoolExecutor, reading: Reading, watched: Watched, clock: "_Clock") -> None:
        self._threads = threads
        self._reading = reading
        self._watched = watched
        self._clock = clock
        self.profile = reading.profile

    @property
    def summary(self) -> Summary:
        """What the file says as a whole; only after the last batch."""
        return self._reading.summary

    async def batches(self, prepare: Prepare[T]) -> AsyncGenerator[T]:
        """What `prepare`, in the reading thread, makes of each batch. Raises Fault STATEMENT_REFUSED out of time."""
        batches = self._reading.batches()

        def step() -> T | None:
            self._watched.touch()
            batch = next(batches, None)
            return None if batch is None else prepare(batch)

        loop = asyncio.get_running_loop()
        ahead = loop.run_in_executor(self._threads, step)
        try:
            while (made := await ahead) is not None:
                ahead = loop.run_in_executor(self._threads, step)
                yield made
        except StatementRefused as refused:
            raise refusal([refused.fault], 1) from refused
        finally:
            ahead.cancel()
            self._clock.stop()


class _Clock:
    """Ends a reading out of time, or when nobody waits for it any more: a thread cannot be ended from outside."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def stop(self) -> None:
        """Let the reading end at its next look."""
        self._end = -math.inf

    def watch(self, _: int) -> None:
        """Raises StatementRefused E-TIME when it is to end."""
        if time.monotonic() > self._end:
            raise StatementRefused("E-TIME", value=f"{self._seconds:g} s")
