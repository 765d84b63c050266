"""What an outcome tells: what has no other side, the totals of both sides, and a digest of what was decided."""

from datetime import timedelta

from chassis.money import Money
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.exception_class import ExceptionClass
from tests.reconciler.builders import DAY, a_line, a_payment, a_refund_line, found

YESTERDAY = DAY - timedelta(days=1)


def test_what_has_no_other_side_is_shown_on_its_own_side():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(2)])

    assert found(outcome) == [("CHANNEL_ONLY", None, 2), ("PLATFORM_ONLY", "pay_0001", None)]


def test_every_class_has_its_total_with_the_money_of_both_sides():
    lines = [a_line(1, amount=Money("CNY", 1300)), a_line(2), a_refund_line(2)]

    totals = match_exact(DAY, [a_payment(1), a_payment(2), a_payment(3)], lines).totals()

    assert totals.payment_sums == {"CNY": 3600}
    assert totals.line_sums == {"CNY": 1300 + 1200 - 500}
    assert totals.matched_sums == {"CNY": 1200}
    assert {each.exception_class: (each.book_sums, each.channel_sums) for each in totals.exceptions} == {
        ExceptionClass.PLATFORM_ONLY: ({"CNY": 1200}, {}),
        ExceptionClass.AMOUNT_CHANNEL_OVER: ({"CNY": 1200}, {"CNY": 1300}),
        ExceptionClass.REFUND_CHANNEL_ONLY: ({}, {"CNY": -500}),
    }


def test_the_digest_changes_with_any_amount_key_or_place():
    base = match_exact(DAY, [a_payment(1)], [a_line(1)]).digest()

    others = {
        match_exact(DAY, [a_payment(1, amount=Money("CNY", 1))], [a_line(1, amount=Money("CNY", 1))]).digest(),
        match_exact(DAY, [a_payment(1, channel_txn_no="ours")], [a_line(1)]).digest(),
        match_exact(DAY, [a_payment(1)], [a_line(1, line_no=2)]).digest(),
        match_exact(DAY, [a_payment(1, payment_id="pay_2")], [a_line(1)]).digest(),
        match_exact(DAY, [a_payment(1, business_date=YESTERDAY)], [a_line(1)]).digest(),
        match_exact(DAY, [a_payment(1)], []).digest(),
    }

    assert len(others) == 6
    assert base not in others


def test_the_digest_does_not_know_ids_that_each_run_makes_anew():
    first = match_exact(DAY, [a_payment(1)], [a_line(1, statement_id="stm_1")])
    again = match_exact(DAY, [a_payment(1)], [a_line(1, statement_id="stm_2")])

    assert first.digest() == again.digest()
