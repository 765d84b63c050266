"""Makes up a day from a seed: payments, both channels' statements, and what was planted. Writes no file.

A day is made of stories: one order each, told to the platform and to the channel, disturbed or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from chassis.money import Money
from demo import alipay_bill, wechat_pay_bill
from demo.crowd import LAST_HOUR, Crowd, Order
from demo.disturb import difference, seconds_before_midnight
from demo.plan import (
    ALIPAY,
    BEIJING,
    CHANNELS,
    EXPECTED_CLASS,
    WECHAT_PAY,
    BillRow,
    DemoDay,
    Disturbance,
    KnownLine,
    PlannedPayment,
    Planted,
    planted_counts,
)
from demo.real_day import day_from_lines

__all__ = [
    "CHANNELS",
    "EXPECTED_CLASS",
    "BillRow",
    "DemoDay",
    "Disturbance",
    "KnownLine",
    "PlannedPayment",
    "Planted",
    "day_from_lines",
    "generate_day",
    "planted_counts",
]

ROWS_PER_CHANNEL_MIN = 10


@dataclass(frozen=True, slots=True)
class _Story:
    """What became of one order (of two, when a bill was paid twice) on each side."""

    payments: tuple[PlannedPayment, ...]
    rows: tuple[BillRow, ...]
    planted: tuple[Planted, ...] = ()


def generate_day(seed: int, business_date: date, rows_per_channel: int = 150) -> DemoDay:
    """A day of one merchant. Each channel's statement has exactly `rows_per_channel` rows.

    Equal arguments give equal bytes. Raises ValueError when there are too few rows for one disturbance
    of each kind.
    """
    if rows_per_channel < ROWS_PER_CHANNEL_MIN:
        raise ValueError(f"rows_per_channel must be at least {ROWS_PER_CHANNEL_MIN}, is {rows_per_channel}")
    rng = Random(seed)
    crowd = Crowd(rng)
    stories = {channel: _stories(rng, crowd, channel, business_date, rows_per_channel) for channel in CHANNELS}
    told = [story for channel in CHANNELS for story in stories[channel]]
    rows = {
        # WeChat Pay's rows stand in no order of time, Alipay's in that of completion.
        WECHAT_PAY: _rows(stories[WECHAT_PAY]),
        ALIPAY: tuple(sorted(_rows(stories[ALIPAY]), key=lambda row: row.book_time)),
    }
    return DemoDay(
        business_date=business_date,
        seed=seed,
        payments=tuple(sorted((p for story in told for p in story.payments), key=lambda p: p.pay_time)),
        bills=_bills(rng, business_date, rows),
        planted=tuple(planted for story in told for planted in story.planted),
        rows=rows,
    )


def _stories(rng: Random, crowd: Crowd, channel: str, day: date, lines: int) -> list[_Story]:
    kinds = _kinds(lines)
    rng.shuffle(kinds)
    return [_story(rng, crowd, kind, crowd.order(channel, _book_time(rng, crowd, kind, day))) for kind in kinds]


def _kinds(lines: int) -> list[Disturbance | None]:
    """One entry an order, None where nothing is disturbed, so that the statement gets `lines` lines."""
    counts = planted_counts(lines)
    disturbed = [kind for kind, times in counts.items() for _ in range(times)]
    two_lines = counts[Disturbance.PAID_TWICE] + counts[Disturbance.REFUNDED]
    clean = lines - len(disturbed) + counts[Disturbance.MISSING_AT_CHANNEL] - two_lines
    return [*disturbed, *[None] * clean]


def _book_time(rng: Random, crowd: Crowd, kind: Disturbance | None, day: date) -> datetime:
    if kind is Disturbance.DAY_BEFORE:
        return datetime.combine(day, time(0, 0, rng.randint(1, 9)), BEIJING).astimezone(UTC)
    return crowd.moment(day, last_hour=20 if kind is Disturbance.REFUNDED else LAST_HOUR)


def _story(rng: Random, crowd: Crowd, kind: Disturbance | None, order: Order) -> _Story:
    payment = order.payment()
    planted = (Planted(kind, order.channel, order.merchant_order_no, order.amount),) if kind else ()
    told = _Story((payment,), (order.row(),), planted)
    match kind:
        case Disturbance.MISSING_AT_CHANNEL:
            told = replace(told, rows=())
        case Disturbance.MISSING_ON_PLATFORM:
            told = replace(told, payments=())
        case Disturbance.DAY_BEFORE:
            pay_time = seconds_before_midnight(rng, order.book_time.astimezone(BEIJING).date())
            told = replace(told, payments=(replace(payment, pay_time=pay_time),))
        case Disturbance.AMOUNT_CHANNEL_OVER | Disturbance.AMOUNT_CHANNEL_SHORT:
            told = _other_amount(rng, kind, order)
        case Disturbance.PAID_TWICE:
            told = _paid_twice(rng, crowd, order)
        case Disturbance.REFUNDED:
            told = _refunded(rng, crowd, order)
    return told


def _other_amount(rng: Random, kind: Disturbance, order: Order) -> _Story:
    """The platform has the order's amount; the channel's is more or less."""
    by = difference(rng, order.amount)
    at_channel = order.amount + by if kind is Disturbance.AMOUNT_CHANNEL_OVER else order.amount - by
    planted = Planted(kind, order.channel, order.merchant_order_no, by)
    return _Story((order.payment(),), (replace(order.row(), amount=at_channel),), (planted,))


def _paid_twice(rng: Random, crowd: Crowd, first: Order) -> _Story:
    """The payer saw no receipt and paid the same bill again within a minute and a half."""
    again = crowd.order(first.channel, first.book_time + timedelta(seconds=rng.randint(2, 90)))
    second = replace(
        again,
        bill_no=first.bill_no,
        amount=first.amount,
        payer_name=first.payer_name,
        payer=first.payer,
        bank=first.bank,
        subject=first.subject,
    )
    planted = Planted(Disturbance.PAID_TWICE, second.channel, second.merchant_order_no, second.amount)
    return _Story((first.payment(), second.payment()), (first.row(), second.row()), (planted,))


def _refunded(rng: Random, crowd: Crowd, order: Order) -> _Story:
    """Refunded at the channel's own console later that day, half of it or all."""
    book_time = order.book_time + timedelta(minutes=rng.randint(10, 120))
    half = Money(order.amount.currency_code, order.amount.amount_minor // 2)
    refund = replace(
        order.row(),
        is_refund=True,
        amount=rng.choice((order.amount, half)),
        book_time=book_time,
        channel_refund_no=crowd.channel_refund_no(order.channel, book_time.astimezone(BEIJING).date()),
        merchant_refund_no=f"RF{order.merchant_order_no}",
    )
    planted = Planted(Disturbance.REFUNDED, order.channel, order.merchant_order_no, refund.amount)
    return _Story((order.payment(),), (order.row(), refund), (planted,))


def _rows(stories: Sequence[_Story]) -> tuple[BillRow, ...]:
    return tuple(row for story in stories for row in story.rows)


def _bills(rng: Random, day: date, rows: dict[str, tuple[BillRow, ...]]) -> dict[str, bytes]:
    """The files by name. Alipay's was asked for before six in the morning of the next day."""
    next_day = datetime.combine(day + timedelta(days=1), time(5, rng.randrange(60), rng.randrange(60)), BEIJING)
    return {
        f"wechat_pay-{wechat_pay_bill.MCH_ID}-{day}.csv": wechat_pay_bill.write(rows[WECHAT_PAY]),
        f"alipay-{alipay_bill.ACCOUNT_NO}-{day}.csv": alipay_bill.write(rows[ALIPAY], day, next_day),
    }
