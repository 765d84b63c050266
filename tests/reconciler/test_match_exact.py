"""The rules by which a line finds its payment: the numbers that join, and what is a repeat or a conflict."""

from dataclasses import replace

import pytest

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.outcome import Key, MatchKind
from tests.reconciler.builders import DAY, a_line, a_payment, a_refund_line, found, matched


def test_equal_numbers_and_amounts_match():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1)])

    assert matched(outcome) == [("pay_0001", 1, MatchKind.EXACT, Key.CHANNEL_TXN_NO)]
    assert found(outcome) == []


def test_an_order_number_joins_when_the_books_do_not_know_the_channels_number():
    outcome = match_exact(DAY, [a_payment(1, channel_txn_no="ours")], [a_line(1)])

    assert matched(outcome) == [("pay_0001", 1, MatchKind.EXACT, Key.MERCHANT_ORDER_NO)]


def test_two_orders_under_one_number_of_the_channel_are_no_repeat_and_each_finds_its_payment():
    payments = [a_payment(1, channel_txn_no="shared"), a_payment(2, channel_txn_no="shared")]
    lines = [a_line(1, channel_txn_no="shared"), a_line(2, channel_txn_no="shared")]

    outcome = match_exact(DAY, payments, lines)

    assert [match[:2] for match in matched(outcome)] == [("pay_0001", 1), ("pay_0002", 2)]
    assert found(outcome) == []


def test_one_payment_is_taken_by_one_line_alone_when_two_orders_share_the_channels_number():
    payment = a_payment(1, channel_txn_no="shared", merchant_order_no="ours")
    lines = [a_line(1, channel_txn_no="shared"), a_line(2, channel_txn_no="shared")]

    outcome = match_exact(DAY, [payment], lines)

    assert [match[:2] for match in matched(outcome)] == [("pay_0001", 1)]
    assert found(outcome) == [("CHANNEL_ONLY", None, 2)]


def test_an_empty_number_joins_nothing():
    outcome = match_exact(
        DAY,
        [a_payment(1, channel_txn_no="", merchant_order_no="")],
        [a_line(1, channel_txn_no="", merchant_order_no="")],
    )

    assert found(outcome) == [("CHANNEL_ONLY", None, 1), ("PLATFORM_ONLY", "pay_0001", None)]


def test_a_line_that_stands_twice_counts_once():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, line_no=9), a_line(1, line_no=4)])

    assert matched(outcome) == [("pay_0001", 4, MatchKind.EXACT, Key.CHANNEL_TXN_NO)]
    assert found(outcome) == [("DUPLICATE_LINE", None, 9)]


def test_a_line_of_a_statement_that_was_loaded_later_repeats_the_one_that_was_loaded_first():
    later = a_line(1, line_no=1, statement_no=1, statement_id="stm_2", file_sha256="b" * 64)

    outcome = match_exact(DAY, [a_payment(1)], [later, a_line(1, line_no=5)])

    assert matched(outcome) == [("pay_0001", 5, MatchKind.EXACT, Key.CHANNEL_TXN_NO)]
    assert found(outcome) == [("DUPLICATE_LINE", None, 1)]


def test_a_refund_is_only_at_the_channel_and_leaves_its_payment_alone():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1), a_refund_line(1)])

    assert len(outcome.matches) == 1
    assert found(outcome) == [("REFUND_CHANNEL_ONLY", None, 101)]


def test_refunds_that_only_the_merchant_has_numbered_are_told_apart_by_its_number():
    numbers = {"channel_refund_no": "", "merchant_refund_no": "ours-1"}
    refunds = [a_refund_line(1, **numbers), a_refund_line(2, channel_txn_no="txn-1", merchant_order_no="order-1")]
    refunds[1] = replace(refunds[1], channel_refund_no="", merchant_refund_no="ours-2")
    again = replace(refunds[0], line_no=103)

    outcome = match_exact(DAY, [], [*refunds, again])

    assert found(outcome) == [
        ("DUPLICATE_LINE", None, 103),
        ("REFUND_CHANNEL_ONLY", None, 101),
        ("REFUND_CHANNEL_ONLY", None, 102),
    ]


def test_two_refunds_of_one_payment_are_not_a_repeat():
    refunds = [a_refund_line(1), a_refund_line(1, line_no=102, channel_refund_no="refund-2")]

    outcome = match_exact(DAY, [], refunds)

    assert [each.exception_class for each in outcome.differences] == [ExceptionClass.REFUND_CHANNEL_ONLY] * 2


