"""Where a table of metrics goes: to the screen always, to benchmarks/results unless it was a quick run."""

import json
import os
import platform
import subprocess
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.metric import Metric

RESULTS = Path(__file__).parent / "results"


def is_quick() -> bool:
    """Whether QUICK=1 asks only for proof that the tables still run."""
    return os.environ.get("QUICK") == "1"


def show(name: str, metrics: list[Metric]) -> None:
    """Print one table."""
    table = Table(title=name)
    for column in ("metric", "value", "unit", "rival", "goal", "bound", "holds"):
        table.add_column(column)
    for metric in metrics:
        table.add_row(*map(str, metric.row().values()))
    Console(width=160).print(table)


def write(name: str, metrics: list[Metric]) -> None:
    """Print one table and, unless it was a quick run, keep it."""
    show(name, metrics)
    if not is_quick():
        RESULTS.mkdir(exist_ok=True)
        body = {"commit": commit(), "machine": machine(), "metrics": [metric.row() for metric in metrics]}
        (RESULTS / f"{name}.json").write_text(json.dumps(body, indent=2) + "\n", "utf-8")


def commit() -> str:
    """The commit that was measured."""
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()


def machine() -> str:
    """What it was measured on, in one line."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
