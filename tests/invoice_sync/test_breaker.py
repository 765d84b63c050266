"""The circuit breaker: it opens on failures, lets one probe through, and closes again once the faults end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.breaker import (
    Blocked,
    Breaker,
    BreakerPolicy,
    BreakerState,
    Pass,
    ProbeOnly,
    after,
    is_failure,
    may_pass,
    probing,
)

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
POLICY = BreakerPolicy(
    failures_max=3,
    window=10,
    window_failures_max=5,
    open_seconds=10,
    open_seconds_max=60,
    probe_seconds=30,
    slow_seconds=5,
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(breaker: Breaker, results: str, now: datetime = NOON, dice: float = 1.0) -> Breaker:
    """The breaker after calls that began and ended at `now`: x failed, o did not."""
    for result in results:
        breaker = after(breaker, failed=result == "x", begun=now, now=now, dice=dice, policy=POLICY)
    return breaker


def test_failures_in_a_row_open_it_and_nothing_passes_before_its_time():
    assert may_pass(told(Breaker(), "xxoxx"), NOON) == Pass()

    opened = told(Breaker(), "xxx")

    assert may_pass(opened, at(9.9)) == Blocked(until=at(10))
    assert may_pass(opened, at(10)) == ProbeOnly()


def test_a_route_that_fails_every_second_time_is_opened_by_the_share_of_failures():
    assert told(Breaker(), "xoxoxoxo").state is BreakerState.CLOSED
    assert told(Breaker(), "xoxoxoxox").state is BreakerState.OPEN


def test_failures_that_left_the_window_are_forgotten():
    assert told(Breaker(), "xxooxx" + "oooooooo" + "xxoxo").state is BreakerState.CLOSED


def test_only_one_probe_goes_and_a_lost_one_is_replaced():
    half = probing(told(Breaker(), "xxx"), at(10), POLICY)

    assert may_pass(half, at(39)) == Blocked(until=at(40))
    assert may_pass(half, at(40)) == ProbeOnly()


def test_a_probe_that_succeeds_closes_it_and_one_that_fails_opens_it_for_longer():
    half = probing(told(Breaker(), "xxx"), at(10), POLICY)

    assert told(half, "o", at(11)).state is BreakerState.CLOSED
    assert may_pass(told(half, "x", at(11)), at(11)) == Blocked(until=at(31))


def test_an_answer_to_a_call_from_before_the_probe_does_not_move_it():
    opened = told(Breaker(), "xxx")
    half = probing(opened, at(10), POLICY)

    for failed in (True, False):
        assert after(opened, failed=failed, begun=at(-5), now=at(1), dice=1, policy=POLICY) == opened
        assert after(half, failed=failed, begun=at(-5), now=at(11), dice=1, policy=POLICY) == half


def test_the_wait_doubles_up_to_its_longest_and_the_dice_take_off_at_most_half():
    worn = Breaker(BreakerState.HALF_OPEN, 3, 0b111, 3, at(30), opened_count=40, probe_started=NOON)

    assert told(worn, "x", dice=1.0).open_until == at(60)
    assert told(worn, "x", dice=0.0).open_until == at(30)


def test_a_route_that_opens_again_soon_waits_longer_and_one_that_worked_for_a_window_starts_anew():
    closed = told(probing(told(Breaker(), "xxx"), at(10), POLICY), "o", at(10))

    soon = told(closed, "xxx", at(20))
    later = told(closed, "o" * 10 + "xxx", at(20))

    assert soon.open_until == at(40)
    assert later.open_until == at(30)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.NOT_RECEIVED, Outcome.AUTHORITY_FAULT])
def test_a_time_out_and_an_authority_out_of_reach_are_failures(outcome):
    assert is_failure(outcome, 0.1, POLICY)


@pytest.mark.parametrize(
    "outcome",
    [Outcome.REJECTED, Outcome.NOT_FOUND, Outcome.DUPLICATE, Outcome.THROTTLED, Outcome.QUOTA, Outcome.ACCEPTED],
)
def test_a_refusal_is_no_failure_unless_it_was_slow(outcome):
    assert not is_failure(outcome, 5.0, POLICY)
    assert is_failure(outcome, 5.1, POLICY)


a_result = st.tuples(st.booleans(), st.floats(0, 90), st.floats(0, 1))


def lived(results) -> tuple[Breaker, datetime]:
    """A breaker after calls and waits, each call made only when it may be; a probe may get lost."""
    breaker, now = Breaker(), NOON
    for failed, wait, dice in results:
        now += timedelta(seconds=wait)
        match may_pass(breaker, now):
            case Blocked():
                continue
            case ProbeOnly():
                breaker = probing(breaker, now, POLICY)
                if dice > 0.8:
                    continue
        breaker = after(breaker, failed=failed, begun=now, now=now, dice=dice, policy=POLICY)
    return breaker, now


@given(st.lists(a_result, max_size=60))
def test_when_the_faults_end_it_is_closed_again_after_at_most_one_wait(results):
    breaker, now = lived(results)

    now += timedelta(seconds=max(POLICY.open_seconds_max, POLICY.probe_seconds))
    if may_pass(breaker, now) == ProbeOnly():
        breaker = told(probing(breaker, now, POLICY), "o", now)

    assert breaker.state is BreakerState.CLOSED


@given(st.lists(a_result, max_size=60))
def test_it_never_blocks_longer_than_its_longest_wait_and_fits_its_columns(results):
    breaker, now = lived(results)

    match may_pass(breaker, now):
        case Blocked(until=until):
            assert until - now <= timedelta(seconds=max(POLICY.open_seconds_max, POLICY.probe_seconds))
        case Pass():
            assert breaker.failures < POLICY.failures_max
    assert 0 <= breaker.recent_bits < 2**POLICY.window
    assert breaker.recent_count <= POLICY.window
