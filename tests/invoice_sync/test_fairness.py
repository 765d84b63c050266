"""The sharing of a batch among lanes: nobody waits because another has much."""

from math import ceil

from hypothesis import assume, given
from hypothesis import strategies as st

from services.invoice_sync.domain.fairness import EXPRESS_LANE, share

a_lane = st.text("0123456789ABCDEF", min_size=1, max_size=4)
some_lanes = st.sets(a_lane, min_size=1, max_size=30)
lanes_with_express = st.builds(set.__or__, some_lanes, st.sampled_from([set(), {EXPRESS_LANE}]))


def test_three_invoices_of_a_small_seller_are_in_the_first_batch_beside_a_hundred_thousand_of_a_large_one():
    waiting = {"LARGE": 100_000, "SMALL": 3}

    turn = share(waiting, "", size=100)

    taken = {lane: min(waiting[lane], count) for lane, count in turn.quotas}
    assert taken == {"LARGE": 50, "SMALL": 3}


def test_the_express_lane_gets_half_and_all_when_it_waits_alone():
    assert share({EXPRESS_LANE, "A", "B"}, "", size=10).quotas == ((EXPRESS_LANE, 5), ("A", 3), ("B", 2))
    assert share({EXPRESS_LANE}, "", size=10).quotas == ((EXPRESS_LANE, 10),)


def test_the_remainder_goes_round_the_ring():
    first = share("ABC", "", size=4)
    second = share("ABC", first.last, size=4)

    assert first.quotas == (("A", 2), ("B", 1), ("C", 1))
    assert second.quotas == (("B", 2), ("C", 1), ("A", 1))


def test_nothing_waits_and_nothing_is_shared():
    assert share([], "A", size=8).quotas == ()


@given(lanes_with_express, a_lane, st.integers(1, 50))
def test_a_batch_is_shared_out_whole_and_evenly(lanes, last, size):
    turn = share(lanes, last, size)

    counts = [count for lane, count in turn.quotas if lane != EXPRESS_LANE or size == 1]
    assert sum(count for _, count in turn.quotas) == size
    assert all(count >= 1 for _, count in turn.quotas)
    assert {lane for lane, _ in turn.quotas} <= lanes
    assert not counts or max(counts) - min(counts) <= 1


@given(lanes_with_express, a_lane, st.integers(1, 12))
def test_no_lane_waits_longer_than_one_way_round_the_ring(lanes, last, size):
    express = EXPRESS_LANE in lanes and size > 1
    others = len(lanes) - express
    batches = ceil(others / (size - size // 2 if express else size))

    served: set[str] = set()
    for _ in range(batches):
        turn = share(lanes, last, size)
        served |= {lane for lane, _ in turn.quotas}
        last = turn.last

    assert served == lanes


@given(a_lane, st.lists(some_lanes, min_size=30, max_size=30), a_lane, st.integers(1, 12))
def test_lanes_that_come_and_go_do_not_keep_another_waiting(patient, crowds, last, size):
    everyone = set().union(*crowds, {patient})
    assume(len(everyone) <= len(crowds) * size)

    served: list[str] = []
    for crowd in crowds[: ceil(len(everyone) / size)]:
        turn = share(crowd | {patient}, last, size)
        served += [lane for lane, _ in turn.quotas]
        last = turn.last

    assert patient in served
