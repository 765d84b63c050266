"""The made-up day: it repeats, it plants exactly what it says, and its two sides differ by that alone."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from demo.day import CHANNELS, EXPECTED_CLASS, DemoDay, Disturbance, generate_day, planted_counts

DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 2, 28, 16, tzinfo=UTC)  # 2026-03-01 00:00 in Beijing


def planted(day: DemoDay, kind: Disturbance) -> set[tuple[str, str]]:
    return {(p.channel, p.merchant_order_no) for p in day.planted if p.disturbance is kind}


def platform_orders(day: DemoDay) -> dict[tuple[str, str], int]:
    return {(p.channel, p.merchant_order_no): p.amount.amount_minor for p in day.payments}


def channel_orders(day: DemoDay) -> dict[tuple[str, str], int]:
    rows = ((channel, row) for channel in day.rows for row in day.rows[channel] if not row.is_refund)
    return {(channel, row.merchant_order_no): row.amount.amount_minor for channel, row in rows}


def test_equal_seeds_give_equal_days_byte_for_byte_and_another_seed_another_day():
    assert generate_day(7, DAY) == generate_day(7, DAY)
    assert generate_day(7, DAY).bills != generate_day(8, DAY).bills
    assert generate_day(7, DAY).bills != generate_day(7, date(2026, 3, 2)).bills


@pytest.mark.parametrize("rows", [10, 37, 150, 400])
@pytest.mark.parametrize("seed", [1, 20260301])
def test_each_statement_has_the_asked_rows_and_each_kind_is_planted_as_often_as_said(seed, rows):
    day = generate_day(seed, DAY, rows)

    assert {channel: len(day.rows[channel]) for channel in day.rows} == dict.fromkeys(CHANNELS, rows)
    for channel in CHANNELS:
        found = Counter(p.disturbance for p in day.planted if p.channel == channel)
        assert found == planted_counts(rows)


def test_the_usual_day_plants_17_disturbances_in_each_channel():
    assert planted_counts(150) == {
        Disturbance.MISSING_AT_CHANNEL: 3,
        Disturbance.MISSING_ON_PLATFORM: 2,
        Disturbance.AMOUNT_CHANNEL_OVER: 1,
        Disturbance.AMOUNT_CHANNEL_SHORT: 2,
        Disturbance.PAID_TWICE: 2,
        Disturbance.DAY_BEFORE: 3,
        Disturbance.REFUNDED: 4,
    }
    assert len(generate_day(7, DAY).planted) == 2 * 17


def test_too_few_rows_for_every_disturbance_are_refused():
    with pytest.raises(ValueError, match="at least 10, is 9"):
        generate_day(7, DAY, 9)


def test_every_disturbance_has_a_class_to_be_found_as():
    assert set(EXPECTED_CLASS) == set(Disturbance)


@pytest.mark.parametrize("seed", range(5))
def test_an_order_has_at_most_one_disturbance(seed):
    day = generate_day(seed, DAY)

    orders = [(p.channel, p.merchant_order_no) for p in day.planted]

    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize("seed", range(5))
def test_the_two_sides_differ_by_what_was_planted_and_by_nothing_else(seed):
    day = generate_day(seed, DAY)
    ours, theirs = platform_orders(day), channel_orders(day)
    difference = {(p.channel, p.merchant_order_no): p.amount.amount_minor for p in day.planted}

    assert set(ours) - set(theirs) == planted(day, Disturbance.MISSING_AT_CHANNEL)
    assert set(theirs) - set(ours) == planted(day, Disturbance.MISSING_ON_PLATFORM)
    both = set(ours) & set(theirs)
    assert {o for o in both if theirs[o] > ours[o]} == planted(day, Disturbance.AMOUNT_CHANNEL_OVER)
    assert {o for o in both if theirs[o] < ours[o]} == planted(day, Disturbance.AMOUNT_CHANNEL_SHORT)
    assert all(abs(theirs[o] - ours[o]) == difference[o] for o in both if theirs[o] != ours[o])


def test_the_money_of_the_two_sides_differs_by_the_planted_sums():
    day = generate_day(7, DAY)
    sums: Counter[Disturbance] = Counter()
    for p in day.planted:
        sums[p.disturbance] += p.amount.amount_minor

    gap = sum(channel_orders(day).values()) - sum(platform_orders(day).values())

    assert gap == (
        sums[Disturbance.MISSING_ON_PLATFORM]
        - sums[Disturbance.MISSING_AT_CHANNEL]
        + sums[Disturbance.AMOUNT_CHANNEL_OVER]
        - sums[Disturbance.AMOUNT_CHANNEL_SHORT]
    )
    refunds = sum(row.amount.amount_minor for rows in day.rows.values() for row in rows if row.is_refund)
    assert refunds == sums[Disturbance.REFUNDED]


def test_both_sides_of_an_order_bear_the_same_transaction_number():
    day = generate_day(7, DAY)
    theirs = {row.merchant_order_no: row.channel_txn_no for rows in day.rows.values() for row in rows}

    assert all(theirs.get(p.merchant_order_no, p.channel_txn_no) == p.channel_txn_no for p in day.payments)
    assert len({p.channel_txn_no for p in day.payments}) == len(day.payments)
    assert len({p.merchant_order_no for p in day.payments}) == len(day.payments)


def test_a_bill_has_two_orders_only_where_it_was_paid_twice_and_the_later_one_is_planted():
    day = generate_day(7, DAY)
    by_bill: dict[str, list] = {}
    for payment in day.payments:
        by_bill.setdefault(payment.bill_no, []).append(payment)
    twice = [sorted(paid, key=lambda p: p.pay_time) for paid in by_bill.values() if len(paid) > 1]

    assert {(second.channel, second.merchant_order_no) for _, second in twice} == planted(day, Disturbance.PAID_TWICE)
    assert all(first.amount == second.amount and first.pay_time < second.pay_time for first, second in twice)


def test_only_a_payment_from_the_day_before_was_made_before_midnight_and_its_line_is_booked_today():
    day = generate_day(7, DAY)
    rows = {row.merchant_order_no: row for rows in day.rows.values() for row in rows if not row.is_refund}
    early = [p for p in day.payments if p.pay_time < MIDNIGHT]

    assert {(p.channel, p.merchant_order_no) for p in early} == planted(day, Disturbance.DAY_BEFORE)
    for payment in early:
        assert MIDNIGHT - payment.pay_time < timedelta(seconds=10)
        assert timedelta(0) <= rows[payment.merchant_order_no].book_time - MIDNIGHT < timedelta(seconds=10)
    assert all(p.pay_time < MIDNIGHT + timedelta(days=1) for p in day.payments)


def test_every_row_is_booked_within_the_business_day():
    day = generate_day(3, DAY, 400)

    booked = [row.book_time for rows in day.rows.values() for row in rows]

    assert min(booked) >= MIDNIGHT
    assert max(booked) < MIDNIGHT + timedelta(days=1)


def test_a_refund_follows_its_payment_and_is_no_larger():
    day = generate_day(7, DAY)
    for rows in day.rows.values():
        paid = {row.channel_txn_no: row for row in rows if not row.is_refund}
        for refund in (row for row in rows if row.is_refund):
            assert refund.book_time > paid[refund.channel_txn_no].book_time
            assert 0 < refund.amount.amount_minor <= paid[refund.channel_txn_no].amount.amount_minor


def test_many_amounts_are_round_and_the_evening_is_the_busiest_part():
    day = generate_day(7, DAY, 1000)
    amounts = [p.amount.amount_minor for p in day.payments]
    hours = Counter((p.pay_time + timedelta(hours=8)).hour for p in day.payments)

    assert 0.25 < sum(amount % 1000 == 0 for amount in amounts) / len(amounts) < 0.5
    assert 5_000 <= sorted(amounts)[len(amounts) // 2] <= 10_000
    assert hours.most_common(1)[0][0] in {19, 20, 21}
