"""Who matches, one a process: `python -m benchmarks.matching.contestants NAME PAYMENTS LINES OUT` prints what it took.

Imports are not in the time, they are in the memory. All read the same two Parquet files and write Parquet.

- ours: `match_files` with the shipped rules and its default limits: 1 GiB for DuckDB, two threads. In the time are also
  the check of the files, the compiling of the rules, the digest, the sums and the plan.
- ours_one_thread: the same with one thread; its digest has to be the same.
- join: the same engine with the same limits, one inner join on channel, channel_txn_no and amount_minor as they stand,
  and the two ids of each pair written. It tells nothing of rows that are in no pair or in several.
- splink: trained on these rows as in `make accuracy`, without a cap of memory; each row in at most one pair.
- recordlinkage, datacompy, settleflow: as in `make accuracy`, where it is told what each of them does of the work;
  in their time is also our writing of their answer.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Took(NamedTuple):
    """What one contestant did; `answer` is what has to be the same in every round of it."""

    answer: str
    seconds: float
    cpu_seconds: float
    peak_gib: float


Match = Callable[[Path, Path, Path], str]


def main() -> None:
    """Run the one that is named."""
    name, *paths = sys.argv[1:]
    match = CONTESTANTS[name]()
    began, busy = time.perf_counter(), _cpu_seconds()
    answer = match(*map(Path, paths))
    seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds() - busy
    print(json.dumps(Took(answer, seconds, cpu_seconds, _peak_gib())._asdict()))


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_gib() -> float:
    """Of the process and, on top of it, of the largest that it started."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20


def _ours(threads: int = 2) -> Match:
    # pyarrow imports it at its first value where it is installed; a service has none.
    import pandas  # type: ignore[import-untyped]  # noqa: F401, PLC0415

    from services.reconciler.rules.duckdb_engine import Limits, match_files  # noqa: PLC0415 - each holds only its own
    from services.reconciler.rules.rule_files import load_rule_set  # noqa: PLC0415

    def match(payments: Path, lines: Path, out: Path) -> str:
        return match_files(load_rule_set(), payments, lines, out, limits=Limits(threads=threads)).digest

    return match


def _ours_one_thread() -> Match:
    return _ours(threads=1)


def _join() -> Match:
    import duckdb  # noqa: PLC0415

    def match(payments: Path, lines: Path, out: Path) -> str:
        out.mkdir(parents=True)
        config: dict[str, Any] = {
            "memory_limit": "1024MiB",
            "threads": 2,
            "temp_directory": str(out / "spill"),
            "preserve_insertion_order": False,
        }
        with duckdb.connect(config=config) as engine:
            pairs = engine.execute(
                f"""COPY (SELECT p.payment_id, l.line_id
                    FROM '{payments}' AS p JOIN '{lines}' AS l USING (channel, channel_txn_no, amount_minor)
                    WHERE p.channel_txn_no <> '') TO '{out / "pairs.parquet"}' (FORMAT parquet, COMPRESSION zstd)"""
            ).fetchall()
        return f"{pairs[0][0]} pairs"

    return match


def _splink() -> Match:
    from accuracy.matching.generate import Data  # noqa: PLC0415
    from accuracy.matching.peers import splink_peer  # noqa: PLC0415

    def match(payments: Path, lines: Path, out: Path) -> str:
        out.mkdir(parents=True)
        pairs = splink_peer.pairs(Data(payments, lines, truth=Path()))
        pairs.to_parquet(out / "pairs.parquet", compression="zstd")
        return f"{len(pairs)} pairs"

    return match


def _peer(name: str) -> Match:
    from accuracy.matching.generate import Data  # noqa: PLC0415
    from accuracy.matching.peers import PEERS  # noqa: PLC0415

    def match(payments: Path, lines: Path, out: Path) -> str:
        PEERS[name].match(Data(payments, lines, truth=Path()), out)
        return name

    return match


CONTESTANTS: dict[str, Callable[[], Match]] = {
    "ours": _ours,
    "ours_one_thread": _ours_one_thread,
    "join": _join,
    "splink": _splink,
    "recordlinkage": lambda: _peer("recordlinkage"),
    "datacompy": lambda: _peer("datacompy"),
    "settleflow": lambda: _peer("settleflow"),
}

if __name__ == "__main__":
    main()
