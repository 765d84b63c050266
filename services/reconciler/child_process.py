"""Work in a process of its own: with its own memory, a deadline, and an end at the latest with its parent's.

It knows no rule and no row. Processes come from a server that has the engine loaded and nothing of ours at work, so
that one starts in milliseconds.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from chassis.errors import Fault, Kind

_LOOK_SECONDS = 0.5
_END_SECONDS = 5.0
_BESIDE_THE_CAP_MIB = 2048  # what Python, Arrow and the candidates of near rules need beside the engine's own cap
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "services.reconciler.rules.duckdb_engine"])

Given = TypeVar("Given")
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Child(Generic[Given, Told]):
    """What is done there: `work` gets what it was given and a way to tell how far it is, and returns what came out.

    `name` and `name_zh` are what people call it. `folder` goes with the process when its parent is lost.
    `memory_mib` is the engine's cap, to which what stands beside an engine is added.
    """

    name: str
    name_zh: str
    work: Callable[[Given, Callable[[Told], None]], Told]
    folder: Path
    seconds_max: float
    memory_mib: int


@dataclass(frozen=True, slots=True)
class _Progress:
    told: Any


@dataclass(frozen=True, slots=True)
class _Result:
    told: Any


@dataclass(frozen=True, slots=True)
class _Failed:
    message: str


async def followed(child: Child[Given, Told], given: Given) -> AsyncGenerator[Told]:
    """Do the work; yields what it tells on the way, and at last what came out. Leaving it early ends the process.

    Raises Fault INTERNAL when the process fails, is ended by the system, or has not ended by its deadline.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_main, args=(child, given, theirs), name=child.name)
    is_done = False
    await asyncio.to_thread(process.start)
    theirs.close()
    try:
        ends_at = time.monotonic() + child.seconds_max
        while not is_done:
            if time.monotonic() > ends_at:
                raise _fault(child, f"took over {child.seconds_max:.0f} s")
            if await asyncio.to_thread(ours.poll, _LOOK_SECONDS):
                told = _received(child, ours)
                is_done = isinstance(told, _Result)
                yield told.told
    finally:
        ours.close()
        await asyncio.to_thread(_end, process, _END_SECONDS if is_done else 0)


def _received(child: Child[Any, Any], pipe: Connection) -> _Progress | _Result:
    try:
        told: _Progress | _Result | _Failed = pipe.recv()
    except EOFError:
        told = _Failed("its process was ended, as the system does when memory is short")
    if isinstance(told, _Failed):
        raise _fault(child, f"failed: {told.message}")
    return told


def _fault(child: Child[Any, Any], message: str) -> Fault:
    return Fault(Kind.INTERNAL, "INTERNAL", f"{child.name} {message}", f"{child.name_zh}失败，详见日志")


def _end(process: BaseProcess, patience_seconds: float) -> None:
    process.join(patience_seconds)
    if process.is_alive():
        process.kill()
        process.join(_END_SECONDS)
    with contextlib.suppress(ValueError):  # still there after a kill: the system has yet to let it go
        process.close()


def _main(child: Child[Given, Told], given: Given, pipe: Connection) -> None:
    threading.Thread(target=_end_with_parent, args=(child.folder,), daemon=True).start()
    with contextlib.suppress(ValueError):  # where the system does not let a process limit itself
        bytes_max = (child.memory_mib + _BESIDE_THE_CAP_MIB) * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    try:
        pipe.send(_Result(child.work(given, lambda told: pipe.send(_Progress(told)))))
    except Exception as fault:
        pipe.send(_Failed(f"{type(fault).__name__}: {fault}"))
        raise


def _end_with_parent(folder: Path) -> None:
    parent = parent_process()
    assert parent is not None, "it was started by a process"
    wait([parent.sentinel])
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
