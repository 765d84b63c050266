"""Starts the process that matches a run, follows how far it is, and ends it at its deadline. It decides nothing.

Processes come from a server that has the engine loaded and nothing of ours at work, so that one starts in milliseconds.
"""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from chassis.errors import Fault, Kind
from services.reconciler.match_process import Failed, MatchRequest, Placed, main
from services.reconciler.matching.run_results import RunTotals

_LOOK_SECONDS = 0.5
_END_SECONDS = 5.0
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["services.reconciler.match_process"])


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """What matching one run may use."""

    seconds_max: float = 900.0
    memory_mib: int = 1024
    threads: int = 2


class Matcher:
    """The processes of a service, one for each run at work."""

    def __init__(self, limits: MatchLimits) -> None:
        self.limits = limits

    async def match(self, request: MatchRequest) -> AsyncGenerator[Placed | RunTotals]:
        """How far it is, again and again, and at last what came out.

        Raises Fault INTERNAL when the process fails, is ended by the system, or has not ended by its deadline.
        """
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        process = _CONTEXT.Process(target=main, args=(request, theirs), name=f"match {request.run_id}")
        await asyncio.to_thread(process.start)
        theirs.close()
        try:
            async for told in self._told(ours, request.run_id):
                yield told
        finally:
            ours.close()
            await asyncio.to_thread(_end, process)

    async def _told(self, pipe: Connection, run_id: str) -> AsyncGenerator[Placed | RunTotals]:
        ends_at = time.monotonic() + self.limits.seconds_max
        while time.monotonic() < ends_at:
            if not await asyncio.to_thread(pipe.poll, _LOOK_SECONDS):
                continue
            told = _received(pipe)
            if isinstance(told, Failed):
                raise _failed(f"matching of {run_id} failed: {told.message}")
            yield told
            if isinstance(told, RunTotals):
                return
        raise _failed(f"matching of {run_id} took over {self.limits.seconds_max:.0f} s")


def _received(pipe: Connection) -> Placed | Failed | RunTotals:
    try:
        told: Placed | Failed | RunTotals = pipe.recv()
    except EOFError:
        return Failed("its process was ended, as the system does when memory is short")
    return told


def _end(process: BaseProcess) -> None:
    process.join(_END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join(_END_SECONDS)
    with contextlib.suppress(ValueError):  # still there after a kill: the system has yet to let it go
        process.close()


def _failed(message: str) -> Fault:
    return Fault(Kind.INTERNAL, "INTERNAL", message, "匹配进程失败，详见日志")
