"""Clusters of several rows: repeats, parts, merged deposits, refunds, look-alikes, and what nothing decides."""

import numpy as np

from accuracy.matching.plants_single import Both, alone, told, with_known_txn
from accuracy.matching.rows import (
    KINDS,
    LINES_ONLY,
    MINUTE_US,
    ONE_ROW_ONLY,
    SECOND_US,
    STATES,
    STATUSES,
    UNSTATED,
    Column,
    Draw,
    Rows,
    events,
    lines_of,
)
from accuracy.matching.truth import CODE
from services.reconciler.matching.frames import Kind, LineStatus

AMBIGUOUS = CODE["AMBIGUOUS_MATCH|MERGED_UNRESOLVED"]
REFUND, DEBIT, CHARGEBACK, CREDIT = (KINDS.index(k) for k in (Kind.REFUND, Kind.DEBIT, Kind.CHARGEBACK, Kind.CREDIT))


def paid_twice(draw: Draw, count: int, skew: int) -> Both:
    """One bill paid by two payments, both in the books: a second later, or on another channel."""
    first = with_known_txn(draw, events(draw, count))
    other = draw.at_random(count, 0.5)
    again = _like(draw, first, _seconds(draw, count, 2, 90)).but(bill=first["bill"])
    again = again.but(
        channel=np.where(other, (first["channel"] + 1) % 3, first["channel"]),
        time=np.where(other, first["time"] + draw.random.integers(0, 10 * MINUTE_US, size=count), again["time"]),
        group=1,
    )
    payments = Rows.joined([first, again])
    return told(payments, lines_of(draw, payments, skew), "OK|DUPLICATE_PAYMENT")


def charged_twice(draw: Draw, count: int, skew: int) -> Both:
    """One order, charged twice by the channel under two numbers, and once in the books."""
    payments = with_known_txn(draw, events(draw, count)).but(accepts=CODE["OK|DUPLICATE_PAYMENT"])
    lines = lines_of(draw, payments, skew)
    again = lines.but(
        txn=draw.numbers(count),
        time=lines["time"] + _seconds(draw, count, 2, 90),
        group=LINES_ONLY,
        accepts=CODE["DUPLICATE_PAYMENT"],
    )
    return payments, Rows.joined([lines, again])


def split_with_reference(draw: Draw, count: int, skew: int) -> Both:
    """One payment settled in two to four parts, each with its order number."""
    payments = events(draw, count).but(txn=0)
    return payments, _parts(draw, payments, skew, 2)


def split_incomplete(draw: Draw, count: int, skew: int) -> Both:
    """Parts with the order number, of which one has not come."""
    payments = events(draw, count).but(txn=0)
    lines = _parts(draw, payments, skew, 3)
    last = np.append(lines["cluster"][1:] != lines["cluster"][:-1], True)
    return told(payments, lines.take(~last), "SPLIT_INCOMPLETE")


def split_without_reference(draw: Draw, count: int, skew: int) -> Both:
    """Two to four parts within two minutes, and no number that the books know."""
    payments = events(draw, count).but(txn=0)
    lines = _parts(draw, payments, skew, 2)
    return payments, lines.but(order=0, time=lines["time"] + _seconds(draw, len(lines), 0, 120))


def _parts(draw: Draw, payments: Rows, skew: int, least: int) -> Rows:
    each = draw.random.integers(least, 5, size=len(payments))
    whole = np.repeat(np.arange(len(payments)), each)
    lines = lines_of(draw, payments.take(whole), skew)
    starts = np.concatenate([[0], np.cumsum(each)[:-1]]).astype(np.int64)
    weight = draw.random.uniform(0.3, 1.0, len(whole))
    share = weight / np.add.reduceat(weight, starts)[whole] if len(whole) else weight
    amount, fee = (_shared(payments[name], share, whole, starts) for name in ("amount", "fee"))
    return lines.but(amount=amount, fee=np.where(lines["fee"] == UNSTATED, UNSTATED, fee), txn=draw.numbers(len(lines)))


def _shared(total: Column, share: Column, whole: Column, starts: Column) -> Column:
    part = np.floor(total[whole] * share).astype(np.int64)
    if len(part):
        part[starts] += total - np.add.reduceat(part, starts)
    parts: Column = part
    return parts


