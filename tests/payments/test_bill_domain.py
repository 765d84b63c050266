"""What a bill is after its payments, which of them are too many, and what is said of it. No database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments.domain.bill import (
    BillContent,
    BillState,
    Category,
    NotCancellable,
    cancelled,
    new_bill,
    settled,
)
from services.payments.domain.bill_answer import JudgedPart, Near, Verdict, verdict_of
from services.payments.domain.bill_payment import BillPart, Standing, counted, standing_of
from services.payments.domain.bill_words import Answer, answer, part_words
from services.payments.domain.duplicate import DuplicateCause, DuplicateState, KnownCase, find_surplus, judge_cases
from services.payments.domain.near_number import Slip, near_numbers
from services.payments.domain.payment import ReconciliationState, State

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def yuan(amount: int) -> Money:
    return Money("CNY", amount * 100)


def a_bill(amount: int = 100):
    return new_bill(BillContent("wuhan-water", "WATER-1", Category.WATER, "", yuan(amount), None, "", ""), NOON)


def a_part(payment_id: str = "pay_1", amount: int = 100, **changes) -> BillPart:
    fields = {
        "payment_id": payment_id,
        "merchant_order_no": f"ORDER-{payment_id}",
        "bill_no": "WATER-1",
        "channel": "wechat_pay",
        "channel_txn_no": f"4200-{payment_id}",
        "amount": yuan(amount),
        "left": yuan(amount),
        "state": State.SUCCEEDED,
        "reconciliation_state": ReconciliationState.PENDING,
        "pay_time": NOON,
        "take_time": NOON,
    }
    return BillPart(**{**fields, **changes})


@pytest.mark.parametrize(
    ("paid", "reconciled", "state"),
    [
        (1, 0, BillState.PARTLY_PAID),
        (99, 99, BillState.PARTLY_PAID),
        (100, 0, BillState.PAID),
        (100, 99, BillState.PAID),
        (100, 100, BillState.RECONCILED),
        (101, 101, BillState.OVERPAID),
    ],
)
def test_a_bill_is_as_far_paid_as_its_sums_say(paid, reconciled, state):
    after = settled(a_bill(100), yuan(paid), yuan(reconciled))

    assert (after.state, after.version) == (state, 2)


def test_sums_that_are_known_change_nothing_and_money_that_went_back_makes_a_bill_unpaid_again():
    paid = settled(a_bill(), yuan(100), yuan(0))

    assert settled(paid, yuan(100), yuan(0)) is None
    assert settled(paid, yuan(0), yuan(0)).state is BillState.UNPAID


def test_a_bill_is_cancelled_once_and_only_when_nothing_was_paid_and_stays_so():
    bill = a_bill()
    gone = cancelled(bill, "told twice", NOON)

    assert gone.state is BillState.CANCELLED
    assert gone.due == yuan(0)
    assert cancelled(gone, "another reason", NOON + timedelta(days=1)) == gone
    assert cancelled(settled(bill, yuan(1), yuan(0)), "", NOON) == NotCancellable(yuan(1))
    assert settled(gone, yuan(100), yuan(0)).state is BillState.CANCELLED


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.NOT_RECONCILED),
        ({"reconciliation_state": ReconciliationState.MATCHED}, Standing.RECONCILED),
        ({"reconciliation_state": ReconciliationState.EXCEPTION}, Standing.EXCEPTION),
        ({"state": State.CREATED}, Standing.UNDECIDED),
        ({"state": State.PROCESSING}, Standing.UNDECIDED),
        ({"state": State.UNKNOWN}, Standing.UNDECIDED),
        ({"state": State.FAILED}, Standing.FAILED),
        ({"state": State.CLOSED}, Standing.CLOSED),
        ({"left": yuan(0)}, Standing.GIVEN_BACK),
        ({"amount": Money("USD", 1), "left": Money("USD", 1)}, Standing.OTHER_CURRENCY),
    ],
)
def test_a_payment_counts_or_has_a_reason_why_not_and_words_for_it_in_both_languages(changes, standing):
    part = replace(a_part(), **changes)
    found = JudgedPart(part, standing_of(part, "CNY", is_duplicate=False), "AMOUNT_MISMATCH")
    counts = standing in (Standing.NOT_RECONCILED, Standing.RECONCILED, Standing.EXCEPTION)

    assert found.standing is standing
    assert (counted(part, "CNY").amount_minor > 0) == counts
    assert_whole(part_words(found).text, part_words(found).text_zh)
    assert found.not_reconciled_since == (NOON if standing in (Standing.NOT_RECONCILED, Standing.EXCEPTION) else None)


def test_a_payment_of_which_a_part_went_back_counts_with_the_rest_and_says_so():
    part = replace(a_part(amount=100), left=yuan(70))
    words = part_words(judged(part))

    assert counted(part, "CNY") == yuan(70)
    assert words.text.endswith("; 30.00 CNY of 100.00 CNY went back")
    assert words.text_zh.endswith("100.00 CNY 中已退回 30.00 CNY")


def test_the_payment_that_was_paid_after_the_bill_was_covered_is_too_many_whichever_was_told_first():
    late_told = a_part("pay_2", channel="alipay", pay_time=NOON)
    first_told = a_part("pay_1", pay_time=NOON + timedelta(minutes=5))
    bill = settled(a_bill(), yuan(200), yuan(0))

    (surplus,) = find_surplus(bill, [first_told, late_told])

    assert (surplus.payment_id, surplus.cause) == ("pay_1", DuplicateCause.BILL_COVERED)
    assert surplus.proposed_refund == yuan(100)
    assert [each.payment_id for each in surplus.covering] == ["pay_2"]


def test_a_payment_that_covers_what_was_due_and_more_is_not_called_a_duplicate():
    bill = settled(a_bill(100), yuan(120), yuan(0))

    assert find_surplus(bill, [a_part("pay_1", 60), a_part("pay_2", 60)]) == ()


def test_every_payment_for_a_cancelled_bill_is_too_many():
    bill = settled(cancelled(a_bill(), "told twice", NOON), yuan(100), yuan(0))

    (surplus,) = find_surplus(bill, [a_part()])

    assert (surplus.cause, surplus.covering) == (DuplicateCause.BILL_CANCELLED, ())


@given(st.lists(st.tuples(st.integers(1, 150), st.integers(0, 5), st.booleans()), max_size=8), st.integers(1, 150))
def test_what_is_not_called_too_many_covers_the_bill_whatever_is_paid_in_whatever_order(paid, owed):
    parts = [
        a_part(f"pay_{at}", amount, pay_time=NOON + timedelta(minutes=minutes), left=yuan(amount if whole else 0))
        for at, (amount, minutes, whole) in enumerate(paid)
    ]
    counts = sum(counted(part, "CNY").amount_minor for part in parts)
    bill = settled(a_bill(owed), Money("CNY", counts), yuan(0)) or a_bill(owed)

    surplus = find_surplus(bill, parts)
    refunded = sum(each.proposed_refund.amount_minor for each in surplus)

    assert find_surplus(bill, parts[::-1]) == surplus
    assert counts - refunded >= min(counts, owed * 100)
    assert not surplus or bill.state is BillState.OVERPAID


def test_a_case_is_opened_once_closed_when_money_goes_back_and_left_alone_when_a_person_dismissed_it():
    bill = settled(a_bill(), yuan(200), yuan(0))
    surplus = find_surplus(bill, [a_part("pay_1"), a_part("pay_2")])

    new = judge_cases(surplus, [])
    again = judge_cases(surplus, [KnownCase("dup_1", "pay_2", DuplicateState.OPEN)])
    dismissed = judge_cases(surplus, [KnownCase("dup_1", "pay_2", DuplicateState.DISMISSED)])
    back = judge_cases((), [KnownCase("dup_1", "pay_2", DuplicateState.OPEN)])
    once_more = judge_cases(surplus, [KnownCase("dup_1", "pay_2", DuplicateState.REFUNDED)])

    assert (new.to_open, new.refunded_ids) == (surplus, ())
    assert again == dismissed
    assert (again.to_open, again.refunded_ids) == ((), ())
    assert (back.to_open, back.refunded_ids) == ((), ("dup_1",))
    assert once_more.to_open == surplus


@pytest.mark.parametrize(
    ("typed", "slip"),
    [
        ("WATER-2026-0318", Slip.ONE_DIGIT),
        ("WATER-2062-0317", Slip.SWAPPED),
        ("WATER-2026-017", Slip.MISSING),
        ("WATER-2026-00317", Slip.EXTRA),
    ],
)
def test_a_number_that_is_one_slip_away_is_known_by_its_slip(typed, slip):
    found = near_numbers("WATER-2026-0317")

    assert found[typed] is slip
    assert "WATER-2026-0317" not in found


@given(st.text("0123456789AB-", max_size=64))
def test_there_are_never_more_near_numbers_than_one_statement_can_ask_for(number):
    assert len(near_numbers(number)) <= 20 * (len(number) + 1)


def judged(part: BillPart) -> JudgedPart:
    return JudgedPart(part, standing_of(part, "CNY", is_duplicate=False))


def near(**changes) -> Near:
    return Near(a_part("pay_9", bill_no="WATER-7"), Slip.ONE_DIGIT, **{"fits": True, **changes})


CASES = [
    (Verdict.NO_PAYMENT, a_bill(), [], []),
    (Verdict.NEAR_NUMBER, a_bill(), [], [near()]),
    (Verdict.NEAR_NUMBER, a_bill(), [judged(a_part(state=State.FAILED))], [near()]),
    (Verdict.NOT_SUCCEEDED, a_bill(), [judged(a_part(state=State.FAILED))], [near(fits=False)]),
    (Verdict.NOT_SUCCEEDED, a_bill(), [judged(a_part(state=State.CLOSED))], []),
    (Verdict.UNDECIDED, a_bill(), [judged(a_part(state=State.UNKNOWN, pay_time=None))], [near()]),
    (Verdict.GIVEN_BACK, a_bill(), [judged(a_part(left=yuan(0)))], []),
    (Verdict.PARTLY_PAID, settled(a_bill(), yuan(40), yuan(0)), [judged(a_part(amount=40))], []),
    (Verdict.NOT_RECONCILED, settled(a_bill(), yuan(100), yuan(0)), [judged(a_part())], []),
    (Verdict.OVERPAID, settled(a_bill(), yuan(120), yuan(0)), [judged(a_part(amount=120))], []),
    (Verdict.CANCELLED, cancelled(a_bill(), "told twice", NOON), [], []),
]


@pytest.mark.parametrize(("verdict", "bill", "parts", "near_by"), CASES)
def test_a_customer_who_has_paid_is_told_why_the_bill_stands_so_and_what_to_do(verdict, bill, parts, near_by):
    told = answer(bill, parts, near_by)

    assert verdict_of(bill, parts, near_by) is told.verdict is verdict
    assert_answer(told)


def test_a_payment_in_another_currency_is_told_as_the_reason():
    dollars = Money("USD", 100_00)
    told = answer(a_bill(), [judged(replace(a_part(), amount=dollars, left=dollars))], [])

    assert told.verdict is Verdict.OTHER_CURRENCY
    assert_answer(told)


def test_a_paid_bill_tells_of_a_difference_before_it_tells_of_what_is_only_late():
    bill = settled(a_bill(), yuan(100), yuan(0))
    differing = a_part("pay_2", 50, reconciliation_state=ReconciliationState.EXCEPTION)
    told = answer(bill, [judged(a_part("pay_1", 50)), JudgedPart(differing, Standing.EXCEPTION, "FEE")], [])

    assert told.verdict is Verdict.EXCEPTION
    assert "FEE" in told.fact.text_zh
    assert "pay_2" in told.remedy.text


def test_a_confirmed_bill_needs_nothing_and_money_for_a_cancelled_one_is_to_be_refunded():
    matched = a_part(reconciliation_state=ReconciliationState.MATCHED)
    whole = answer(settled(a_bill(), yuan(100), yuan(100)), [judged(matched)], [])
    gone = settled(cancelled(a_bill(), "told twice", NOON), yuan(100), yuan(0))
    paid_all_the_same = answer(gone, [JudgedPart(a_part(), Standing.DUPLICATE)], [])

    assert whole.verdict is Verdict.SETTLED
    assert "ListDuplicates" in paid_all_the_same.remedy.text
    assert "100.00 CNY" in paid_all_the_same.fact.text


def assert_answer(told: Answer) -> None:
    assert_whole(told.fact.text, told.fact.text_zh)
    assert_whole(told.remedy.text, told.remedy.text_zh)


def assert_whole(text: str, text_zh: str) -> None:
    assert text.isascii()
    assert not text_zh.isascii()
    assert "{" not in text + text_zh
