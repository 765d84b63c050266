"""A worker of its own process, which stops at a point and waits there to be killed: python -m ... <point>.

It takes the oldest run, as a worker of the service does, and says `at <point>` once it stands there.
"""

import asyncio
import os
import sys
from datetime import datetime
from typing import Any

from chassis import database
from chassis.clock import ManualClock
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.run_inputs import RunInputsActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.matcher import Matcher
from services.reconciler.store.result import ResultStore
from services.reconciler.store.run import RunStore
from tests.reconciler.builders import a_worker

_POINTS: dict[str, tuple[type, str]] = {
    "inputs": (RunInputsActions, "complete"),
    "matched": (RunStore, "lock"),
    "copied": (ResultStore, "add"),
    "ended": (RunStore, "succeed"),
}


async def work(point: str) -> None:
    """Take a run and make it up to the point."""
    clock = ManualClock(datetime.fromisoformat(os.environ["NOW"]))
    sessions = database.sessions(database.connect(os.environ["DATABASE"], "killed"))
    payments = PaymentsClient(os.environ["PAYMENTS"], timeout_seconds=20)
    if point == "matching":
        Matcher.match = _stopping(Matcher.match)  # type: ignore[method-assign,assignment]
    else:
        owner, name = _POINTS[point]
        setattr(owner, name, _after(getattr(owner, name), point))
    worker = a_worker(sessions, payments, MirrorActions(sessions, payments, clock), clock)
    claim = await worker.claim_run()
    assert claim is not None, "no run was due"
    await worker.run_reconciliation(claim)


def _after(real: Any, point: str) -> Any:
    async def stopping(*given: Any, **named: Any) -> Any:
        await real(*given, **named)
        await _stand(point)

    return stopping


def _stopping(real: Any) -> Any:
    async def stopping(*given: Any) -> Any:
        async for told in real(*given):
            await _stand("matching")
            yield told

    return stopping


async def _stand(point: str) -> None:
    sys.stdout.write(f"at {point}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
