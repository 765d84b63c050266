"""What the actions on claimed invoices work with, one of each for the process. It does nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass

from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from services.invoice_sync.actions.attempt_log import AttemptLog
from services.invoice_sync.actions.gates import Gates
from services.invoice_sync.actions.record import Recorder
from services.invoice_sync.crash import Crash, never
from services.invoice_sync.domain.buyer_check import CheckPolicy
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.number import NumberPolicy
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.domain.timers import Timers


@dataclass(frozen=True, slots=True)
class Tools:
    """`jitter` gives a share in [0, 1] for each wait."""

    sessions: Sessions
    ring: KeyRing
    clock: Clock
    jitter: Callable[[], float]
    timers: Timers
    routing: Routing
    gates: Gates
    recorder: Recorder
    log: AttemptLog
    crash: Crash
    numbers: NumberPolicy
    checks: CheckPolicy

    async def close(self, within_seconds: float) -> None:
        """Write what waits to be written."""
        await self.log.close(within_seconds)
        await self.recorder.close(within_seconds)


def make_tools(
    sessions: Sessions,
    ring: KeyRing,
    clock: Clock,
    jitter: Callable[[], float],
    timers: Timers,
    routing: Routing,
    policy: GatePolicy,
    crash: Crash = never,
    numbers: NumberPolicy = NumberPolicy(),  # noqa: B008  a frozen value
    checks: CheckPolicy = CheckPolicy(),  # noqa: B008
) -> Tools:
    """Wire them to each other."""
    gates = Gates(routing, policy, clock, jitter)
    recorder = Recorder(sessions, gates, clock, timers, crash)
    log = AttemptLog(sessions, ring, clock, crash)
    return Tools(sessions, ring, clock, jitter, timers, routing, gates, recorder, log, crash, numbers, checks)
