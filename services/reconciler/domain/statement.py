"""What is known of a statement file as a whole, when it has been read. It never reads one."""

from dataclasses import dataclass
from datetime import date, datetime

from services.reconciler.domain.line import ControlTotal


@dataclass(frozen=True, slots=True)
class StatementFault:
    """A broken rule: where, what stood there, and what its sender can do. None where it does not apply."""

    code: str
    line: int | None  # the physical line, from 1
    column: str | None  # the file's own header, or the name of a control
    value: str | None  # what stood there, cut short
    rule: str
    cure: str
    rule_zh: str
    cure_zh: str


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where the file's lines went: each is in exactly one of the four."""

    booked: int
    neutral: int  # listed, but moved no money
    frame: int  # headers, preamble, totals, blank lines, and what a row in several lines has beyond its first
    quarantined: int  # not understood, or behind what ended the reading

    @property
    def total(self) -> int:
        """All lines of the file."""
        return self.booked + self.neutral + self.frame + self.quarantined


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """The first or the last line in the order of the file."""

    time: str  # as written
    amount_minor: int
    currency_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One file after it was read to its end, as far as it could be read."""

    profile_id: str
    profile_version: int
    channel: str  # "" when the layout is of no one channel: the caller has to name it
    encoding: str
    account_no: str  # "" when the file does not tell, or speaks of several
    many_accounts: bool
    first_date: date | None  # the business dates that the file covers; None when it does not tell
    last_date: date | None
    period_start: datetime | None  # UTC; None when the file does not state a period
    period_end: datetime | None  # UTC, the first moment after the period
    rows: RowCounts
    sums_in: dict[str, int]  # minor units by currency; a currency without any is absent
    sums_out: dict[str, int]  # negative
    first: EdgeLine | None
    last: EdgeLine | None
    controls: tuple[ControlTotal, ...]
    faults: tuple[StatementFault, ...]  # the first of them
    fault_count: int  # all of them
    warnings: tuple[StatementFault, ...]
    header_map: dict[str, str]  # canonical field to the file's own header

    @property
    def loadable(self) -> bool:
        """Whether every line is understood and every total ties; nothing less may be loaded."""
        return not self.fault_count and not self.rows.quarantined and all(control.ties for control in self.controls)
