"""When to try again: full jitter, an end in count and in age. The clock and the dice are arguments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.invoice_sync.domain.standing import ParkedReason
from services.invoice_sync.domain.timers import Timers

_DOUBLINGS_MAX = 32


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more tries by itself; a person must look, and may ask for the invoice again. `why` names the cap."""

    reason: str
    why: ParkedReason


def next_try(
    attempt: int,
    now: datetime,
    jitter: float,
    retry_after_seconds: int,
    born: datetime,
    timers: Timers,
    deadline_at: datetime | None = None,
) -> datetime | GiveUp:
    """When to send again after `attempt` tries (from 1), `jitter` being in [0, 1].

    Never after `deadline_at`: what comes later than the law wants it is a person's to send.
    """
    if attempt >= timers.retry_count_max:
        return GiveUp(f"sent {attempt} times, the most is {timers.retry_count_max}", ParkedReason.COUNT)
    at = next_open(attempt, now, jitter, retry_after_seconds, timers)
    if at - born > timedelta(seconds=timers.retry_age_seconds_max):
        return _too_old(timers)
    if deadline_at is not None and at > deadline_at:
        return GiveUp(f"the next try would come after the deadline, {deadline_at}", ParkedReason.DEADLINE)
    return at


def next_open(attempt: int, now: datetime, jitter: float, retry_after_seconds: int, timers: Timers) -> datetime:
    """When to try again whatever the caps say, for what waits behind a closed gate.

    Full jitter (delay = jitter x min(cap, base x 2^(attempt-1))), and never before the authority's Retry-After.
    """
    delay = _full_jitter(attempt, jitter, timers.retry_base_seconds, timers.retry_seconds_max)
    return now + timedelta(seconds=max(delay, retry_after_seconds))


def next_resend(sent_count: int, now: datetime, born: datetime, timers: Timers) -> datetime | GiveUp:
    """When to send again what was proved absent after `sent_count` submits that the authority may have had.

    At once, since the proof took long enough; but an authority that never books what it takes would get it for ever.
    """
    if sent_count > timers.resend_count_max:
        allowed = timers.resend_count_max
        return GiveUp(f"sent {sent_count} times and absent, it may be sent again {allowed} times", ParkedReason.RESENT)
    if now - born > timedelta(seconds=timers.retry_age_seconds_max):
        return _too_old(timers)
    return now


def next_look(look: int, now: datetime, jitter: float, retry_after_seconds: int, timers: Timers) -> datetime:
    """When to ask again after `look` looks (from 1). It has a cap and no end: what was sent must become known.

    Half of the delay is fixed, so that an authority that needs a moment is not asked many times in it.
    """
    delay = _full_jitter(look, 0.5 + jitter / 2, timers.look_base_seconds, timers.look_seconds_max)
    return now + timedelta(seconds=max(delay, retry_after_seconds))


def _too_old(timers: Timers) -> GiveUp:
    return GiveUp(f"older than {timers.retry_age_seconds_max:.0f} s", ParkedReason.AGE)


def _full_jitter(attempt: int, jitter: float, base_seconds: float, seconds_max: float) -> float:
    assert attempt >= 1, "attempts count from 1"
    assert 0 <= jitter <= 1, "jitter is a share"
    return jitter * min(seconds_max, base_seconds * 2.0 ** min(attempt - 1, _DOUBLINGS_MAX))
