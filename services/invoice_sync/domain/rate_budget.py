"""How many calls a second a route allows itself: a token bucket that learns from 429. Integers only; it never waits."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# All tokens are counted in millionths, so that slow rates add up without a float.
MICRO = 1_000_000
# A slip in a Retry-After closes a route for no longer.
_RETRY_AFTER_SECONDS_MAX = 3600
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RateBudget:
    """A bucket and its rate.

    `tokens_micro` stood in it at `refilled_at`; while that lies ahead the authority has asked us to wait until then.
    `rate_micro` is what it gains a second; `shrunk_at` is when that last fell, `grown_at` up to when it recovered.
    """

    tokens_micro: int
    refilled_at: datetime
    rate_micro: int
    shrunk_at: datetime
    grown_at: datetime


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """The bounds, in calls a second where not said otherwise.

    The bucket holds `burst` calls. Each THROTTLED leaves `shrink_percent` of the rate, and never less than
    `rate_micro_min`; after it the rate gains `recover_micro_per_second` each second, up to `rate_micro_max`.
    """

    burst: int
    rate_micro_min: int
    rate_micro_max: int
    shrink_percent: int
    recover_micro_per_second: int

    def __post_init__(self) -> None:
        assert 0 < self.rate_micro_min <= self.rate_micro_max, "a rate never falls to nothing"
        assert self.burst >= 1, "a bucket holds one call"
        assert 0 < self.shrink_percent < 100, "a throttled rate shrinks"
        assert self.recover_micro_per_second > 0, "a rate recovers"


def full(now: datetime, policy: RatePolicy) -> RateBudget:
    """The budget of a route that was never used."""
    return RateBudget(policy.burst * MICRO, now, policy.rate_micro_max, now, now)


def take(budget: RateBudget, wanted: int, now: datetime, policy: RatePolicy) -> tuple[int, RateBudget]:
    """How many of the wanted calls may be made now, and the budget without them. It takes nothing when it grants 0."""
    assert wanted >= 0, "no one wants less than nothing"
    filled = _refilled(budget, now, policy)
    if now < filled.refilled_at:
        return 0, filled
    granted = min(wanted, filled.tokens_micro // MICRO)
    return granted, replace(filled, tokens_micro=filled.tokens_micro - granted * MICRO)


def throttled(
    budget: RateBudget, retry_after_seconds: int, begun: datetime, now: datetime, policy: RatePolicy
) -> RateBudget:
    """The budget after a THROTTLED answer to a call that began at `begun`: empty until Retry-After, and slower.

    A batch that is throttled as a whole is one sign: what began before the rate fell does not make it fall again.
    """
    closed_until = max(budget.refilled_at, now + timedelta(seconds=min(retry_after_seconds, _RETRY_AFTER_SECONDS_MAX)))
    emptied = replace(budget, tokens_micro=0, refilled_at=closed_until)
    if begun < budget.shrunk_at:
        return emptied
    slower = max(policy.rate_micro_min, budget.rate_micro * policy.shrink_percent // 100)
    return replace(emptied, rate_micro=slower, shrunk_at=now, grown_at=now)


def recovered(budget: RateBudget, now: datetime, policy: RatePolicy) -> RateBudget:
    """The budget after calls that were not throttled: its rate gains a little for each second since then."""
    gained, used = _gain(policy.recover_micro_per_second, budget.grown_at, now)
    faster = min(policy.rate_micro_max, budget.rate_micro + gained)
    return replace(budget, rate_micro=faster, grown_at=budget.grown_at + used)


def _refilled(budget: RateBudget, now: datetime, policy: RatePolicy) -> RateBudget:
    gained, used = _gain(budget.rate_micro, budget.refilled_at, now)
    tokens = budget.tokens_micro + gained
    if tokens >= policy.burst * MICRO:
        return replace(budget, tokens_micro=policy.burst * MICRO, refilled_at=max(now, budget.refilled_at))
    return replace(budget, tokens_micro=tokens, refilled_at=budget.refilled_at + used)


def _gain(per_second: int, since: datetime, now: datetime) -> tuple[int, timedelta]:
    """What whole millionths the time since then brought, and the time that they took; the rest of it stays due."""
    microseconds = max(0, (now - since) // _MICROSECOND)
    gained = microseconds * per_second // MICRO
    used = -(-gained * MICRO // per_second)
    assert used <= microseconds, "no more time is used than went by"
    return gained, used * _MICROSECOND
