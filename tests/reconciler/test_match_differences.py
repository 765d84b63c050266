"""Pairs that do not agree, bills that are paid twice, and payments of the day before."""

from datetime import timedelta

from chassis.money import Money
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.outcome import Key, MatchKind
from tests.reconciler.builders import DAY, NOON, a_line, a_payment, found, matched

YESTERDAY = DAY - timedelta(days=1)


def test_a_larger_amount_at_the_channel_is_over_and_holds_both():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, amount=Money("CNY", 1201))])

    assert found(outcome) == [("AMOUNT_CHANNEL_OVER", "pay_0001", 1)]


def test_a_smaller_amount_at_the_channel_is_short_and_holds_both():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, amount=Money("CNY", 1199))])

    assert found(outcome) == [("AMOUNT_CHANNEL_SHORT", "pay_0001", 1)]


def test_another_currency_is_never_compared_by_its_number():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, amount=Money("JPY", 1200))])

    assert found(outcome) == [("CURRENCY_MISMATCH", "pay_0001", 1)]


def test_a_payment_of_the_day_before_that_a_line_claims_is_matched_across_the_cut_off():
    outcome = match_exact(DAY, [a_payment(1, business_date=YESTERDAY)], [a_line(1)])

    assert matched(outcome) == [("pay_0001", 1, MatchKind.CROSS_DAY, Key.CHANNEL_TXN_NO)]
    assert outcome.totals().cross_day_count == 1


def test_a_payment_of_the_day_before_that_no_line_claims_is_not_part_of_the_run():
    outcome = match_exact(DAY, [a_payment(1, business_date=YESTERDAY)], [])

    assert not outcome.matches
    assert not outcome.differences
    assert outcome.totals().payment_count == 0


def test_a_bill_paid_twice_keeps_the_first_and_shows_the_second():
    payments = [
        a_payment(1, bill_no="bill", pay_time=NOON + timedelta(hours=1)),
        a_payment(2, bill_no="bill", pay_time=NOON),
    ]

    outcome = match_exact(DAY, payments, [a_line(1), a_line(2)])

    assert [match.payment.payment_id for match in outcome.matches] == ["pay_0002"]
    assert found(outcome) == [("DUPLICATE_PAYMENT", "pay_0001", 1)]
    assert outcome.differences[0].beside == ("pay_0002",)


def test_one_bill_number_of_two_merchants_is_two_bills():
    payments = [a_payment(1, bill_no="bill"), a_payment(2, bill_no="bill", merchant_id="city-power")]

    outcome = match_exact(DAY, payments, [a_line(1), a_line(2)])

    assert len(outcome.matches) == 2


def test_a_bill_paid_twice_but_once_at_the_channel_is_no_duplicate_payment():
    payments = [a_payment(1, bill_no="bill"), a_payment(2, bill_no="bill")]

    outcome = match_exact(DAY, payments, [a_line(1)])

    assert found(outcome) == [("PLATFORM_ONLY", "pay_0002", None)]
