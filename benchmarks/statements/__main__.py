"""`make bench-statements`: each contestant in a process of its own, in turns; medians go to results/statements.json.

QUICK=1 only proves that each still runs.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.metric import Metric
from benchmarks.report import is_quick, write
from benchmarks.statements.contestants import CONTESTANTS, Took
from benchmarks.statements.files import Written, write_bill, write_list

_ROUNDS, _SMALL, _LARGE = 5, 100_000, 1_000_000
_QUICK_ROUNDS, _QUICK_SMALL, _QUICK_LARGE = 1, 500, 2_000
_SECONDS_MAX = 600.0
_SCAN = "DuckDB: all columns of the same rows as UTF-8 text, the sum of the amount"
_SCAN_OF_ALL = "the same scan, the bytes of every column added up"
_CSV = "csv.reader, six Decimals a row and its time; no check, no line"


def main() -> None:
    """Measure all and keep the medians."""
    rounds, small, large = (_QUICK_ROUNDS, _QUICK_SMALL, _QUICK_LARGE) if is_quick() else (_ROUNDS, _SMALL, _LARGE)
    with tempfile.TemporaryDirectory() as folder:
        on_small = _contest("bill", write_bill, Path(folder), small, rounds)
        on_large = _contest("bill", write_bill, Path(folder), large, rounds)
        on_list = _contest("list", write_list, Path(folder), large, rounds)
    small_mib, large_mib = (_median(took.peak_mib for took in of["ours"]) for of in (on_small, on_large))
    metrics = [
        Metric("parse_per_second", _rate(on_large["ours"]), "rows/s", "-"),
        Metric("scan_per_second", _rate(on_large["scan"]), "rows/s", "-"),
        Metric("csv_module_per_second", _rate(on_large["csv_module"]), "rows/s", "-"),
        Metric("parse_ratio_to_scan", _times(on_large, "scan"), "times its time", _SCAN, 5, "at most"),
        Metric("parse_ratio_to_csv_module", 1 / _times(on_large, "csv_module"), "times its rows/s", _CSV, 1),
        Metric("parse_ratio_to_scan_of_all", _times(on_large, "scan_of_all"), "times its time", _SCAN_OF_ALL),
        Metric("parse_ratio_to_scan_1e5", _times(on_small, "scan"), "times its time", _SCAN),
        Metric("parse_peak_mib_1e5", small_mib, "MiB", "-"),
        Metric("parse_peak_mib_1e6", large_mib, "MiB", "-"),
        Metric("peak_ratio_1e6_to_1e5", large_mib / small_mib, "ratio", "the peak for 1e5 rows", 1.3, "at most"),
        Metric("scan_peak_mib_1e6", _median(took.peak_mib for took in on_large["scan"]), "MiB", "-"),
        Metric("quoted_per_second", _rate(on_list["ours"]), "rows/s", "-"),
        Metric("quoted_ratio_to_scan", _times(on_list, "scan"), "times its time", _SCAN),
        Metric("quoted_ratio_to_csv_module", 1 / _times(on_list, "csv_module"), "times its rows/s", "csv.reader"),
    ]
    write("statements", metrics)


def _contest(
    layout: str, make: Callable[[Path, int], Written], folder: Path, rows: int, rounds: int
) -> dict[str, list[Took]]:
    """What each took in each round; a round has the same minute for all of them in it."""
    written = make(folder, rows)
    took: dict[str, list[Took]] = {name: [] for name in CONTESTANTS}
    for round_no in range(1, rounds + 1):
        for name in CONTESTANTS:
            one = _run(name, layout, written)
            took[name].append(one)
            rate = rows / one.seconds
            print(
                f"{layout} of {rows:,}, round {round_no}: {name} {rate:,.0f} rows/s, {one.peak_mib:.0f} MiB", flush=True
            )
    for path in (written.statement, written.scan):
        path.unlink()
    return took


def _run(name: str, layout: str, written: Written) -> Took:
    path = written.scan if name.startswith("scan") else written.statement
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.statements.contestants", name, layout, str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_SECONDS_MAX,
    )
    took = Took(**json.loads(done.stdout))
    if (took.rows, took.came_minor) != (written.rows, written.came_minor):
        raise RuntimeError(f"{name} read {took} of {written}: its figure would be of other work")
    return took


def _rate(took: list[Took]) -> float:
    return _median(one.rows / one.seconds for one in took)


def _times(took: dict[str, list[Took]], rival: str) -> float:
    """Our time over the rival's, the median of the rounds' quotients."""
    return _median(ours.seconds / its.seconds for ours, its in zip(took["ours"], took[rival], strict=True))


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
