"""Payments with what went back of them, rightly and wrongly. Pure but for the draw."""

import numpy as np

from accuracy.matching.plants_single import Both, alone, told, with_known_txn
from accuracy.matching.rows import (
    KINDS,
    LINES_ONLY,
    MINUTE_US,
    STATUSES,
    Column,
    Draw,
    Rows,
    events,
    lines_of,
)
from accuracy.matching.truth import CODE
from services.reconciler.matching.frames import Kind, LineStatus

REFUND, DEBIT, CHARGEBACK = (KINDS.index(kind) for kind in (Kind.REFUND, Kind.DEBIT, Kind.CHARGEBACK))


def refund_ok(draw: Draw, count: int, skew: int) -> Both:
    """A payment and its refund, whole or in part, both on both sides."""
    payments, lines, refunds, back = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_platform_only(draw: Draw, count: int, skew: int) -> Both:
    """Refunded in the books and not at the channel."""
    payments, lines, refunds, _ = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    return Rows.joined([payments, alone(refunds, "REFUND_PLATFORM_ONLY")]), lines


def refund_channel_only(draw: Draw, count: int, skew: int) -> Both:
    """Refunded at the channel and not in the books."""
    payments, lines, _, back = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    return payments, Rows.joined([lines, back.but(group=LINES_ONLY, accepts=CODE["REFUND_CHANNEL_ONLY"])])


def refund_amount(draw: Draw, count: int, skew: int) -> Both:
    """The channel refunded another amount."""
    payments, lines, refunds, back = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    off = draw.random.choice([1, 10, 990], count)
    refunds, back = told(refunds, back.but(amount=back["amount"] - off), "REFUND_AMOUNT_MISMATCH")
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_snapshot(draw: Draw, count: int, skew: int) -> Both:
    """The channel states the refund as it was when it was asked for."""
    payments, lines, refunds, back = paid_and_refund(draw, count, skew, some_or_all(draw, count))
    still = back.but(state=STATUSES.index(LineStatus.PROCESSING))
    refunds, back = told(refunds, still, "REFUND_STATUS_SNAPSHOT")
    return Rows.joined([payments, refunds]), Rows.joined([lines, back])


def refund_exceeds(draw: Draw, count: int, skew: int) -> Both:
    """Two refunds that are more than was paid."""
    payments, lines, refunds, back = paid_and_refund(draw, count, skew, draw.random.uniform(0.6, 0.95, count))
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


def paid_and_refund(draw: Draw, count: int, skew: int, share: Column) -> tuple[Rows, Rows, Rows, Rows]:
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


def some_or_all(draw: Draw, count: int) -> Column:
    part = draw.random.uniform(0.1, 0.9, count)
    return np.where(draw.at_random(count, 0.5), part, 1.0)
