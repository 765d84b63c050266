"""`make accuracy-diagnosis [SEEDS=1,2,3] [TIMES=3]`: plant every cause, ask, compare; diagnosis.json tells it all.

It exits with 1 unless every cause that can be planted was planted and told rightly each time.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import structlog

from accuracy.diagnosis.matrix import Matrix
from accuracy.diagnosis.run import run_seed
from chassis.local_postgres import local_postgres

_RESULT = Path("diagnosis.json")
_LOG_LEVEL = logging.CRITICAL  # what goes wrong here was planted


def main() -> int:
    """Run every seed and tell; the exit code."""
    seeds = [int(seed) for seed in os.environ.get("SEEDS", "1,2,3").split(",")]
    times = int(os.environ.get("TIMES", "3"))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_LOG_LEVEL))
    matrix = Matrix(seeds)
    with local_postgres() as server, tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            began = time.monotonic()
            asyncio.run(run_seed(server, seed, times, matrix, Path(folder)))
            print(f"seed {seed}: {len(matrix.cases)} cases so far, {time.monotonic() - began:.0f} s", flush=True)
    matrix.write(_RESULT)
    print(matrix.table())
    for case in matrix.wrong:
        print(f"WRONG planted {case.planted}, given {case.given}: {case.plant}, seed {case.seed}: {case.evidence}")
    for failure in matrix.failures:
        print(f"NOT PLANTED {failure}")
    if matrix.missing:
        print(f"NEVER PLANTED {', '.join(matrix.missing)}")
    return 0 if matrix.is_diagonal else 1


if __name__ == "__main__":
    sys.exit(main())
