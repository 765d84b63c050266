"""A worker that is killed, wherever it stands, leaves no half run: another one makes it, as if nothing had been."""

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest
from bihuan.reconciler.v1 import run_pb2

from services.reconciler.tables import ExceptionRow, PaymentFactRow, RunResultRow
from tests.reconciler.builders import System, a_bill, a_bill_row, dispositions
from tests.support.eventually import eventually

_SECONDS = 60
_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("point", ["inputs", "matching", "matched", "copied", "ended"])
async def test_a_worker_that_is_killed_leaves_nothing_behind_and_another_one_makes_the_run(
    system: System, payments_target: str, tmp_path: Path, point: str
):
    await system.record(1)
    await system.record(2)
    await system.ingest(a_bill(a_bill_row(1), a_bill_row(3)))
    run = await system.start_run()
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.reconciler.run_worker",
        point,
        env={
            **os.environ,
            "PYTHONPATH": f"{_ROOT}:{_ROOT / 'proto/gen'}",
            "DATABASE": system.engine.url.render_as_string(hide_password=False).replace("+asyncpg", ""),
            "PAYMENTS": payments_target,
            "NOW": system.clock.now().isoformat(),
            "TMPDIR": str(tmp_path),
        },
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    assert await asyncio.wait_for(worker.stdout.readline(), _SECONDS) == f"at {point}\n".encode()
    children = psutil.Process(worker.pid).children(recursive=True)

    worker.kill()
    await worker.wait()

    await eventually(lambda: _none_of(children), timeout_seconds=_SECONDS)
    assert [await system.count(table) for table in (RunResultRow, ExceptionRow, PaymentFactRow)] == [0, 0, 0]
    assert (await system.get_run(run.run_id)).state == run_pb2.Run.STATE_RUNNING
    assert await system.reconciliation.claim_run() is None, "its lease has not ended"
    system.clock.advance(61)
    await eventually(lambda: _made(system), timeout_seconds=_SECONDS)
    ended = await system.get_run(run.run_id)
    assert ended.state == run_pb2.Run.STATE_SUCCEEDED, ended.failure_message
    assert dispositions(ended) == {"MATCHED": (1, 1), "EXCEPTION": (1, 1)}
    assert await system.count(RunResultRow) == 4


async def _none_of(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


async def _made(system: System) -> bool:
    """Take the run and make it; the database may yet have to notice that the killed one is gone."""
    claim = await system.reconciliation.claim_run()
    if claim is not None:
        await system.reconciliation.run_reconciliation(claim)
    return claim is not None
