"""Clusters of one payment and one line, and what may be wrong between the two. It knows no groups and no refunds."""

import numpy as np

from accuracy.matching.damage import Damage
from accuracy.matching.rows import (
    BANK,
    CITYBANK,
    CURRENCIES,
    DAY_US,
    DAYS,
    FIRST_DAY,
    LINES_ONLY,
    MINUTE_US,
    ONE_ROW_ONLY,
    SECOND_US,
    STATES,
    STATUSES,
    UNSTATED,
    UTC_OF_MIDNIGHT_US,
    Column,
    Draw,
    Rows,
    events,
    lines_of,
)
from accuracy.matching.truth import CODE
from services.reconciler.matching.frames import LineStatus

Both = tuple[Rows, Rows]


def clean(draw: Draw, count: int, skew: int) -> Both:
    """Nothing is wrong."""
    payments = events(draw, count)
    return payments, lines_of(draw, payments, skew)


def clean_of_small_bank(draw: Draw, count: int, skew: int) -> Both:
    """Nothing is wrong, at the bank whose last statement is not here."""
    payments = _of_small_bank(events(draw, count), FIRST_DAY + draw.random.integers(DAYS - 1, size=count))
    return payments, lines_of(draw, payments, skew)


def statement_missing(draw: Draw, count: int, skew: int) -> Both:  # noqa: ARG001
    """Paid at the bank whose statement of that day is not here."""
    payments = _of_small_bank(events(draw, count), np.full(count, FIRST_DAY + DAYS - 1))
    return alone(payments, "BUFFERED|STATEMENT_MISSING"), Rows.blank(0)


def waits_for_next_file(draw: Draw, count: int, skew: int) -> Both:  # noqa: ARG001
    """Paid in the last half minute of the last day: the line will be in the next statement."""
    payments = events(draw, count)
    last = FIRST_DAY + DAYS
    time = _midnight(np.full(count, last)) - draw.random.integers(1, 30 * SECOND_US, size=count)
    return alone(payments.but(day=last - 1, time=time), "BUFFERED|STATEMENT_MISSING"), Rows.blank(0)


def never_paid(draw: Draw, count: int, skew: int) -> Both:  # noqa: ARG001
    """An attempt that failed or was closed, and that the channel rightly does not know."""
    states = draw.random.choice([STATES.index("FAILED"), STATES.index("CLOSED")], count)
    return alone(events(draw, count).but(state=states), "IGNORED"), Rows.blank(0)


def platform_only(draw: Draw, count: int, skew: int) -> Both:  # noqa: ARG001
    """In the books and not at the channel."""
    return alone(events(draw, count), "PLATFORM_ONLY"), Rows.blank(0)


def channel_only(draw: Draw, count: int, skew: int) -> Both:
    """At the channel and not in the books."""
    lines = lines_of(draw, events(draw, count), skew)
    return Rows.blank(0), lines.but(group=LINES_ONLY, accepts=CODE["CHANNEL_ONLY"])


def status_channel_success(draw: Draw, count: int, skew: int) -> Both:
    """The channel has the money, the books say that it is not paid."""
    payments = events(draw, count).but(state=draw.random.integers(1, len(STATES), size=count))
    return told(payments, lines_of(draw, payments, skew), "STATUS_CHANNEL_SUCCESS")


def status_platform_success(draw: Draw, count: int, skew: int) -> Both:
    """The books have the money, the channel says that it failed or is still under way."""
    payments = events(draw, count)
    states = [STATUSES.index(LineStatus.FAILED), STATUSES.index(LineStatus.PROCESSING)]
    lines = lines_of(draw, payments, skew).but(state=draw.random.choice(states, count))
    return told(payments, lines, "STATUS_PLATFORM_SUCCESS")


def amount_over(draw: Draw, count: int, skew: int) -> Both:
    """The channel's amount is larger."""
    payments = events(draw, count)
    lines = lines_of(draw, payments, skew)
    lines = lines.but(amount=lines["amount"] + _off_by(draw, payments["amount"]))
    return told(payments, lines, "AMOUNT_CHANNEL_OVER|ROUNDING_DIFFERENCE")


def amount_short(draw: Draw, count: int, skew: int) -> Both:
    """The channel's amount is smaller."""
    payments = events(draw, count)
    lines = lines_of(draw, payments, skew)
    lines = lines.but(amount=lines["amount"] - np.minimum(_off_by(draw, payments["amount"]), payments["amount"] - 1))
    return told(payments, lines, "AMOUNT_CHANNEL_SHORT|ROUNDING_DIFFERENCE")


