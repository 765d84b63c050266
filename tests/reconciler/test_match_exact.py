"""The rules of exact matching, each alone, and what holds for any rows."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.outcome import ExceptionClass, Key, LoadedLine, MatchKind, Outcome
from services.reconciler.domain.payment import MirroredPayment
from tests.reconciler.builders import DAY, NOON, a_line, a_payment, a_refund_line

YESTERDAY = DAY - timedelta(days=1)


def found(outcome: Outcome) -> list[tuple[str, str | None, int | None]]:
    """Each difference as (class, payment, line)."""
    return sorted(
        (
            each.exception_class.value,
            each.payment.payment_id if each.payment else None,
            each.line.line_no if each.line else None,
        )
        for each in outcome.differences
    )


def matched(outcome: Outcome) -> list[tuple[str, int, str, str]]:
    """Each match as (payment, line, kind, key)."""
    return sorted((each.payment.payment_id, each.line.line_no, each.kind, each.key) for each in outcome.matches)


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


# A few numbers for many rows, so that every kind of clash comes up.
NUMBERS = st.integers(1, 5)
AMOUNTS = st.builds(Money, st.sampled_from(["CNY", "CNY", "CNY", "JPY"]), st.integers(1, 3))


@st.composite
def payment_rows(draw: st.DrawFn) -> list[MirroredPayment]:
    orders = draw(st.lists(st.tuples(st.sampled_from(["water", "power"]), NUMBERS), unique=True, max_size=8))
    return [
        a_payment(
            no,
            merchant_id=merchant_id,
            merchant_order_no=f"order-{order}",
            channel_txn_no=f"txn-{draw(NUMBERS)}",
            bill_no=draw(st.sampled_from(["", "bill-1", "bill-2"])),
            amount=draw(AMOUNTS),
            pay_time=NOON + timedelta(minutes=draw(NUMBERS)),
            business_date=DAY + timedelta(days=draw(st.sampled_from([0, 0, 0, -1, 1]))),
        )
        for no, (merchant_id, order) in enumerate(orders)
    ]


@st.composite
def line_rows(draw: st.DrawFn) -> list[LoadedLine]:
    lines = []
    for no in range(draw(st.integers(0, 8))):
        is_refund = draw(st.sampled_from([False, False, False, True]))
        amount = draw(AMOUNTS)
        line = a_line(
            channel_txn_no=f"txn-{draw(NUMBERS)}",
            merchant_order_no=draw(st.sampled_from(["", *(f"order-{number}" for number in range(1, 6))])),
            line_no=no // 2,
            statement_no=no % 2,
            file_sha256="ab"[no % 2] * 64,
            amount=-amount if is_refund else amount,
        )
        lines.append(
            replace(line, kind=LineKind.REFUND, channel_refund_no=f"refund-{draw(NUMBERS)}") if is_refund else line
        )
    return lines


@given(payment_rows(), line_rows(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_never_changes_what_is_decided(
    payments: list[MirroredPayment], lines: list[LoadedLine], chance: random.Random
):
    outcome = match_exact(DAY, payments, lines)

    chance.shuffle(payments)
    chance.shuffle(lines)
    again = match_exact(DAY, payments, lines)

    assert again.digest() == outcome.digest()
    assert again.totals() == outcome.totals()
    assert sorted(map(repr, again.differences)) == sorted(map(repr, outcome.differences))


@given(payment_rows(), line_rows())
def test_nothing_is_lost_and_nothing_is_used_twice(payments: list[MirroredPayment], lines: list[LoadedLine]):
    outcome = match_exact(DAY, payments, lines)

    used = Counter(payment.payment_id for payment, _ in outcome.payments())
    of_day = {payment.payment_id for payment in payments if payment.business_date == DAY}
    assert of_day <= set(used) <= {payment.payment_id for payment in payments}
    assert set(used.values()) <= {1}
    assert Counter(line.place for line in outcome.lines()) == Counter(line.place for line in lines)
    totals = outcome.totals()
    for side, both in (("payment_sums", "book_sums"), ("line_sums", "channel_sums")):
        parts = Counter(totals.matched_sums)
        for each in totals.exceptions:
            parts.update(getattr(each, both))
        assert {code: minor for code, minor in parts.items() if minor} == {
            code: minor for code, minor in getattr(totals, side).items() if minor
        }


@given(payment_rows(), line_rows())
def test_what_matches_agrees_in_a_number_in_currency_and_to_the_last_unit(
    payments: list[MirroredPayment], lines: list[LoadedLine]
):
    outcome = match_exact(DAY, payments, lines)

    for match in outcome.matches:
        assert match.payment.amount == match.line.amount
        assert match.line.kind is LineKind.PAYMENT
        assert getattr(match.payment, match.key) == getattr(match.line, match.key)
        assert (match.kind is MatchKind.EXACT) == (match.payment.business_date == DAY)


@given(payment_rows(), line_rows())
def test_a_pair_that_agrees_in_both_numbers_and_clashes_with_nothing_is_always_found(
    payments: list[MirroredPayment], lines: list[LoadedLine]
):
    """The oracle by brute force: of all pairs, those that only one reading allows."""
    certain = {
        (payment.payment_id, line.place)
        for payment in payments
        for line in lines
        if line.kind is LineKind.PAYMENT
        and (payment.channel_txn_no, payment.merchant_order_no) == (line.channel_txn_no, line.merchant_order_no)
        and sum(_touches(payment, other) for other in lines if other.kind is LineKind.PAYMENT) == 1
        and sum(_touches(other, line) for other in payments) == 1
    }

    outcome = match_exact(DAY, payments, lines)

    pairs = {(each.payment.payment_id, each.line.place) for each in outcome.matches}
    pairs |= {(each.payment.payment_id, each.line.place) for each in outcome.differences if each.payment and each.line}
    assert certain <= pairs


def _touches(payment: MirroredPayment, line: LoadedLine) -> bool:
    return payment.channel_txn_no == line.channel_txn_no or payment.merchant_order_no == line.merchant_order_no
