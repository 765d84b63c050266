"""A day derived from a real statement: the file stays as it is, only our payments are disturbed."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.money import Money
from demo.day import DemoDay, Disturbance, KnownLine, day_from_lines, generate_day

DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 2, 28, 16, tzinfo=UTC)


def line(number: int, fen: int, refund_of: int | None = None) -> KnownLine:
    order = number if refund_of is None else refund_of
    return KnownLine(
        channel_txn_no=f"T{order}",
        merchant_order_no=f"O{order}",
        amount=Money("CNY", fen),
        book_time=MIDNIGHT + timedelta(hours=2, minutes=number),
        is_refund=refund_of is not None,
    )


def derived(lines: list[KnownLine], seed: int = 7) -> DemoDay:
    return day_from_lines(seed, "wechat_pay", DAY, lines, "real.csv", b"as it was")


def known(day: DemoDay, channel: str) -> list[KnownLine]:
    return [
        KnownLine(
            r.channel_txn_no, r.merchant_order_no, -r.amount if r.is_refund else r.amount, r.book_time, r.is_refund
        )
        for r in day.rows[channel]
    ]


def of_kind(day: DemoDay, kind: Disturbance) -> list[tuple[str, int]]:
    return [(p.merchant_order_no, p.amount.amount_minor) for p in day.planted if p.disturbance is kind]


@pytest.mark.parametrize("seed", range(8))
def test_ten_small_payments_bear_one_of_each_disturbance_and_every_refund_is_one(seed):
    lines = [line(n, 1 + n % 3) for n in range(10)] + [line(10, 5), line(11, -5, refund_of=10)]

    day = derived(lines, seed)

    assert day.bills == {"real.csv": b"as it was"}
    assert Counter(p.disturbance for p in day.planted) == dict.fromkeys(Disturbance, 1)
    assert len({p.merchant_order_no for p in day.planted}) == len(day.planted)
    assert all(p.amount.amount_minor > 0 for p in (*day.payments, *day.planted))


@pytest.mark.parametrize("seed", range(8))
def test_our_payments_differ_from_the_file_by_what_was_planted_and_by_nothing_else(seed):
    lines = known(generate_day(seed, DAY, 150), "wechat_pay")
    paid = {x.merchant_order_no: x for x in lines if not x.is_refund}

    day = derived(lines, seed)

    ours = {p.merchant_order_no: p for p in day.payments}
    assert set(paid) - set(ours) == {order for order, _ in of_kind(day, Disturbance.MISSING_ON_PLATFORM)}
    assert set(ours) - set(paid) == {order for order, _ in of_kind(day, Disturbance.MISSING_AT_CHANNEL)}
    both = set(ours) & set(paid)
    over = {o: paid[o].amount.amount_minor - ours[o].amount.amount_minor for o in both}
    assert sorted((o, by) for o, by in over.items() if by > 0) == sorted(of_kind(day, Disturbance.AMOUNT_CHANNEL_OVER))
    assert sorted((o, -by) for o, by in over.items() if by < 0) == sorted(
        of_kind(day, Disturbance.AMOUNT_CHANNEL_SHORT)
    )
    shifted = {o for o in both if ours[o].pay_time != paid[o].book_time}
    assert shifted == {order for order, _ in of_kind(day, Disturbance.DAY_BEFORE)}
    assert all(timedelta(0) < MIDNIGHT - ours[o].pay_time < timedelta(seconds=10) for o in shifted)
    assert all(ours[o].channel_txn_no == paid[o].channel_txn_no for o in both)


def test_a_bill_paid_twice_is_two_payments_of_the_file_and_the_later_is_the_planted_one():
    day = derived([line(n, 300) for n in range(12)])

    [(later, _)] = of_kind(day, Disturbance.PAID_TWICE)
    [pair] = [
        [p for p in day.payments if p.bill_no == bill]
        for bill, times in Counter(p.bill_no for p in day.payments).items()
        if times > 1
    ]
    assert [p.merchant_order_no for p in pair][1] == later
    assert pair[0].pay_time < pair[1].pay_time


def test_the_line_booked_soonest_after_midnight_is_the_one_from_the_day_before():
    day = derived([line(n, 300) for n in range(12)])

    early = [p.merchant_order_no for p in day.payments if p.pay_time < MIDNIGHT]

    # The amount that only some lines can bear is planted first, and may have taken the very first line.
    assert early == [order for order, _ in of_kind(day, Disturbance.DAY_BEFORE)]
    assert early[0] in {"O0", "O1"}


def test_payments_of_one_fen_are_never_made_smaller():
    day = derived([line(n, 1) for n in range(12)])

    assert not of_kind(day, Disturbance.AMOUNT_CHANNEL_OVER)
    assert of_kind(day, Disturbance.AMOUNT_CHANNEL_SHORT)[0][1] == 1
    assert min(p.amount.amount_minor for p in day.payments) == 1


def test_a_refunded_order_and_a_transaction_number_used_twice_are_left_alone():
    odd = [line(0, 500), line(1, -500, refund_of=0), line(2, 500)]
    odd.append(KnownLine("T2", "O3", Money("CNY", 500), MIDNIGHT + timedelta(hours=5), is_refund=False))

    day = derived([*odd, *(line(n, 500) for n in range(4, 12))])

    untouched = {x.merchant_order_no: x for x in odd if not x.is_refund}
    ours = {p.merchant_order_no: p for p in day.payments if p.merchant_order_no in untouched}
    assert {o: (p.amount, p.pay_time) for o, p in ours.items()} == {
        o: (x.amount, x.book_time) for o, x in untouched.items()
    }
    disturbed = {p.merchant_order_no for p in day.planted if p.disturbance is not Disturbance.REFUNDED}
    assert not disturbed & set(untouched)


def test_a_line_repeated_in_the_file_gives_one_payment():
    day = derived([line(1, 300), line(1, 300), line(2, 300)])

    assert [p.merchant_order_no for p in day.payments].count("O1") == 1


def test_a_file_of_one_payment_still_works():
    day = derived([line(1, 300)])

    assert Counter(p.disturbance for p in day.planted) == {
        Disturbance.AMOUNT_CHANNEL_OVER: 1,
        Disturbance.MISSING_AT_CHANNEL: 1,
    }


def test_equal_seeds_derive_equal_days_and_another_seed_another_one():
    lines = [line(n, 300 + n) for n in range(40)]

    assert derived(lines) == derived(lines)
    assert derived(lines).planted != derived(lines, seed=8).planted


@pytest.mark.parametrize(
    ("lines", "channel", "sentence"),
    [
        ([line(1, 1)], "unionpay", "channel must be one of wechat_pay, alipay, is 'unionpay'"),
        ([line(2, -1, refund_of=1)], "alipay", "no payment line"),
        ([line(1, 0)], "alipay", "order O1 was paid with 0.00 CNY"),
    ],
)
def test_a_statement_that_gives_no_day_is_refused_by_name(lines, channel, sentence):
    with pytest.raises(ValueError, match=sentence):
        day_from_lines(7, channel, DAY, lines, "real.csv", b"")
