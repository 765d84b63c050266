"""Rows that look alike: harmless ones, which must not be flagged, and those that nothing can tell apart."""

import numpy as np

from accuracy.matching.plants_refunds import paid_and_refund, some_or_all
from accuracy.matching.plants_single import Both, alone, with_known_txn
from accuracy.matching.rows import (
    KINDS,
    LINES_ONLY,
    ONE_ROW_ONLY,
    STATES,
    Draw,
    Rows,
    events,
    like,
    lines_of,
    seconds,
)
from accuracy.matching.truth import CODE
from services.reconciler.matching.frames import Kind

AMBIGUOUS = CODE["AMBIGUOUS_MATCH|MERGED_UNRESOLVED"]
CREDIT = KINDS.index(Kind.CREDIT)


def twins(draw: Draw, count: int, skew: int) -> Both:
    """One payer pays the same amount twice within 50 seconds, for two orders."""
    first = events(draw, count)
    return _all_paid(draw, [first, like(draw, first, seconds(draw, count, 1, 50)).but(group=1)], skew)


def identical_rows(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike in all but their numbers, in the same second."""
    first = events(draw, count)
    return _all_paid(draw, [first, like(draw, first, np.zeros(count, np.int64)).but(group=1)], skew)


def instalments(draw: Draw, count: int, skew: int) -> Both:
    """One bill, paid in two different amounts."""
    first = events(draw, count)
    second = like(draw, first, seconds(draw, count, 2, 600)).but(bill=first["bill"], group=1)
    return _all_paid(draw, [first, second.but(amount=first["amount"] * 2 + 100)], skew)


def paid_at_the_second_try(draw: Draw, count: int, skew: int) -> Both:
    """A try that failed, and another one for the same bill that was paid."""
    paid = events(draw, count)
    failed = like(draw, paid, -seconds(draw, count, 5, 300)).but(bill=paid["bill"], state=STATES.index("FAILED"))
    return Rows.joined([paid, alone(failed, "IGNORED")]), lines_of(draw, paid, skew)


def parts_like_a_third(draw: Draw, count: int, skew: int) -> Both:
    """Two payments of a payer that add up to a third one of the same payer."""
    first = events(draw, count)
    second = like(draw, first, seconds(draw, count, 1, 300)).but(amount=events(draw, count)["amount"], group=1)
    third = like(draw, first, seconds(draw, count, 1, 300)).but(amount=first["amount"] + second["amount"], group=2)
    return _all_paid(draw, [first, second, third], skew)


def refund_like_a_payment(draw: Draw, count: int, skew: int) -> Both:
    """A refund, and a payment of the same payer over the same amount."""
    payments, lines, refunds, back = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    other = like(draw, payments, seconds(draw, count, 1, 300)).but(amount=-refunds["amount"], group=2)
    return Rows.joined([payments, refunds, other]), Rows.joined([lines, back, lines_of(draw, other, skew)])


def _all_paid(draw: Draw, payments: list[Rows], skew: int) -> Both:
    joined = Rows.joined(payments)
    return joined, lines_of(draw, joined, skew)


def two_payments_one_line(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike within five seconds, and one line without a number."""
    first = events(draw, count).but(txn=0)
    both = _doubtful([first, like(draw, first, seconds(draw, count, 0, 5)).but(txn=0)], ONE_ROW_ONLY)
    return both, _nameless(draw, [first], skew)


def one_payment_two_lines(draw: Draw, count: int, skew: int) -> Both:
    """One payment, and two lines alike without a number."""
    first = events(draw, count).but(txn=0)
    return _doubtful([first], ONE_ROW_ONLY), _nameless(draw, [first, first], skew)


def two_payments_two_lines(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike and two lines alike: which is whose nobody can say."""
    first = events(draw, count).but(txn=0)
    both = _doubtful([first, like(draw, first, seconds(draw, count, 0, 5)).but(txn=0)], ONE_ROW_ONLY)
    return both, _nameless(draw, [first, first], skew)


def two_sums_one_line(draw: Draw, count: int, skew: int) -> Both:
    """Two payments alike and a third; the line is the third and one of the two."""
    first = with_known_txn(draw, events(draw, count)).but(txn=0)
    second = like(draw, first, seconds(draw, count, 0, 5)).but(txn=0)
    third = like(draw, first, seconds(draw, count, 0, 5)).but(txn=0, amount=first["amount"] * 2 + 37)
    lines = _nameless(draw, [first], skew)
    whole = lines.but(amount=first["amount"] + third["amount"], fee=first["fee"] + third["fee"], kind=CREDIT)
    return _doubtful([first, second, third], ONE_ROW_ONLY), whole


def _nameless(draw: Draw, payments: list[Rows], skew: int) -> Rows:
    """Lines within five seconds of each other; which numbers they have the books do not know."""
    base = lines_of(draw, payments[0], skew)
    lines = [base.but(time=base["time"] + place * seconds(draw, len(base), 0, 5)) for place in range(len(payments))]
    named = [one.but(order=0, txn=np.where(draw.at_random(len(one), 0.5), draw.numbers(len(one)), 0)) for one in lines]
    return _doubtful(named, LINES_ONLY)


def _doubtful(rows: list[Rows], group: int) -> Rows:
    return Rows.joined(one.but(group=group + place, accepts=AMBIGUOUS) for place, one in enumerate(rows))
