"""Who reads, one a process: `python -m benchmarks.statements.contestants NAME LAYOUT FILE` prints what it took as JSON.

Imports and, for us, the loading of the profiles are not in the time: a service does them once. They are in the memory.

- ours: all batches of canonical lines, the control totals and the summary; nothing is kept of a batch.
- scan: DuckDB, all columns declared as text, as many threads as it likes; the count and the sum of the amount as
  DECIMAL. It cuts all cells and makes text of the one that is asked for.
- scan_of_all: the same, and the bytes of each column added up, so that it makes text of every cell.
- csv_module: the standard csv.reader over the decoded file; a bill's six amounts that its controls sum up as Decimal
  and added, and its time by datetime.fromisoformat. It checks nothing, makes no line and compares no total.
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.statements.files import BILL_HEADER, LIST_HEADER


class Took(NamedTuple):
    """What one contestant did. The peak is that of its process, which began with an interpreter and its imports."""

    rows: int
    came_minor: int
    seconds: float
    peak_mib: float


def main() -> None:
    """Run the one that is named."""
    name, layout, path = sys.argv[1:]
    read = CONTESTANTS[name](layout)
    began = time.perf_counter()
    rows, came_minor = read(Path(path))
    seconds = time.perf_counter() - began
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(Took(rows, came_minor, seconds, peak_mib)._asdict()))


Read = Callable[[Path], tuple[int, int]]


def _ours(layout: str) -> Read:
    from services.reconciler.statements import Source, load_profiles, open_statement  # noqa: PLC0415 - as below

    profiles = load_profiles()

    def read(path: Path) -> tuple[int, int]:
        with path.open("rb") as file:
            reading = open_statement(Source(file, path.stat().st_size, ""), profiles)
            rows = sum(len(batch) for batch in reading.batches())
            summary = reading.summary
        tied = {"bill": 7, "list": 0}[layout]  # a bill declares as many totals
        if not summary.loadable or len(summary.controls) != tied:
            raise RuntimeError(f"not read as loadable: {summary.faults} {summary.controls}")
        return rows, sum(summary.sums_in.values())

    return read


def _scan(layout: str, *, of_all: bool = False) -> Read:
    import duckdb  # noqa: PLC0415 - each process shall hold only what it measures

    header = {"bill": BILL_HEADER, "list": LIST_HEADER}[layout]
    amount = {"bill": "substr(应结订单金额, 2)", "list": "replace(\"Billing amount\", ',', '')"}[layout]
    quote = {"bill": "", "list": '"'}[layout]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header.split(","))
    rest = "".join(f', sum(strlen("{name}"))' for name in header.split(",")) if of_all else ""

    def read(path: Path) -> tuple[int, int]:
        found = duckdb.execute(
            f"SELECT count(*), sum(greatest({amount}::DECIMAL(18, 2), 0)){rest} FROM read_csv('{path}', header = true,"
            f" delim = ',', quote = '{quote}', escape = '{quote}', auto_detect = false, columns = {{{columns}}})"
        ).fetchall()
        return found[0][0], int(found[0][1] * 100)

    return read


def _csv_module(layout: str) -> Read:
    return _csv_bill if layout == "bill" else _csv_list


def _csv_bill(path: Path) -> tuple[int, int]:
    names = ("应结订单金额", "退款金额", "充值券退款金额", "手续费", "订单金额", "申请退款金额")
    with path.open(encoding="gb18030", newline="") as file:
        rows = csv.reader(file, quoting=csv.QUOTE_NONE)
        header = next(rows)
        summed = [header.index(name) for name in names]
        sums, count = [Decimal(0)] * len(summed), 0
        for row in rows:
            if len(row) != len(header):
                break
            count += 1
            datetime.fromisoformat(row[0][1:])
            for at, place in enumerate(summed):
                sums[at] += Decimal(row[place][1:])
    return count, int(sums[0] * 100)


def _csv_list(path: Path) -> tuple[int, int]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        came, count = Decimal(0), 0
        for row in rows:
            count += 1
            datetime.strptime(row[0], "%d/%m/%Y")  # noqa: DTZ007 - a date
            amount, _ = (Decimal(row[place].strip().replace(",", "")) for place in (2, 4))
            came += max(amount, Decimal(0))
    return count, int(came * 100)


CONTESTANTS: dict[str, Callable[[str], Read]] = {
    "ours": _ours,
    "scan": _scan,
    "scan_of_all": partial(_scan, of_all=True),
    "csv_module": _csv_module,
}

if __name__ == "__main__":
    main()
