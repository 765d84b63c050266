"""A table of benchmarks/ as a test runs it: quickly, and its numbers are kept nowhere."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SECONDS = 240


def python(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the repository's folder, in the benchmarks' quick mode."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=_ROOT,
        env={**os.environ, "QUICK": "1", **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )


def check_table(module: str, names: list[str]) -> None:
    """The table runs, tells of these names and leaves the results as they are."""
    results = _ROOT / "benchmarks/results"
    before = {path: path.read_bytes() for path in results.glob("*.json")}

    done = python("-m", module)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name in names if name not in done.stdout] == []
    assert {path: path.read_bytes() for path in results.glob("*.json")} == before
