"""What a run decided: each payment and each line in exactly one place, with the totals and the digest that prove it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.money import Money
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.payment import MirroredPayment


class Key(StrEnum):
    """The number that joined a payment and a line."""

    CHANNEL_TXN_NO = "channel_txn_no"
    MERCHANT_ORDER_NO = "merchant_order_no"


class MatchKind(StrEnum):
    """How a pair agrees; the names are those of the contract's Match.Kind."""

    EXACT = "EXACT"
    CROSS_DAY = "CROSS_DAY"


@dataclass(frozen=True, slots=True)
class LoadedLine:
    """A statement's line as the run takes it; `statement_no` counts the day's statements in order of loading."""

    statement_id: str
    file_sha256: str
    statement_no: int
    line_no: int
    kind: LineKind
    channel_txn_no: str  # "" when an entry of an account has none
    merchant_order_no: str
    channel_refund_no: str  # "" when the channel gives none
    merchant_refund_no: str  # "" when the channel gives none
    amount: Money

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among all lines of the day."""
        return (self.statement_no, self.line_no)


@dataclass(frozen=True, slots=True)
class Match:
    """A payment and a line that are the same money."""

    payment: MirroredPayment
    line: LoadedLine
    kind: MatchKind
    key: Key


@dataclass(frozen=True, slots=True)
class Difference:
    """A payment, a line, or both, that do not agree; what the contract calls an Exception, a word of Python's own.

    `beside` names what it was held against: the other payments, or the line that came first.
    """

    exception_class: ExceptionClass
    payment: MirroredPayment | None = None
    line: LoadedLine | None = None
    key: Key | None = None  # None when no number joined the two
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """The differences of one class; sums are minor units by currency."""

    exception_class: ExceptionClass
    exception_count: int
    book_sums: dict[str, int]
    channel_sums: dict[str, int]
    payment_count: int
    line_count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts and money of a run; sums are minor units by currency, those of lines signed."""

    payment_count: int
    payment_sums: dict[str, int]
    line_count: int
    line_sums: dict[str, int]
    matched_count: int
    matched_sums: dict[str, int]
    cross_day_count: int
    exceptions: tuple[ClassTotal, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one run decided for a business day."""

    business_date: date
    matches: tuple[Match, ...]
    differences: tuple[Difference, ...]

    def payments(self) -> Iterator[tuple[MirroredPayment, Match | Difference]]:
        """Every payment that has a place, with its place."""
        for match in self.matches:
            yield match.payment, match
        for difference in self.differences:
            if difference.payment is not None:
                yield difference.payment, difference

    def lines(self) -> Iterator[LoadedLine]:
        """Every line that has a place."""
        for match in self.matches:
            yield match.line
        for difference in self.differences:
            if difference.line is not None:
                yield difference.line

    def totals(self) -> Totals:
        """The counts and sums, by place."""
        payments = [payment.amount for payment, _ in self.payments()]
        lines = [line.amount for line in self.lines()]
        return Totals(
            payment_count=len(payments),
            payment_sums=sums(payments),
            line_count=len(lines),
            line_sums=sums(lines),
            matched_count=len(self.matches),
            matched_sums=sums(match.payment.amount for match in self.matches),
            cross_day_count=sum(match.kind is MatchKind.CROSS_DAY for match in self.matches),
            exceptions=tuple(self._class_totals()),
        )

    def digest(self) -> bytes:
        """SHA-256 over all places in a fixed order, of what stays the same whenever the run is made again."""
        rows = sorted([*map(_match_row, self.matches), *map(_difference_row, self.differences)])
        return hashlib.sha256("\n".join(rows).encode()).digest()

    def check(self, payments: Sequence[MirroredPayment], lines: Sequence[LoadedLine]) -> None:
        """Assert that nothing was lost or counted twice: every line and every payment of the day has one place.

        Payments of other days are there only with a line.
        """
        placed = [payment.payment_id for payment, _ in self.payments()]
        of_day = {payment.payment_id for payment in payments if payment.business_date == self.business_date}
        beside = {
            payment.payment_id
            for payment, place in self.payments()
            if payment.business_date != self.business_date and place.line is not None
        }
        assert len(placed) == len(set(placed)), "a payment has two places"
        assert set(placed) == of_day | beside, "a payment of the day has no place, or one of another day has one"
        assert sorted(line.place for line in self.lines()) == sorted(line.place for line in lines), "lines got lost"
        totals = self.totals()
        assert totals.line_sums == sums(line.amount for line in lines), "the money of the lines does not add up"
        assert totals.payment_count == totals.matched_count + sum(part.payment_count for part in totals.exceptions)
        assert totals.line_count == totals.matched_count + sum(part.line_count for part in totals.exceptions)

    def _class_totals(self) -> Iterator[ClassTotal]:
        for exception_class in ExceptionClass:
            found = [each for each in self.differences if each.exception_class is exception_class]
            book = [each.payment.amount for each in found if each.payment]
            channel = [each.line.amount for each in found if each.line]
            if found:
                yield ClassTotal(exception_class, len(found), sums(book), sums(channel), len(book), len(channel))


def sums(amounts: Iterable[Money]) -> dict[str, int]:
    """Minor units by currency, in order of code."""
    added: Counter[str] = Counter()
    for amount in amounts:
        added[amount.currency_code] += amount.amount_minor
    return dict(sorted(added.items()))


def _match_row(match: Match) -> str:
    return _row("MATCH", match.kind, match.key, match.payment, match.line)


def _difference_row(difference: Difference) -> str:
    key = difference.key or ""
    return _row("EXCEPTION", difference.exception_class, key, difference.payment, difference.line)


def _row(place: str, kind: str, key: str, payment: MirroredPayment | None, line: LoadedLine | None) -> str:
    book = (payment.payment_id, *_money(payment.amount)) if payment else ("", "", "")
    channel = (line.file_sha256, str(line.line_no), *_money(line.amount)) if line else ("", "", "", "")
    return "\x1f".join((place, kind, key, *book, *channel))


def _money(amount: Money) -> tuple[str, str]:
    return (amount.currency_code, str(amount.amount_minor))
