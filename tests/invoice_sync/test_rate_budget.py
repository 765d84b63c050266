"""The rate budget: never more than its tokens, slower after 429, shut until Retry-After, and back in the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.rate_budget import MICRO, RatePolicy, full, recovered, take, throttled

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
POLICY = RatePolicy(
    burst=20,
    rate_micro_min=MICRO // 10,
    rate_micro_max=10 * MICRO,
    shrink_percent=70,
    recover_micro_per_second=MICRO // 20,
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_burst_is_granted_and_then_the_rate():
    first, budget = take(full(NOON, POLICY), 100, NOON, POLICY)
    at_once, budget = take(budget, 100, NOON, POLICY)
    later, budget = take(budget, 100, at(1), POLICY)

    assert (first, at_once, later) == (20, 0, 10)


def test_a_slow_rate_that_is_asked_for_every_few_milliseconds_still_fills():
    a_hundred_millionths = replace(POLICY, rate_micro_max=100, rate_micro_min=1)
    budget = replace(full(NOON, a_hundred_millionths), tokens_micro=MICRO - 400)

    granted = 0
    for step in range(1, 1001):
        got, budget = take(budget, 1, at(step * 0.005), a_hundred_millionths)
        granted += got

    assert granted == 1


def test_a_429_shuts_it_until_retry_after_and_then_it_begins_empty_and_slower():
    budget = throttled(full(NOON, POLICY), 30, begun=NOON, now=at(1), policy=POLICY)

    assert take(budget, 5, at(30.9), POLICY)[0] == 0
    assert take(budget, 5, at(31), POLICY)[0] == 0
    assert take(budget, 100, at(32), POLICY)[0] == 7


def test_a_batch_that_is_throttled_as_a_whole_slows_it_once():
    budget = full(NOON, POLICY)
    for _ in range(8):
        budget = throttled(budget, 0, begun=NOON, now=at(1), policy=POLICY)

    assert budget.rate_micro == 7 * MICRO
    assert throttled(budget, 0, begun=at(1), now=at(2), policy=POLICY).rate_micro == 4_900_000


def test_however_many_429_come_a_little_is_still_allowed():
    budget = full(NOON, POLICY)
    for second in range(60):
        budget = throttled(budget, 0, begun=at(second), now=at(second), policy=POLICY)

    assert budget.rate_micro == POLICY.rate_micro_min


def test_a_429_among_successes_still_slows_it():
    budget = throttled(full(NOON, POLICY), 0, begun=NOON, now=at(1), policy=POLICY)
    budget = recovered(budget, at(5), POLICY)

    slowed = throttled(budget, 0, begun=at(4), now=at(6), policy=POLICY)

    assert slowed.rate_micro == budget.rate_micro * 70 // 100


def test_the_shorter_of_two_retry_afters_does_not_open_it():
    budget = throttled(full(NOON, POLICY), 60, begun=NOON, now=NOON, policy=POLICY)
    budget = throttled(budget, 1, begun=NOON, now=at(1), policy=POLICY)

    assert take(budget, 1, at(59), POLICY)[0] == 0


def test_a_mad_retry_after_shuts_it_for_an_hour():
    budget = throttled(full(NOON, POLICY), 10**12, begun=NOON, now=NOON, policy=POLICY)

    assert take(budget, 1, at(3599), POLICY)[0] == 0
    assert take(budget, 1, at(3601), POLICY)[0] == 1


steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "throttled", "recovered"]),
        st.integers(0, 5_000_000),
        st.integers(0, 30),
    ),
    max_size=60,
)


def lived(deeds):
    """The budget after these deeds, each some microseconds after the one before, and what was granted when."""
    budget, now, grants = full(NOON, POLICY), NOON, []
    for deed, microseconds, number in deeds:
        now += timedelta(microseconds=microseconds)
        match deed:
            case "take":
                granted, budget = take(budget, number, now, POLICY)
                assert 0 <= granted <= number
                grants.append((now, granted))
            case "throttled":
                budget = throttled(budget, number, begun=now, now=now, policy=POLICY)
            case _:
                budget = recovered(budget, now, POLICY)
        assert POLICY.rate_micro_min <= budget.rate_micro <= POLICY.rate_micro_max
        assert 0 <= budget.tokens_micro <= POLICY.burst * MICRO
    return budget, now, grants


@given(steps)
def test_never_more_is_granted_than_a_burst_and_the_highest_rate_allow(deeds):
    _, now, grants = lived(deeds)

    microseconds = (now - NOON) // timedelta(microseconds=1)
    allowed = POLICY.burst + Fraction(microseconds * POLICY.rate_micro_max, MICRO * MICRO)
    assert sum(granted for _, granted in grants) <= allowed


@given(steps, st.lists(st.integers(0, 400_000), min_size=1, max_size=40))
def test_however_often_one_asks_one_gets_what_the_rate_gives_and_no_more(deeds, waits):
    budget, now, _ = lived(deeds)
    budget = replace(budget, tokens_micro=0, refilled_at=now)

    granted, end = 0, now
    for wait in waits:
        end += timedelta(microseconds=wait)
        got, budget = take(budget, 1000, end, POLICY)
        granted += got

    exact = Fraction((end - now) // timedelta(microseconds=1) * budget.rate_micro, MICRO * MICRO)
    assert granted <= exact
    assert granted + Fraction(budget.tokens_micro, MICRO) >= min(exact, POLICY.burst) - Fraction(len(waits) * 12, MICRO)


@given(steps)
def test_it_recovers_its_whole_rate_once_no_429_comes(deeds):
    budget, now, _ = lived(deeds)
    seconds = POLICY.rate_micro_max // POLICY.recover_micro_per_second + 1

    assert recovered(budget, now + timedelta(seconds=seconds), POLICY).rate_micro == POLICY.rate_micro_max
