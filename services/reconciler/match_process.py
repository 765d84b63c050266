"""A run's matching in a process of its own, with its own memory: from the frames in a folder to the files for COPY.

It ends when its parent does, and takes the folder with it; it talks to nobody else.
"""

import contextlib
import os
import resource
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

from services.reconciler.matching.exception_rows import write_exceptions
from services.reconciler.matching.run_frames import LINES_PARQUET, PAYMENTS_PARQUET
from services.reconciler.matching.run_results import EXCEPTIONS_CSV, RESULTS_CSV, RunResults, RunTotals
from services.reconciler.rules.duckdb_engine import Limits, match_files
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.rule_set import RuleSet

_BESIDE_THE_CAP_MIB = 2048  # what Python, Arrow and the candidates of near rules need beside the engine's own cap


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """What is to be matched, where, by which rules and for which moment."""

    folder: Path
    run_id: str
    business_date: date
    rule_set: RuleSet
    as_of: datetime
    whole_to: str
    create_time: datetime
    memory_mib: int
    threads: int


@dataclass(frozen=True, slots=True)
class Placed:
    """How many rows have a place so far."""

    rows: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no result."""

    message: str


Told = Placed | Failed | RunTotals


def main(request: MatchRequest, pipe: Connection) -> None:
    """Match, and tell the parent how far it is and at last what came out."""
    threading.Thread(target=_end_with_parent, args=(request.folder,), daemon=True).start()
    with contextlib.suppress(ValueError):  # where the system does not let a process limit itself
        bytes_max = (request.memory_mib + _BESIDE_THE_CAP_MIB) * 1024**2
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_max, bytes_max))
    try:
        pipe.send(_match(request, lambda rows: pipe.send(Placed(rows))))
    except Exception as fault:
        pipe.send(Failed(f"{type(fault).__name__}: {fault}"))
        raise


def _match(request: MatchRequest, told: Callable[[int], None]) -> RunTotals:
    folder, rule_set = request.folder, request.rule_set
    match_files(
        rule_set,
        folder / PAYMENTS_PARQUET,
        folder / LINES_PARQUET,
        folder,
        asked=Asked(request.as_of, request.whole_to, told),
        limits=Limits(request.memory_mib, request.threads),
    )
    with RunResults.opened(folder, request.business_date, request.memory_mib, request.threads) as results:
        results.write(request.run_id, folder / RESULTS_CSV)
        write_exceptions(results.exceptions(), rule_set, request.run_id, request.create_time, folder / EXCEPTIONS_CSV)
        return results.totals()


def _end_with_parent(folder: Path) -> None:
    parent = parent_process()
    assert parent is not None, "it was started by a process"
    wait([parent.sentinel])
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