def merged_by_batch(draw: Draw, count: int, skew: int) -> Both:
    """Two to fifty payments of a batch in one deposit, in half of them without the fees."""
    payments, lines = _merged(draw, count, skew, 48, net_share=0.5)
    batch = draw.numbers(count)
    return payments.but(batch=batch[payments["cluster"]]), lines.but(batch=batch)


def batch_off(draw: Draw, count: int, skew: int) -> Both:
    """The deposit of a batch is short by what nobody states."""
    payments, lines = merged_by_batch(draw, count, skew)
    off = draw.random.choice([7, 150, 990], count)
    return told(payments, lines.but(amount=lines["amount"] - off), "NET_SETTLEMENT_BREAK|MERGED_UNRESOLVED")


def merged_by_bill(draw: Draw, count: int, skew: int) -> Both:
    """Two to fifty payments of one bill in one deposit that names the bill."""
    payments, lines = _merged(draw, count, skew, 48, net_share=0.5)
    bill = draw.numbers(count)
    return payments.but(txn=0, bill=bill[payments["cluster"]]), lines.but(bill_as_order=bill)


def merged_without_key(draw: Draw, count: int, skew: int) -> Both:
    """Two to six payments of one payer within ten minutes, in one deposit that names nothing."""
    payments, lines = _merged(draw, count, skew, 4, net_share=0.25)
    return payments.but(txn=0), lines


def _merged(draw: Draw, count: int, skew: int, more: int, net_share: float) -> Both:
    first = with_known_txn(draw, events(draw, count))
    each = 2 + np.minimum(draw.random.geometric(0.3, count) - 1, more)
    payments = _several(draw, first, each, 10 * MINUTE_US)
    net = draw.at_random(count, net_share)
    lines = lines_of(draw, _last_of_each(payments, each), skew).but(kind=CREDIT, order=0, txn=draw.numbers(count))
    gross, fees = (_sums(payments[name], payments["cluster"], count) for name in ("amount", "fee"))
    return payments, lines.but(amount=np.where(net, gross - fees, gross), fee=np.where(net, UNSTATED, fees))


def _several(draw: Draw, first: Rows, each: Column, within_us: int) -> Rows:
    """As many payments of the same payer as asked, with numbers of their own and no two amounts alike."""
    rows = first.take(np.repeat(np.arange(len(first)), each))
    place = np.arange(len(rows)) - np.repeat(np.cumsum(each) - each, each)
    amount = _distinct(events(draw, len(rows))["amount"], place)
    later = draw.random.integers(0, within_us, size=len(rows))
    return _like(draw, rows, later).but(amount=amount, fee=(amount * 6 + 500) // 1000)


def _distinct(amount: Column, place: Column) -> Column:
    """Amounts of one cluster differ at least in the last two digits: a bill's equal ones would be paid twice."""
    distinct: Column = amount - amount % 100 + (amount % 100 + place) % 100
    return distinct


def _last_of_each(payments: Rows, each: Column) -> Rows:
    last = payments.take(np.cumsum(each) - 1)
    latest = np.zeros(len(each), dtype=np.int64)
    np.maximum.at(latest, payments["cluster"], payments["time"])
    return last.but(time=latest)


def _sums(values: Column, cluster: Column, count: int) -> Column:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, cluster, values)
    return sums


def _paid_and_refund(draw: Draw, count: int, skew: int, share: Column) -> tuple[Rows, Rows, Rows, Rows]:
    payments = events(draw, count)
    lines, refunds = lines_of(draw, payments, skew), _refund(draw, payments, share)
    return payments, lines, refunds, _refund_line(draw, refunds, lines, skew)


def _refund(draw: Draw, payments: Rows, share: Column) -> Rows:
    count, bank = len(payments), payments["fee"] == 0
    return payments.but(
        kind=REFUND,
        amount=-np.maximum((payments["amount"] * share).astype(np.int64), 1),
        fee=0,
        time=payments["time"] + draw.random.integers(MINUTE_US, 10 * MINUTE_US, size=count),
        channel_refund=np.where(bank, 0, draw.numbers(count)),
        merchant_refund=draw.numbers(count),
        group=1,
    )


def _refund_line(draw: Draw, refunds: Rows, lines: Rows, skew: int) -> Rows:
    found = lines_of(draw, refunds, skew)
    number = np.where(found["channel_refund"] == 0, draw.numbers(len(found)), found["channel_refund"])
    return found.but(txn=lines["txn"], channel_refund=number)