def test_two_numbers_that_lead_to_two_payments_are_a_conflict_and_touch_neither():
    outcome = match_exact(DAY, [a_payment(1), a_payment(2)], [a_line(1, merchant_order_no="order-2")])

    assert found(outcome) == [
        ("PLATFORM_ONLY", "pay_0001", None),
        ("PLATFORM_ONLY", "pay_0002", None),
        ("REFERENCE_CONFLICT", None, 1),
    ]
    assert outcome.differences[0].beside == ("pay_0001", "pay_0002")


def test_an_order_number_of_two_merchants_is_a_conflict_and_not_a_guess():
    twins = [
        a_payment(1, channel_txn_no="a", merchant_order_no="1001", merchant_id="water"),
        a_payment(2, channel_txn_no="b", merchant_order_no="1001", merchant_id="power"),
    ]

    outcome = match_exact(DAY, twins, [a_line(1, merchant_order_no="1001")])

    assert ("REFERENCE_CONFLICT", None, 1) in found(outcome)
    assert not outcome.matches


def test_an_order_number_of_two_merchants_is_told_apart_by_the_channels_number():
    twins = [
        a_payment(1, channel_txn_no="a", merchant_order_no="1001", merchant_id="water"),
        a_payment(2, channel_txn_no="b", merchant_order_no="1001", merchant_id="power"),
    ]
    lines = [a_line(1, channel_txn_no="b", merchant_order_no="1001"), a_line(2, merchant_order_no="1001")]

    outcome = match_exact(DAY, twins, lines)

    assert matched(outcome) == [
        ("pay_0001", 2, MatchKind.EXACT, Key.MERCHANT_ORDER_NO),
        ("pay_0002", 1, MatchKind.EXACT, Key.CHANNEL_TXN_NO),
    ]


def test_of_two_payments_for_one_line_the_one_made_first_matches():
    line = a_line(1, merchant_order_no="")

    outcome = match_exact(DAY, [a_payment(2, channel_txn_no="txn-1"), a_payment(1)], [line])

    assert [match.payment.payment_id for match in outcome.matches] == ["pay_0001"]
    assert found(outcome) == [("DUPLICATE_BOOKING", "pay_0002", None)]


def test_of_two_payments_for_one_line_the_one_with_its_order_number_matches():
    outcome = match_exact(DAY, [a_payment(1, channel_txn_no="txn-2"), a_payment(2)], [a_line(2)])

    assert [match.payment.payment_id for match in outcome.matches] == ["pay_0002"]
    assert found(outcome) == [("DUPLICATE_BOOKING", "pay_0001", None)]


def test_a_second_booking_with_a_line_of_its_own_is_matched_by_its_order():
    second = a_payment(2, channel_txn_no="txn-1")

    outcome = match_exact(DAY, [a_payment(1), second], [a_line(1), a_line(2)])

    assert matched(outcome) == [
        ("pay_0001", 1, MatchKind.EXACT, Key.CHANNEL_TXN_NO),
        ("pay_0002", 2, MatchKind.EXACT, Key.MERCHANT_ORDER_NO),
    ]


def test_of_two_lines_for_one_order_the_one_with_the_amount_matches():
    payment = a_payment(1, channel_txn_no="ours")
    lines = [
        a_line(1, amount=Money("CNY", 1300)),
        a_line(2, merchant_order_no="order-1"),
    ]

    outcome = match_exact(DAY, [payment], lines)

    assert matched(outcome) == [("pay_0001", 2, MatchKind.EXACT, Key.MERCHANT_ORDER_NO)]
    assert found(outcome) == [("CHANNEL_ONLY", None, 1)]


def test_money_that_came_into_an_account_is_matched_as_a_payment_is():
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, kind=LineKind.CREDIT, channel_txn_no="")])

    assert matched(outcome) == [("pay_0001", 1, "EXACT", "merchant_order_no")]


@pytest.mark.parametrize("kind", [LineKind.DEBIT, LineKind.FEE, LineKind.CHARGEBACK, LineKind.TRANSFER])
def test_an_entry_that_the_books_never_hold_matches_nothing_and_has_its_own_place(kind: LineKind):
    outcome = match_exact(DAY, [a_payment(1)], [a_line(1, kind=kind)])

    assert found(outcome) == [("ENTRY_CHANNEL_ONLY", None, 1), ("PLATFORM_ONLY", "pay_0001", None)]


def test_two_entries_without_any_number_are_no_repeat_of_each_other():
    bare = {"kind": LineKind.CREDIT, "channel_txn_no": "", "merchant_order_no": ""}

    outcome = match_exact(DAY, [], [a_line(1, **bare), a_line(2, **bare)])

    assert found(outcome) == [("CHANNEL_ONLY", None, 1), ("CHANNEL_ONLY", None, 2)]
