"""Draining a filled queue by one or more worker processes: who starts them, what is timed, and what is checked."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

import uvloop

_START_SECONDS = 60.0
_RUN_SECONDS = 300.0


class Watch:
    """Times one worker process by the machine's monotonic clock, so that two processes' times compare."""

    def __init__(self, barrier: Barrier) -> None:
        self.handled = 0
        self._barrier = barrier
        self._began: float | None = None
        self._ended = 0.0

    def ready(self) -> None:
        """Wait until every worker has its connections: starting up is not a part of the figure.

        Blocks the event loop on purpose, for nothing of this process may run yet.
        """
        self._barrier.wait(_START_SECONDS)

    def claiming(self) -> None:
        """Just before a claim; only the first counts."""
        if self._began is None:
            self._began = time.monotonic()

    def finished(self) -> None:
        """Just after a finish was committed; only the last counts."""
        self._ended = time.monotonic()

    def drained(self) -> "Drained":
        """What to tell the process that started this one."""
        assert self._began is not None, "a worker that never claimed"
        return Drained(self._began, self._ended, self.handled)


@dataclass(frozen=True, slots=True)
class Drained:
    """One worker's first claim and last finish, in seconds of the monotonic clock, and the jobs it handled."""

    began: float
    ended: float
    handled: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """A queue in the contest. Its functions stand in modules, since a worker is a process of its own.

    `fill` empties the queue and puts `count` jobs in. `work` drains it with a handler that does nothing but count.
    `table` is what was filled, and `unfinished` the query that counts what is not drained.
    """

    name: str
    table: str
    unfinished: str
    install: Callable[[str], Coroutine[Any, Any, None]]
    fill: Callable[[str, int], Coroutine[Any, Any, None]]
    work: Callable[[str, Watch], Coroutine[Any, Any, None]]


def drain_rate(contestant: Contestant, url: str, *, count: int, workers: int) -> float:
    """Jobs a second from the first claim of any worker to the last finish of any.

    Raises RuntimeError when the handlers ran more or fewer than `count` times: such a figure would mean nothing.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, _take_barrier, (spawn.Barrier(workers),)) as processes:
        runs = [processes.submit(_run, contestant.work, url) for _ in range(workers)]
        drained = [run.result() for run in runs]
    handled = [worker.handled for worker in drained]
    if sum(handled) != count:
        raise RuntimeError(f"{contestant.name} handled {handled} of {count} jobs")
    return count / (max(worker.ended for worker in drained) - min(worker.began for worker in drained))


_taken: list[Barrier] = []


def _take_barrier(barrier: Barrier) -> None:  # a barrier passes to a process only while that is started
    _taken.append(barrier)


def _run(work: Callable[[str, Watch], Coroutine[Any, Any, None]], url: str) -> Drained:
    watch = Watch(_taken[-1])
    uvloop.run(_within_deadline(work(url, watch)))
    return watch.drained()


async def _within_deadline(working: Coroutine[Any, Any, None]) -> None:
    async with asyncio.timeout(_RUN_SECONDS):  # here, since the process that waits for this one could not end it
        await working
