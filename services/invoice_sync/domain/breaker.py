"""The circuit breaker of a route: when an authority fails, one probe goes before the rest. It sends none."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.outcome_policy import POLICY

_DOUBLINGS_MAX = 32
# The window is kept as bits in a column of 64, one of which is the sign.
_WINDOW_MAX = 62


class BreakerState(StrEnum):
    """The contract's `breaker_state`: CLOSED lets all through, OPEN nothing, HALF_OPEN waits for its one probe."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Where a breaker stands.

    `failures` counts those in a row. `recent_bits` has a 1 for each failure among the last `recent_count` results,
    the newest lowest. `open_until` is when a probe may go, or, while HALF_OPEN, when the probe counts as lost.
    `opened_count` counts openings since the route last worked for a whole window, and makes each wait longer.
    """

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    recent_bits: int = 0
    recent_count: int = 0
    open_until: datetime | None = None
    opened_count: int = 0
    probe_started: datetime | None = None


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens after `failures_max` in a row, or `window_failures_max` among the last `window` (at most 62).

    Open for `open_seconds`, doubled each time up to `open_seconds_max`. A probe that said nothing for `probe_seconds`
    is lost; make it longer than a call may take. An answer that took over `slow_seconds` counts as a failure.
    """

    failures_max: int
    window: int
    window_failures_max: int
    open_seconds: float
    open_seconds_max: float
    probe_seconds: float
    slow_seconds: float

    def __post_init__(self) -> None:
        assert 1 <= self.window_failures_max <= self.window <= _WINDOW_MAX, "the window does not fit"
        assert self.failures_max >= 1, "it opens after a failure, not before"


@dataclass(frozen=True, slots=True)
class Pass:
    """All may go."""


@dataclass(frozen=True, slots=True)
class ProbeOnly:
    """One may go, by whoever stores `probing` first."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing may go before that instant."""

    until: datetime


def is_failure(outcome: Outcome, seconds: float, policy: BreakerPolicy) -> bool:
    """Whether a call that ended so and took so long speaks against the route."""
    return POLICY[outcome].breaker_failure or seconds > policy.slow_seconds


def may_pass(breaker: Breaker, now: datetime) -> Pass | ProbeOnly | Blocked:
    """What the breaker lets through at this instant."""
    if breaker.state is BreakerState.CLOSED:
        return Pass()
    assert breaker.open_until is not None, "an open breaker knows until when"
    return ProbeOnly() if now >= breaker.open_until else Blocked(breaker.open_until)


def probing(breaker: Breaker, now: datetime, policy: BreakerPolicy) -> Breaker:
    """The breaker once a probe begins at `now`; the next one may go only when this one is lost."""
    assert may_pass(breaker, now) == ProbeOnly(), "a probe goes only when one may"
    lost_at = now + timedelta(seconds=policy.probe_seconds)
    return replace(breaker, state=BreakerState.HALF_OPEN, open_until=lost_at, probe_started=now)


def after(
    breaker: Breaker, *, failed: bool, begun: datetime, now: datetime, dice: float, policy: BreakerPolicy
) -> Breaker:
    """The breaker after the result of a call that began at `begun`; `dice` in [0, 1] spreads the probes of many.

    Only a probe's result moves a breaker that is not closed: calls that began before it opened still end after.
    """
    match breaker.state:
        case BreakerState.CLOSED:
            return _after_call(breaker, failed, now, dice, policy)
        case BreakerState.HALF_OPEN if breaker.probe_started is not None and begun >= breaker.probe_started:
            return _after_probe(breaker, failed, now, dice, policy)
        case _:
            return breaker


def _after_call(breaker: Breaker, failed: bool, now: datetime, dice: float, policy: BreakerPolicy) -> Breaker:
    bits = (breaker.recent_bits << 1 | failed) & ((1 << policy.window) - 1)
    count = min(breaker.recent_count + 1, policy.window)
    failures = breaker.failures + 1 if failed else 0
    counted = replace(breaker, failures=failures, recent_bits=bits, recent_count=count)
    if failures >= policy.failures_max or bits.bit_count() >= policy.window_failures_max:
        return _opened(counted, now, dice, policy)
    # A route that opens again soon after it closed waits longer; one that worked for a window starts anew.
    return replace(counted, opened_count=0) if count == policy.window else counted


def _after_probe(breaker: Breaker, failed: bool, now: datetime, dice: float, policy: BreakerPolicy) -> Breaker:
    if failed:
        return _opened(replace(breaker, failures=breaker.failures + 1), now, dice, policy)
    return Breaker(opened_count=breaker.opened_count)


def _opened(breaker: Breaker, now: datetime, dice: float, policy: BreakerPolicy) -> Breaker:
    """Open for longer than the last time; half of the wait is fixed, so that the authority gets one."""
    assert 0 <= dice <= 1, "dice is a share"
    doubled = policy.open_seconds * 2.0 ** min(breaker.opened_count, _DOUBLINGS_MAX)
    wait = min(policy.open_seconds_max, doubled) * (0.5 + dice / 2)
    return replace(
        breaker,
        state=BreakerState.OPEN,
        open_until=now + timedelta(seconds=wait),
        opened_count=breaker.opened_count + 1,
        probe_started=None,
    )