def _off_by(draw: Draw, amount: Column) -> Column:
    """1 fen, 10 fen, 9.90 yuan, a tenth, or the last two digits swapped."""
    swapped = np.abs(amount % 10 * 10 + amount % 100 // 10 - amount % 100)
    ways = [np.full_like(amount, 1), np.full_like(amount, 10), np.full_like(amount, 990), amount // 10]
    off: Column = np.choose(draw.random.integers(5, size=len(amount)), [*ways, np.where(swapped == 0, 990, swapped)])
    return off


def currency(draw: Draw, count: int, skew: int) -> Both:
    """The same number and amount in another currency."""
    payments = events(draw, count)
    lines = lines_of(draw, payments, skew).but(currency=CURRENCIES.index("HKD"))
    return told(payments, lines, "CURRENCY_MISMATCH")


def fee_mismatch(draw: Draw, count: int, skew: int) -> Both:
    """The channel keeps another fee than agreed."""
    payments = with_known_txn(draw, events(draw, count))
    lines = lines_of(draw, payments, skew)
    return told(payments, lines.but(fee=lines["fee"] + draw.random.integers(1, 500, size=count)), "FEE_MISMATCH")


def fee_missing(draw: Draw, count: int, skew: int) -> Both:
    """Settled without its fee, and no fee is stated."""
    payments = with_known_txn(draw, events(draw, count))
    lines = lines_of(draw, payments, skew)
    return told(payments, lines.but(amount=lines["amount"] - lines["fee"], fee=UNSTATED), "FEE_MISSING")


def duplicate_line(draw: Draw, count: int, skew: int) -> Both:
    """One line twice, in the same file or in a copy of it; which one is the repeat nobody can say."""
    payments = events(draw, count)
    lines = lines_of(draw, payments, skew).but(accepts=CODE["OK|DUPLICATE_LINE|DUPLICATE_FILE"])
    return payments, Rows.joined([lines, lines.but(file=draw.random.integers(2, size=count))])


def repeated_next_day(draw: Draw, count: int, skew: int) -> Both:
    """A line that the next day's file repeats; the one of the payment's own day is the one."""
    payments = events(draw, count)
    off_last = np.where(payments["day"] == FIRST_DAY + DAYS - 1, 1, 0)
    moved = payments["time"] - off_last.astype(np.int64) * DAY_US
    payments = payments.but(day=payments["day"] - off_last, time=moved)
    lines = lines_of(draw, payments, skew)
    again = lines.but(day=lines["day"] + 1, group=LINES_ONLY, accepts=CODE["DUPLICATE_LINE|DUPLICATE_FILE"])
    return payments, Rows.joined([lines, again])


def duplicate_booking(draw: Draw, count: int, skew: int) -> Both:
    """Two payments of the books claim one line; the order number on it tells which is right."""
    first = with_known_txn(draw, events(draw, count)).but(accepts=CODE["OK|DUPLICATE_BOOKING"])
    later = first["time"] + draw.random.integers(SECOND_US, 90 * SECOND_US, size=count)
    again = first.but(order=draw.numbers(count), bill=draw.numbers(count), time=later)
    return Rows.joined([first, alone(again, "DUPLICATE_BOOKING")]), lines_of(draw, first, skew)


def cross_day(draw: Draw, count: int, skew: int) -> Both:
    """Half a minute around midnight, or hours at a channel that counts in UTC or in summer time: two business dates."""
    random, ends = draw.random, FIRST_DAY + draw.random.integers(1, DAYS, size=count)
    around = random.integers(-30 * SECOND_US, 30 * SECOND_US, size=count)
    hours = np.where(draw.at_random(count, 0.6), 8, 1) * 60 * MINUTE_US
    off = np.where(draw.at_random(count, 0.5), around, (random.random(count) * hours).astype(np.int64))
    payments = events(draw, count).but(day=ends - (off < 0), time=_midnight(ends) + off)
    lines = lines_of(draw, payments, skew).but(day=ends - (off >= 0))
    return told(payments, lines, "OK|CROSS_DAY")


def late_item(draw: Draw, count: int, skew: int) -> Both:
    """The line comes with the statement of two days later, when its own day is long closed."""
    payments = events(draw, count)
    moved = payments["time"] + (FIRST_DAY - payments["day"]).astype(np.int64) * DAY_US
    payments = payments.but(day=FIRST_DAY, time=moved)
    return told(payments, lines_of(draw, payments, skew).but(day=FIRST_DAY + 2), "OK|CROSS_DAY|LATE_ITEM")


REFORMED, CHANGED = (Damage.CASE, Damage.BLANKS, Damage.BACKTICK, Damage.WIDTH), (Damage.DIGIT, Damage.CUT)


def reference_form(draw: Draw, count: int, skew: int) -> Both:
    """Case, blanks, a backtick, full-width digits: the same number, written otherwise."""
    return _damaged(draw, count, skew, REFORMED)


def reference_damaged(draw: Draw, count: int, skew: int) -> Both:
    """The only number that both have is wrong in one digit or cut off."""
    return _damaged(draw, count, skew, CHANGED)


def reference_empty(draw: Draw, count: int, skew: int) -> Both:
    """The line has no number that the books know: who paid, how much and when is all there is."""
    payments = events(draw, count).but(txn=0)
    lines = lines_of(draw, payments, skew)
    own = np.where(draw.at_random(count, 0.5), draw.numbers(count), 0)
    return told(payments, lines.but(order=0, txn=own), "OK|REFERENCE_DAMAGED")


def reference_of_another(draw: Draw, count: int, skew: int) -> Both:
    """One digit is wrong, and what stands there is the number of another order, which is paid in the same minutes."""
    ours = with_known_txn(draw, events(draw, count)).but(txn=0)
    other = events(draw, count).but(channel=ours["channel"], day=ours["day"], group=1)
    amount = other["amount"] + np.where(other["amount"] == ours["amount"], 100, 0)
    later = ours["time"] + draw.random.integers(0, 5 * MINUTE_US, size=count)
    other = other.but(amount=amount, fee=(amount * 6 + 500) // 1000, time=later)
    other = other.but(txn=np.where(draw.at_random(count, 0.5), draw.numbers(count), 0))
    draw.typed_as.append((ours["order"], other["order"]))
    wrong = lines_of(draw, ours, skew).but(order=other["order"], txn=draw.numbers(count))
    payments, lines = told(ours, wrong, "OK|REFERENCE_DAMAGED")
    return Rows.joined([payments, other]), Rows.joined([lines, lines_of(draw, other, skew)])


def _damaged(draw: Draw, count: int, skew: int, ways: tuple[Damage, ...]) -> Both:
    """In a third the channel's number, in the others ours, where the callback with the channel's was lost."""
    by_txn, how = draw.at_random(count, 0.3), draw.random.choice([int(way) for way in ways], count)
    payments = with_known_txn(draw, events(draw, count))
    lines = lines_of(draw, payments, skew)
    lines = lines.but(
        order=np.where(by_txn, 0, lines["order"]),
        txn_damage=np.where(by_txn, how, 0),
        order_damage=np.where(by_txn, 0, how),
    )
    return told(payments.but(txn=np.where(by_txn, payments["txn"], 0)), lines, "OK|REFERENCE_DAMAGED")


def with_known_txn(draw: Draw, payments: Rows) -> Rows:
    """The same without those of banks, whose numbers the books do not know."""
    bank = payments["channel"] == BANK
    return payments.but(
        channel=np.where(bank, BANK - 1, payments["channel"]),
        txn=np.where(bank, draw.numbers(len(payments)), payments["txn"]),
        fee=np.where(bank, (payments["amount"] * 6 + 500) // 1000, payments["fee"]),
    )


def told(payments: Rows, lines: Rows, accepts: str) -> Both:
    """Both sides bear these labels."""
    return payments.but(accepts=CODE[accepts]), lines.but(accepts=CODE[accepts])


def alone(payments: Rows, accepts: str) -> Rows:
    """Payments that have nothing on the other side."""
    return payments.but(group=ONE_ROW_ONLY, accepts=CODE[accepts])


def _of_small_bank(payments: Rows, day: Column) -> Rows:
    moved = payments["time"] + (day - payments["day"]).astype(np.int64) * DAY_US
    return payments.but(channel=CITYBANK, txn=0, fee=0, day=day, time=moved)


def _midnight(day: Column) -> Column:
    begins: Column = day.astype(np.int64) * DAY_US + UTC_OF_MIDNIGHT_US
    return begins