def _some_or_all(draw: Draw, count: int) -> Column:
    part = draw.random.uniform(0.1, 0.9, count)
    return np.where(draw.at_random(count, 0.5), part, 1.0)


def refund_ok(draw: Draw, count: int, skew: int) -> Both:
    """A payment and its refund, whole or in part, both on both sides."""
    payments, lines, refunds, back = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_platform_only(draw: Draw, count: int, skew: int) -> Both:
    """Refunded in the books and not at the channel."""
    payments, lines, refunds, _ = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    return Rows.joined([payments, alone(refunds, "REFUND_PLATFORM_ONLY")]), lines


def refund_channel_only(draw: Draw, count: int, skew: int) -> Both:
    """Refunded at the channel and not in the books."""
    payments, lines, _, back = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    return payments, Rows.joined([lines, back.but(group=LINES_ONLY, accepts=CODE["REFUND_CHANNEL_ONLY"])])


def refund_amount(draw: Draw, count: int, skew: int) -> Both:
    """The channel refunded another amount."""
    payments, lines, refunds, back = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    off = draw.random.choice([1, 10, 990], count)
    refunds, back = told(refunds, back.but(amount=back["amount"] - off), "REFUND_AMOUNT_MISMATCH")
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_snapshot(draw: Draw, count: int, skew: int) -> Both:
    """The channel states the refund as it was when it was asked for."""
    payments, lines, refunds, back = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    still = back.but(state=STATUSES.index(LineStatus.PROCESSING))
    refunds, back = told(refunds, still, "REFUND_STATUS_SNAPSHOT")
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_exceeds(draw: Draw, count: int, skew: int) -> Both:
    """Two refunds that are more than was paid."""
    payments, lines, refunds, back = _paid_and_refund(draw, count, skew, draw.random.uniform(0.6, 0.95, count))
    more = _refund(draw, payments, draw.random.uniform(0.6, 0.95, count)).but(group=2)
    more_back = _refund_line(draw, more, lines, skew)
    left, right = Rows.joined([payments, refunds, more]), Rows.joined([lines, back, more_back])
    return told(left, right, "OK|REFUND_EXCEEDS_PAYMENT")


def charged_back(draw: Draw, count: int, skew: int) -> Both:
    """The channel takes a payment back that nobody here asked for."""
    payments = with_known_txn(draw, events(draw, count))
    lines = lines_of(draw, payments, skew)
    back = lines.but(
        kind=CHARGEBACK,
        amount=-lines["amount"],
        fee=0,
        time=lines["time"] + draw.random.integers(MINUTE_US, 10 * MINUTE_US, size=count),
        group=LINES_ONLY,
        accepts=CODE["CHARGEBACK"],
    )
    return payments, Rows.joined([lines, back])


def reversed_at_channel(draw: Draw, count: int, skew: int) -> Both:
    """Charged and taken back under one number, and never in the books."""
    lines = lines_of(draw, with_known_txn(draw, events(draw, count)), skew)
    lines = lines.but(group=LINES_ONLY, accepts=CODE["IGNORED"])
    back = lines.but(kind=DEBIT, amount=-lines["amount"], time=lines["time"] + MINUTE_US, group=LINES_ONLY + 1)
    return Rows.blank(0), Rows.joined([lines, back])


def twins(draw: Draw, count: int, skew: int) -> Both:
    """One payer pays the same amount twice within 50 seconds, for two orders."""
    first = events(draw, count)
    return _all_paid(draw, [first, _like(draw, first, _seconds(draw, count, 1, 50)).but(group=1)], skew)


