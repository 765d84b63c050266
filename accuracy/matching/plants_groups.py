"""Clusters of which one side has several rows: repeats, parts, merged deposits. Pure but for the draw."""

import numpy as np

from accuracy.matching.plants_single import Both, told, with_known_txn
from accuracy.matching.rows import (
    KINDS,
    LINES_ONLY,
    MINUTE_US,
    UNSTATED,
    Column,
    Draw,
    Rows,
    events,
    like,
    lines_of,
    seconds,
)
from accuracy.matching.truth import CODE
from services.reconciler.matching.frames import Kind

CREDIT = KINDS.index(Kind.CREDIT)


def paid_twice(draw: Draw, count: int, skew: int) -> Both:
    """One bill paid by two payments, both in the books: a second later, or on another channel."""
    first = with_known_txn(draw, events(draw, count))
    other = draw.at_random(count, 0.5)
    again = like(draw, first, seconds(draw, count, 2, 90)).but(bill=first["bill"])
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
        time=lines["time"] + seconds(draw, count, 2, 90),
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
    return payments, lines.but(order=0, time=lines["time"] + seconds(draw, len(lines), 0, 120))


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
    fees = np.zeros(count, dtype=np.int64)
    np.add.at(fees, payments["cluster"], payments["fee"])
    off += off == fees  # short by the fees is a deposit without them, and no fault
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
    return like(draw, rows, later).but(amount=amount, fee=(amount * 6 + 500) // 1000)


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
