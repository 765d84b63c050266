"""When to try again: full jitter, an end in count and in age. The clock and the dice are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.invoice_sync.domain.timers import Timers

_DOUBLINGS_MAX = 32


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more tries by itself; a person must look, and may ask for the invoice again."""

    reason: str


def next_try(
    attempt: int,
    now: datetime,
    jitter: float,
    retry_after_seconds: int,
    born: datetime,
    timers: Timers,
) -> datetime | GiveUp:
    """When to send again after `attempt` tries (from 1), `jitter` being in [0, 1].

    Full jitter (delay = jitter x min(cap, base x 2^(attempt-1))), and never before the authority's Retry-After.
    """
    if attempt >= timers.retry_count_max:
        return GiveUp(f"sent {attempt} times, the most is {timers.retry_count_max}")
    delay = _full_jitter(attempt, jitter, timers.retry_base_seconds, timers.retry_seconds_max)
    at = now + timedelta(seconds=max(delay, retry_after_seconds))
    if at - born > timedelta(seconds=timers.retry_age_seconds_max):
        return GiveUp(f"older than {timers.retry_age_seconds_max:.0f} s")
    return at


def next_resend(sent_count: int, now: datetime, born: datetime, timers: Timers) -> datetime | GiveUp:
    """When to send again what was proved absent after `sent_count` submits that the authority may have had.

    At once, since the proof took long enough; but an authority that never books what it takes would get it for ever.
    """
    if sent_count > timers.resend_count_max:
        return GiveUp(f"sent {sent_count} times and absent, it may be sent again {timers.resend_count_max} times")
    if now - born > timedelta(seconds=timers.retry_age_seconds_max):
        return GiveUp(f"older than {timers.retry_age_seconds_max:.0f} s")
    return now


def next_look(look: int, now: datetime, jitter: float, retry_after_seconds: int, timers: Timers) -> datetime:
    """When to ask again after `look` looks (from 1). It has a cap and no end: what was sent must become known.

    Half of the delay is fixed, so that an authority that needs a moment is not asked many times in it.
    """
    delay = _full_jitter(look, 0.5 + jitter / 2, timers.look_base_seconds, timers.look_seconds_max)
    return now + timedelta(seconds=max(delay, retry_after_seconds))


def _full_jitter(attempt: int, jitter: float, base_seconds: float, seconds_max: float) -> float:
    assert attempt >= 1, "attempts count from 1"
    assert 0 <= jitter <= 1, "jitter is a share"
    return jitter * min(seconds_max, base_seconds * 2.0 ** min(attempt - 1, _DOUBLINGS_MAX))
