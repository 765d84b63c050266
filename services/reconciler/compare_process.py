"""Compares two rule sets on one set of rows in a process of its own, with its own memory and a deadline.

A rule set that is too heavy ends that process and not the service.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from chassis.errors import Fault, Kind
from services.reconciler.rules.compare import RowChange, compare
from services.reconciler.rules.duckdb_engine import Limits
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.labelled import Suite, read_labels, wrong_posts
from services.reconciler.rules.rule_files import parse_rule_set

_LOOK_SECONDS = 0.5
_END_SECONDS = 5.0
_BESIDE_THE_CAP_MIB = 2048  # what Python and Arrow need beside the engine's own cap
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Part:
    """One set of rows and two rule sets; `suite` when the truth of the rows is known, `keep` as `compare` has it."""

    old_yaml: str
    new_yaml: str
    payments: Path
    lines: Path
    scratch: Path
    keep: int
    suite: Suite | None = None
    as_of: datetime | None = None
    whole_to: str = ""
    memory_mib: int = 512
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a part; the wrong posts are 0 where no truth is known."""

    payment_count: int
    line_count: int
    changed_rows: int
    changes: tuple[RowChange, ...]
    old_wrong_posts: int
    new_wrong_posts: int


@dataclass(frozen=True, slots=True)
class _Failed:
    message: str


async def compared(part: Part, seconds_max: float) -> Compared:
    """Compare in a process of its own. Raises Fault INTERNAL when that fails, is ended or takes too long."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_main, args=(part, theirs), name="compare rule sets")
    await asyncio.to_thread(process.start)
    theirs.close()
    try:
        ends_at = time.monotonic() + seconds_max
        while not await asyncio.to_thread(ours.poll, _LOOK_SECONDS):
            if time.monotonic() > ends_at:
                raise _failed(f"comparing took over {seconds_max:.0f} s")
        return _received(ours)
    finally:
        ours.close()
        await asyncio.to_thread(_end, process)


def _received(pipe: Connection) -> Compared:
    try:
        told: Compared | _Failed = pipe.recv()
    except EOFError:
        raise _failed("its process was ended, as the system does when memory is short") from None
    if isinstance(told, _Failed):
        raise _failed(told.message)
    return told


def _end(process: BaseProcess) -> None:
    process.join(_END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join(_END_SECONDS)


def _failed(message: str) -> Fault:
    return Fault(Kind.INTERNAL, "INTERNAL", message, "规则回归进程失败，详见日志")


def _main(part: Part, pipe: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(ValueError):  # where the system does not let a process limit itself
        bytes_max = (part.memory_mib + _BESIDE_THE_CAP_MIB) * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    try:
        pipe.send(_compared(part))
    except Exception as fault:
        pipe.send(_Failed(f"{type(fault).__name__}: {fault}"))
        raise


def _compared(part: Part) -> Compared:
    found = compare(
        (parse_rule_set("the version in force", part.old_yaml), parse_rule_set("the new version", part.new_yaml)),
        part.payments,
        part.lines,
        part.scratch,
        asked=Asked(part.as_of, part.whole_to),
        keep=part.keep,
        limits=Limits(part.memory_mib, part.threads),
    )
    labels = read_labels(part.suite) if part.suite else None
    old, new = (wrong_posts(labels, table.to_pylist()) if labels else 0 for table in (found.old, found.new))
    return Compared(found.payment_count, found.line_count, found.changed_rows, found.changes, old, new)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "it was started by a process"
    wait([parent.sentinel])
    os._exit(1)
