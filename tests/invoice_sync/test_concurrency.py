"""The calls in flight: they shrink with failures and grow with successes, and stay within their bounds."""

from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.concurrency import Concurrency, ConcurrencyPolicy, after

POLICY = ConcurrencyPolicy(start=20, minimum=2, maximum=40)


def told(concurrency: Concurrency, results: str, in_flight: int | None = None) -> Concurrency:
    """The limit after calls: x failed, o did not."""
    for result in results:
        using = concurrency.limit if in_flight is None else in_flight
        concurrency = after(concurrency, failed=result == "x", in_flight=using, policy=POLICY)
    return concurrency


def test_a_failure_leaves_nine_tenths():
    assert told(Concurrency(20), "x") == Concurrency(18)


def test_a_window_of_successes_gives_one_more():
    assert told(Concurrency(20), "o" * 19).limit == 20
    assert told(Concurrency(20), "o" * 20) == Concurrency(21)


def test_a_failure_begins_the_window_anew():
    assert told(Concurrency(20), "o" * 19 + "x" + "o" * 17).limit == 18


def test_a_limit_that_is_not_used_does_not_grow():
    assert told(Concurrency(20), "o" * 1000, in_flight=9).limit == 20


@given(st.text("xo", max_size=400))
def test_it_never_leaves_its_bounds(results):
    assert POLICY.minimum <= told(Concurrency(POLICY.start), results).limit <= POLICY.maximum


@given(st.text("xo", max_size=100))
def test_it_always_comes_back_when_the_failures_end(results):
    worn = told(Concurrency(POLICY.start), results)

    assert told(worn, "o" * POLICY.maximum * (POLICY.maximum - POLICY.minimum + 1)).limit == POLICY.maximum
