"""benchmarks/: each table still runs. Speed is never asserted here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(180)
def test_every_table_runs_in_its_quick_mode_and_keeps_no_numbers():
    results = ROOT / "benchmarks/results"
    before = {path: path.read_bytes() for path in results.glob("*.json")}

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=ROOT,
        env={**os.environ, "QUICK": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "match_ratio_to_bare_join" in done.stdout
    assert "intake_ratio_to_bare_inserts" in done.stdout
    assert {path: path.read_bytes() for path in results.glob("*.json")} == before
