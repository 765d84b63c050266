"""What a channel's statement says, line by line, in one shape for every channel. It never reads a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money


class LineKind(StrEnum):
    """Which way the money of a line moved, seen from the account holder."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of money as the channel wrote it, with the place where it stands in the file."""

    line_no: int  # the physical line in the file, from 1
    kind: LineKind
    channel_txn_no: str
    merchant_order_no: str  # "" when the channel has none
    channel_refund_no: str  # "" when there is none
    merchant_refund_no: str  # "" when there is none
    amount: Money  # signed: money in for the account holder is positive, a refund negative
    fee_text: str  # as written, in major units; some channels give five decimals; "" when there is none
    book_time: datetime  # aware, UTC
    book_local: str  # as written, in the channel's time zone
    business_date: date  # by the profile's cut-off, never by a clock of ours
    status: str  # as written
    byte_offset: int  # where the line begins in the file
    raw: str  # the decoded line without its line end


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total that the file declares, beside the one that its lines give; both exact decimal text."""

    name: str
    declared: str
    computed: str
    ties: bool


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where the file's physical lines went: each is in exactly one of the four."""

    booked: int
    neutral: int  # listed, but moved no money
    frame: int  # headers, preamble, totals, blank lines at the end
    quarantined: int

    @property
    def total(self) -> int:
        """The physical lines of the file."""
        return self.booked + self.neutral + self.frame + self.quarantined


@dataclass(frozen=True, slots=True)
class Statement:
    """One file, whole: it was read to its last line and its own totals tie."""

    profile_id: str
    profile_version: int
    channel: str
    encoding: str
    account_no: str  # the account at the channel; "" when the file does not tell
    business_date: date
    period_start: datetime | None  # UTC; None when the file does not state a period
    period_end: datetime | None  # UTC, the first moment after the period
    rows: RowCounts
    controls: tuple[ControlTotal, ...]
    lines: tuple[StatementLine, ...]

    @property
    def sum_in(self) -> dict[str, int]:
        """Minor units that came in, by currency; a currency without any is absent."""
        return _sums(line.amount for line in self.lines if line.amount.amount_minor > 0)

    @property
    def sum_out(self) -> dict[str, int]:
        """Minor units that went out, by currency, as negative numbers; a currency without any is absent."""
        return _sums(line.amount for line in self.lines if line.amount.amount_minor < 0)


def _sums(amounts: Iterable[Money]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency_code] = sums.get(amount.currency_code, 0) + amount.amount_minor
    return sums
