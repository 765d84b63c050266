"""One payment for several bills: the parts are the whole."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments.domain.split import Split, judge_splits


def yuan(amount_minor):
    return Money("CNY", amount_minor)


def rules(*splits, bill_no=""):
    return [(fault.field, fault.rule) for fault in judge_splits(splits, yuan(10_00), bill_no)]


def test_parts_that_sum_up_to_the_payment_are_taken_and_no_parts_too():
    assert rules(Split("WATER-1", yuan(4_00)), Split("GAS-1", yuan(6_00))) == []
    assert rules(bill_no="WATER-1") == []


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=100), st.integers(-(10**6), 10**6))
def test_a_sum_that_is_off_by_anything_is_refused(parts, off):
    splits = [Split(f"BILL-{no}", yuan(part)) for no, part in enumerate(parts)]
    amount = yuan(max(sum(parts) + off, 1))

    faults = judge_splits(splits, amount, "")

    assert bool(faults) == (amount.amount_minor != sum(parts))


def test_every_reason_is_told_at_once_with_its_place():
    told = rules(
        Split("WATER-1", yuan(4_00)), Split("WATER-1", Money("USD", 4_00)), Split("GAS-1", yuan(0)), bill_no="WATER-1"
    )

    assert told == [
        ("bill_no", "SPLITS_ALONE"),
        ("splits[1].amount.currency_code", "SAME_CURRENCY"),
        ("splits[1].bill_no", "BILL_ONCE"),
        ("splits[2].amount", "AMOUNT_POSITIVE"),
        ("splits", "SPLITS_SUM"),
    ]
