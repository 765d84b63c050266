"""`python -m accuracy.matching.suites`: writes the labelled sets that the reconciler ships, from their seeds."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from accuracy.matching.generate import generate
from accuracy.matching.truth import NOISES
from services.reconciler.matching.frames import LINES, PAYMENTS
from services.reconciler.rules.labelled import FOLDER, TRUTH

CLUSTERS = 450
# Seeds that the rules were not tuned on.
SUITES = (("payer_known", "payer", 20260301), ("payer_unknown", "none", 20260302))


def write_suites(folder: Path = FOLDER) -> None:
    """Make every set anew; equal releases of the generator write equal rows."""
    for name, noise, seed in SUITES:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        with tempfile.TemporaryDirectory() as scratch:
            data = generate(Path(scratch), seed=seed, size=CLUSTERS, noise=NOISES[noise])
            for path, schema in ((data.payments, PAYMENTS), (data.lines, LINES)):
                _write(pq.read_table(path, schema=schema), folder / name / path.name)
            _write(_flat(pq.read_table(data.truth)), folder / name / "truth.parquet")
    told = [{"name": name, "seed": seed, "noise": noise, "clusters": CLUSTERS} for name, noise, seed in SUITES]
    (folder / "suites.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _flat(truth: pa.Table) -> pa.Table:
    """A row for each payment and line, where the generator has one for each cluster."""
    rows = [
        dict(zip(TRUTH.names, (side, row_id, one["cluster"], group, accepts, one["twin"]), strict=True))
        for one in truth.to_pylist()
        for side, name in (("P", "payment"), ("L", "line"))
        for row_id, group, accepts in zip(
            *(one[f"{name}_{what}"] for what in ("ids", "groups", "accepts")), strict=True
        )
    ]
    return pa.Table.from_pylist(rows, TRUTH).sort_by([("side", "ascending"), ("id", "ascending")])


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", compression_level=19, write_statistics=["channel"])


if __name__ == "__main__":
    write_suites()
    sys.stdout.write(f"written to {FOLDER}\n")
