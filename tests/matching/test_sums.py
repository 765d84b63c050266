"""Wholes and their parts, where parts are claimed by several."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.matching.subset_sum import Bounds, Verdict
from services.reconciler.matching.sums import SumCandidate, decide_sums


def _candidates(wholes: dict[str, int], parts: dict[str, int]) -> list[SumCandidate]:
    return [SumCandidate(w, whole, p, part) for w, whole in wholes.items() for p, part in parts.items()]


def test_a_deposit_is_split_into_the_payments_that_add_up_to_it():
    taken, doubts = decide_sums(_candidates({"deposit": 30_018}, {"a": 10_007, "b": 20_011, "c": 5_003}))

    assert [(one.whole_id, one.part_ids, one.net) for one in taken] == [("deposit", ("a", "b"), False)]
    assert doubts == []


def test_a_deposit_without_its_fees_is_split_by_what_is_left_of_each_payment():
    parts = [SumCandidate("deposit", 29_838, "a", 10_007, 9_947), SumCandidate("deposit", 29_838, "b", 20_011, 19_891)]

    (one,), doubts = decide_sums(parts)

    assert (one.part_ids, one.net, doubts) == (("a", "b"), True, [])


def test_with_and_without_fees_two_explanations_are_none():
    gross = [SumCandidate("deposit", 30_018, "a", 10_007, 1), SumCandidate("deposit", 30_018, "b", 20_011, 2)]
    net = [SumCandidate("deposit", 30_018, "c", 40_000, 10_008), SumCandidate("deposit", 30_018, "d", 50_000, 20_010)]

    taken, (doubt,) = decide_sums(gross + net)

    assert taken == []
    assert (doubt.verdict, doubt.candidates) == (Verdict.SEVERAL, (("a", "b"), ("c", "d")))


def test_a_part_that_two_deposits_need_is_given_to_neither():
    taken, doubts = decide_sums(_candidates({"one": 30_018, "two": 15_010}, {"a": 10_007, "b": 20_011, "c": 5_003}))

    assert taken == []
    assert [(one.whole_id, one.candidates) for one in doubts] == [("one", (("a", "b"),)), ("two", (("a", "c"),))]
    assert {one.verdict for one in doubts} == {Verdict.SEVERAL}


def test_what_one_deposit_has_taken_leaves_a_pool_for_another_one_that_is_small_enough():
    first = {"a": 10_007, "b": 20_011}
    others = {"d": 10_001, "e": 10_614, "f": 12_453, "g": 15_518}
    two = _candidates({"two": 23_067}, first | others)
    small = Bounds(items_max=5, chance_ppm_max=10**9)

    before = decide_sums(two, small)
    taken, doubts = decide_sums([*_candidates({"one": 30_018}, first), *two], small)

    assert [one.verdict for one in before[1]] == [Verdict.TOO_LARGE]
    assert [(one.whole_id, one.part_ids) for one in taken] == [("one", ("a", "b")), ("two", ("e", "f"))]
    assert doubts == []


def test_a_pool_that_is_too_large_is_a_doubt_with_its_reason():
    parts = {str(at): 10_001 + 37 * at for at in range(30)}

    taken, (doubt,) = decide_sums(_candidates({"deposit": 30_300}, parts), Bounds(items_max=20))

    assert (taken, doubt.verdict, doubt.candidates) == ([], Verdict.TOO_LARGE, ())


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("UVWX"), st.integers(30, 400), min_size=1),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 200)),
    st.randoms(use_true_random=False),
)
def test_the_order_of_candidates_decides_nothing_and_no_part_is_taken_twice(wholes, parts, shuffle: random.Random):
    candidates = _candidates(wholes, parts)
    shuffled = shuffle.sample(candidates, len(candidates))
    anything = Bounds(chance_ppm_max=10**12)

    taken, doubts = decide_sums(candidates, anything)

    assert decide_sums(shuffled, anything) == (taken, doubts)
    used = [part_id for one in taken for part_id in one.part_ids]
    assert len(used) == len(set(used))
    for one in taken:
        assert sum(parts[part_id] for part_id in one.part_ids) == wholes[one.whole_id]
    assert not {one.whole_id for one in taken} & {one.whole_id for one in doubts}
