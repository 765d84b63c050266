"""Sums of parts, held against every subset there is."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.matching.subset_sum import Bounds, Verdict, find_sum

_ANY_EVIDENCE = Bounds(items_max=12, parts_max=4, subsets_max=10_000, chance_ppm_max=10**12)


def _every_set(amounts: list[int], target: int, parts_max: int) -> list[tuple[int, ...]]:
    places = [at for at, amount in enumerate(amounts) if amount != 0]
    sets = [parts for size in range(1, parts_max + 1) for parts in combinations(places, size)]
    return [parts for parts in sets if sum(amounts[at] for at in parts) == target]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(-40, 60), max_size=11),
    st.integers(-120, 200).filter(bool),
    st.integers(2, 5),
)
def test_every_set_of_parts_that_adds_up_is_found_and_counted_as_plain_loops_do(amounts, target, parts_max):
    truth = _every_set(amounts, target, parts_max)

    answer = find_sum(amounts, target, Bounds(12, parts_max, 10_000, 10**12))

    groups = [parts for parts in truth if len(parts) > 1]
    if not groups:
        assert answer.verdict is Verdict.NONE
    elif len(truth) == 1:
        assert (answer.verdict, answer.solutions) == (Verdict.UNIQUE, (truth[0],))
    else:
        assert answer.verdict is Verdict.SEVERAL
        assert list(answer.solutions) == sorted(truth, key=lambda parts: (len(parts), parts))[:8]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=2, max_size=9), st.data())
def test_how_likely_an_accident_is_counts_the_sums_near_the_target(amounts, data):
    parts = data.draw(st.sets(st.integers(0, len(amounts) - 1), min_size=2, max_size=4))
    target = sum(amounts[at] for at in parts)
    reach = max(target // 20, 1)
    usable = [amount for amount in amounts if amount <= target]
    sums = [sum(some) for size in range(2, 5) for some in combinations(usable, size)]
    near = sum(target - reach <= one <= target + reach for one in sums) - 1
    grid = max(10**zeros for zeros in range(4) if target % 10**zeros == 0)

    answer = find_sum(amounts, target, _ANY_EVIDENCE)

    if answer.verdict is Verdict.UNIQUE:
        assert answer.chance_ppm == near * grid * 1_000_000 // (2 * reach + 1)


def test_equal_amounts_are_several_answers_because_nobody_can_say_which_one_it_is():
    answer = find_sum([500, 500, 701], 1201)

    assert answer.verdict is Verdict.SEVERAL
    assert answer.solutions == ((0, 2), (1, 2))


def test_one_amount_that_is_the_whole_alone_makes_a_sum_doubtful():
    assert find_sum([300, 901, 1201], 1201).verdict is Verdict.SEVERAL


def test_one_amount_that_is_the_whole_alone_is_no_sum():
    assert find_sum([1201, 35], 1201).verdict is Verdict.NONE


def test_a_round_sum_among_round_amounts_is_not_believed():
    round_ones = [1000, 2000, 4000, 8000, 16000, 32000]

    answer = find_sum(round_ones, 21000)

    assert answer.verdict is Verdict.CHANCE
    assert answer.solutions == ((0, 2, 4),)
    assert answer.chance_ppm > 50_000


def test_a_refund_among_the_parts_is_taken_off():
    answer = find_sum([70_011, -20_003, 1_007], 50_008)

    assert (answer.verdict, answer.solutions) == (Verdict.UNIQUE, ((0, 1),))


@pytest.mark.parametrize(
    ("bounds", "amounts"),
    [
        (Bounds(items_max=4), [101, 203, 307, 401, 503]),
        (Bounds(subsets_max=10), [101, 203, 307, 401, 503]),
    ],
)
def test_a_pool_beyond_the_bounds_is_said_to_be_and_not_searched(bounds, amounts):
    assert find_sum(amounts, 304 + 503, bounds).verdict is Verdict.TOO_LARGE


def test_amounts_larger_than_the_whole_do_not_count_for_the_size_of_the_pool():
    amounts = [10_000 + at for at in range(30)]

    assert find_sum([*amounts, 1_003, 2_007], 3_010).verdict is Verdict.UNIQUE


def test_a_set_of_more_parts_than_allowed_is_not_an_answer():
    amounts = [10_007, 20_011, 40_013, 80_021]

    assert find_sum(amounts, sum(amounts), Bounds(parts_max=3)).verdict is Verdict.NONE
    assert find_sum(amounts, sum(amounts), Bounds(parts_max=4)).verdict is Verdict.UNIQUE
