"""Which payment and which statement line are the same money, by exact keys. It knows no clock and no table.

The rules, in their order, are those of `match_exact`; RULE_SET_VERSION changes whenever one of them does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.outcome import (
    Difference,
    Key,
    LoadedLine,
    Match,
    MatchKind,
    Outcome,
)
from services.reconciler.domain.payment import MirroredPayment

RULE_SET_VERSION = "exact-keys-3"
_PAID = frozenset({LineKind.PAYMENT, LineKind.CREDIT})
_COMPARED = _PAID | {LineKind.REFUND}


def match_exact(business_date: date, payments: Sequence[MirroredPayment], lines: Sequence[LoadedLine]) -> Outcome:
    """Give every line and every payment of the business date its one place. Equal rows in any order, equal outcome.

    Payments of the days beside may be among `payments`; they are part of the outcome only if a line claims them.
    0. A line that is neither money of a payer (PAYMENT, CREDIT) nor a REFUND is ENTRY_CHANNEL_ONLY: the books hold no
       fees, debits, chargebacks and transfers. A CREDIT, an account's money in, is treated as a PAYMENT.
    1. A line that repeats (kind, channel_txn_no, merchant_order_no, channel_refund_no, merchant_refund_no) is a
       DUPLICATE_LINE; the first stands. One channel_txn_no on two orders is no repeat: WeChat Pay bills show it. Nor
       are two refunds of one payment, which Alipay tells apart by merchant_refund_no alone; nor two lines without any
       number, which banks write.
    2. A refund is REFUND_CHANNEL_ONLY, since the books hold no refunds.
    3. A line of a payment is joined by channel_txn_no, else by merchant_order_no. Two numbers that lead to two payments
       make a REFERENCE_CONFLICT. Of two payments with the line's channel_txn_no the one with its order number
       matches, else the one made first; the other, if no line claims it, is a DUPLICATE_BOOKING.
    4. A joined pair differs in currency or amount, or it matches, CROSS_DAY if the payment is of another day.
    5. Of two matches for one bill the later paid is a DUPLICATE_PAYMENT.
    6. What is left is CHANNEL_ONLY or PLATFORM_ONLY.
    """
    books = _Books(payments)
    entries = [line for line in lines if line.kind not in _COMPARED]
    standing, repeats = _repeats(line for line in lines if line.kind in _COMPARED)
    refunds = [line for line in standing if line.kind is LineKind.REFUND]
    by_txn, unjoined, conflicts = _join_by_txn(books, [line for line in standing if line.kind in _PAID])
    by_order, channel_only, doubtful = _join_by_order(books, unjoined, {pair.payment.payment_id for pair in by_txn})
    agreed, disagreed = _compare(business_date, [*by_txn, *by_order])
    matches, paid_again = _paid_again(agreed)
    outcome = Outcome(
        business_date,
        tuple(matches),
        (
            *(Difference(ExceptionClass.ENTRY_CHANNEL_ONLY, line=line) for line in entries),
            *repeats,
            *(Difference(ExceptionClass.REFUND_CHANNEL_ONLY, line=line) for line in refunds),
            *conflicts,
            *doubtful,
            *disagreed,
            *paid_again,
            *(Difference(ExceptionClass.CHANNEL_ONLY, line=line) for line in channel_only),
            *_without_line(business_date, books, by_txn, by_order),
        ),
    )
    outcome.check(payments, lines)
    return outcome


class _Joined(NamedTuple):
    payment: MirroredPayment
    line: LoadedLine
    key: Key


class _Books:
    """The payments by each of their numbers, those made first before the others."""

    def __init__(self, payments: Iterable[MirroredPayment]) -> None:
        self.payments = sorted(payments, key=lambda payment: payment.payment_id)
        self.by_txn: dict[str, list[MirroredPayment]] = {}
        self.by_order: dict[str, list[MirroredPayment]] = {}
        for payment in self.payments:
            self.by_txn.setdefault(payment.channel_txn_no, []).append(payment)
            self.by_order.setdefault(payment.merchant_order_no, []).append(payment)
        # An empty number joins nothing.
        self.by_txn.pop("", None)
        self.by_order.pop("", None)


def _repeats(lines: Iterable[LoadedLine]) -> tuple[list[LoadedLine], list[Difference]]:
    first: dict[tuple[str, ...], LoadedLine] = {}
    standing: list[LoadedLine] = []
    repeats: list[Difference] = []
    for line in sorted(lines, key=lambda line: line.place):
        stands = first.setdefault((line.kind, *numbers), line) if any(numbers := _numbers(line)) else line
        if stands is line:
            standing.append(line)
            continue
        beside = (f"{stands.file_sha256[:8]}:{stands.line_no}",)
        repeats.append(Difference(ExceptionClass.DUPLICATE_LINE, line=line, beside=beside))
    return standing, repeats


def _numbers(line: LoadedLine) -> tuple[str, ...]:
    return (line.channel_txn_no, line.merchant_order_no, line.channel_refund_no, line.merchant_refund_no)


def _join_by_txn(
    books: _Books, lines: Iterable[LoadedLine]
) -> tuple[list[_Joined], list[LoadedLine], list[Difference]]:
    joined: list[_Joined] = []
    unjoined: list[LoadedLine] = []
    conflicts: list[Difference] = []
    taken: set[str] = set()
    # A line that names its payment by both numbers goes before one that has only the first in common with it.
    for line in sorted(lines, key=lambda line: (not _both_numbers(books, line), line.place)):
        claiming = books.by_txn.get(line.channel_txn_no, [])
        named = books.by_order.get(line.merchant_order_no, [])
        fitting = _both_numbers(books, line) or claiming
        free = [payment for payment in fitting if payment.payment_id not in taken]
        if named and claiming and fitting is claiming:
            beside = (claiming[0].payment_id, named[0].payment_id)
            conflicts.append(Difference(ExceptionClass.REFERENCE_CONFLICT, line=line, beside=beside))
        elif free:
            taken.add(free[0].payment_id)
            joined.append(_Joined(free[0], line, Key.CHANNEL_TXN_NO))
        else:
            unjoined.append(line)
    return joined, unjoined, conflicts


def _both_numbers(books: _Books, line: LoadedLine) -> list[MirroredPayment]:
    claiming = books.by_txn.get(line.channel_txn_no, [])
    return [payment for payment in claiming if payment.merchant_order_no == line.merchant_order_no]


def _join_by_order(
    books: _Books, lines: Iterable[LoadedLine], taken: set[str]
) -> tuple[list[_Joined], list[LoadedLine], list[Difference]]:
    joined: list[_Joined] = []
    unjoined: list[LoadedLine] = []
    conflicts: list[Difference] = []
    ordered = sorted(lines, key=lambda line: (line.merchant_order_no, line.place))
    for merchant_order_no, group in groupby(ordered, key=lambda line: line.merchant_order_no):
        claims = list(group)
        free = [each for each in books.by_order.get(merchant_order_no, []) if each.payment_id not in taken]
        if len(free) > 1:  # order numbers are unique for one merchant only
            beside = tuple(payment.payment_id for payment in free)
            conflicts += (Difference(ExceptionClass.REFERENCE_CONFLICT, line=line, beside=beside) for line in claims)
            continue
        if free:
            best = min(claims, key=lambda line: (line.amount != free[0].amount, line.place))
            joined.append(_Joined(free[0], best, Key.MERCHANT_ORDER_NO))
            claims.remove(best)
        unjoined += claims
    return joined, unjoined, conflicts


def _compare(business_date: date, pairs: Iterable[_Joined]) -> tuple[list[Match], list[Difference]]:
    agreed: list[Match] = []
    disagreed: list[Difference] = []
    for payment, line, key in pairs:
        if difference := _disagreement(payment, line):
            disagreed.append(Difference(difference, payment, line, key))
        else:
            kind = MatchKind.EXACT if payment.business_date == business_date else MatchKind.CROSS_DAY
            agreed.append(Match(payment, line, kind, key))
    return agreed, disagreed


def _disagreement(payment: MirroredPayment, line: LoadedLine) -> ExceptionClass | None:
    if payment.amount.currency_code != line.amount.currency_code:
        return ExceptionClass.CURRENCY_MISMATCH
    if line.amount.amount_minor > payment.amount.amount_minor:
        return ExceptionClass.AMOUNT_CHANNEL_OVER
    if line.amount.amount_minor < payment.amount.amount_minor:
        return ExceptionClass.AMOUNT_CHANNEL_SHORT
    return None


def _paid_again(agreed: Iterable[Match]) -> tuple[list[Match], list[Difference]]:
    paid: dict[tuple[str, str], Match] = {}
    matches: list[Match] = []
    again: list[Difference] = []
    for match in sorted(agreed, key=lambda match: (match.payment.pay_time, match.payment.payment_id)):
        payment = match.payment
        first = paid.setdefault((payment.merchant_id, payment.bill_no), match) if payment.bill_no else match
        if first is match:
            matches.append(match)
            continue
        beside = (first.payment.payment_id,)
        again.append(Difference(ExceptionClass.DUPLICATE_PAYMENT, payment, match.line, match.key, beside))
    return matches, again


def _without_line(
    business_date: date, books: _Books, by_txn: Sequence[_Joined], by_order: Sequence[_Joined]
) -> Iterable[Difference]:
    winner: Mapping[str, str] = {pair.line.channel_txn_no: pair.payment.payment_id for pair in by_txn}
    joined = {pair.payment.payment_id for pair in (*by_txn, *by_order)}
    for payment in books.payments:
        if payment.payment_id in joined or payment.business_date != business_date:
            continue
        if payment.channel_txn_no in winner:
            beside = (winner[payment.channel_txn_no],)
            yield Difference(ExceptionClass.DUPLICATE_BOOKING, payment, key=Key.CHANNEL_TXN_NO, beside=beside)
        else:
            yield Difference(ExceptionClass.PLATFORM_ONLY, payment)