def identical_rows(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike in all but their numbers, in the same second."""
    first = events(draw, count)
    return _all_paid(draw, [first, _like(draw, first, np.zeros(count, np.int64)).but(group=1)], skew)


def instalments(draw: Draw, count: int, skew: int) -> Both:
    """One bill, paid in two different amounts."""
    first = events(draw, count)
    second = _like(draw, first, _seconds(draw, count, 2, 600)).but(bill=first["bill"], group=1)
    return _all_paid(draw, [first, second.but(amount=first["amount"] * 2 + 100)], skew)


def paid_at_the_second_try(draw: Draw, count: int, skew: int) -> Both:
    """A try that failed, and another one for the same bill that was paid."""
    paid = events(draw, count)
    failed = _like(draw, paid, -_seconds(draw, count, 5, 300)).but(bill=paid["bill"], state=STATES.index("FAILED"))
    return Rows.joined([paid, alone(failed, "IGNORED")]), lines_of(draw, paid, skew)


def parts_like_a_third(draw: Draw, count: int, skew: int) -> Both:
    """Two payments of a payer that add up to a third one of the same payer."""
    first = events(draw, count)
    second = _like(draw, first, _seconds(draw, count, 1, 300)).but(amount=events(draw, count)["amount"], group=1)
    third = _like(draw, first, _seconds(draw, count, 1, 300)).but(amount=first["amount"] + second["amount"], group=2)
    return _all_paid(draw, [first, second, third], skew)


def refund_like_a_payment(draw: Draw, count: int, skew: int) -> Both:
    """A refund, and a payment of the same payer over the same amount."""
    payments, lines, refunds, back = _paid_and_refund(draw, count, skew, _some_or_all(draw, count))
    other = _like(draw, payments, _seconds(draw, count, 1, 300)).but(amount=-refunds["amount"], group=2)
    return Rows.joined([payments, refunds, other]), Rows.joined([lines, back, lines_of(draw, other, skew)])


def _all_paid(draw: Draw, payments: list[Rows], skew: int) -> Both:
    joined = Rows.joined(payments)
    return joined, lines_of(draw, joined, skew)


def two_payments_one_line(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike within five seconds, and one line without a number."""
    first = events(draw, count).but(txn=0)
    both = _doubtful([first, _like(draw, first, _seconds(draw, count, 0, 5)).but(txn=0)], ONE_ROW_ONLY)
    return both, _nameless(draw, [first], skew)


def one_payment_two_lines(draw: Draw, count: int, skew: int) -> Both:
    """One payment, and two lines alike without a number."""
    first = events(draw, count).but(txn=0)
    return _doubtful([first], ONE_ROW_ONLY), _nameless(draw, [first, first], skew)


def two_payments_two_lines(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike and two lines alike: which is whose nobody can say."""
    first = events(draw, count).but(txn=0)
    both = _doubtful([first, _like(draw, first, _seconds(draw, count, 0, 5)).but(txn=0)], ONE_ROW_ONLY)
    return both, _nameless(draw, [first, first], skew)


def two_sums_one_line(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike and a third; the line is the third and one of the two."""
    first = with_known_txn(draw, events(draw, count)).but(txn=0)
    second = _like(draw, first, _seconds(draw, count, 0, 5)).but(txn=0)
    third = _like(draw, first, _seconds(draw, count, 0, 5)).but(txn=0, amount=first["amount"] * 2 + 37)
    lines = _nameless(draw, [first], skew)
    whole = lines.but(amount=first["amount"] + third["amount"], fee=first["fee"] + third["fee"], kind=CREDIT)
    return _doubtful([first, second, third], ONE_ROW_ONLY), whole


def _nameless(draw: Draw, payments: list[Rows], skew: int) -> Rows:
    """Lines within five seconds of each other; which numbers they have the books do not know."""
    base = lines_of(draw, payments[0], skew)
    lines = [base.but(time=base["time"] + place * _seconds(draw, len(base), 0, 5)) for place in range(len(payments))]
    named = [one.but(order=0, txn=np.where(draw.at_random(len(one), 0.5), draw.numbers(len(one)), 0)) for one in lines]
    return _doubtful(named, LINES_ONLY)


def _doubtful(rows: list[Rows], group: int) -> Rows:
    return Rows.joined(one.but(group=group + place, accepts=AMBIGUOUS) for place, one in enumerate(rows))


def _like(draw: Draw, rows: Rows, later_us: Column) -> Rows:
    """Other payments of the same payer and amount, with numbers of their own."""
    count = len(rows)
    return rows.but(
        order=draw.numbers(count),
        txn=np.where(rows["txn"] == 0, 0, draw.numbers(count)),
        bill=draw.numbers(count),
        time=rows["time"] + later_us,
    )


def _seconds(draw: Draw, count: int, least: int, most: int) -> Column:
    found: Column = draw.random.integers(least * SECOND_US, most * SECOND_US + 1, size=count)
    return found
