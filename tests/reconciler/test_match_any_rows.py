"""What matching holds to for any rows at all, with every kind of clash among them."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.match import match_exact
from services.reconciler.domain.outcome import LoadedLine, MatchKind
from services.reconciler.domain.payment import MirroredPayment
from tests.reconciler.builders import DAY, NOON, a_line, a_payment

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
