"""The profile: how one layout of one channel is told apart, cut into rows and understood. It holds no code per channel.

A version is immutable once a file was read with it; a change makes a new version.
A later format adds keys that are absent here, and leaves the meaning of these alone.
"""

from dataclasses import dataclass
from datetime import time
from re import Pattern
from typing import Literal
from zoneinfo import ZoneInfo

from services.reconciler.domain.line import LineKind
from services.reconciler.statements.localtime import TimeFormat

Encoding = Literal["utf-8", "gb18030"]
NumberField = Literal["merchant_order_no", "channel_refund_no", "merchant_refund_no"]


@dataclass(frozen=True, slots=True)
class Detect:
    """A file is of this layout if its first line matches."""

    first_line: Pattern[str]


@dataclass(frozen=True, slots=True)
class Decode:
    """The encodings in which the layout was seen, in order; each is applied strictly. GBK is read as gb18030."""

    encodings: tuple[Encoding, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a row is cut into cells; there is no quoting."""

    delimiter: str
    cell_prefix: str = ""  # stands before every cell of rows and totals, not of headers
    strip: str = ""  # characters that pad cells


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file from top to bottom: above, header, rows, end, totals, below. All must be there."""

    header_first_cell: str
    end: Pattern[str]  # the first line that is no row any more
    above: tuple[Pattern[str], ...] = ()  # named groups state facts: account_no, period_start, period_end
    totals_row: bool = False  # the end line names totals, the next line gives them
    below: tuple[Pattern[str], ...] = ()  # named groups state totals


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical field's column: the first of these header names that the file has."""

    header: tuple[str, ...]
    empty: tuple[str, ...] = ()  # written for "none"
    optional: bool = False  # an absent column means that every cell is empty


@dataclass(frozen=True, slots=True)
class BookTime:
    """When the channel booked the line, on the channel's clock."""

    header: tuple[str, ...]
    format: TimeFormat


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the canonical fields of a line stand; the names are those of StatementLine."""

    book_time: BookTime
    channel_txn_no: Column
    merchant_order_no: Column
    channel_refund_no: Column | None = None
    merchant_refund_no: Column | None = None
    fee: Column | None = None
    account_no: Column | None = None


@dataclass(frozen=True, slots=True)
class AmountCase:
    """What a line with this status is, where its amount stands, and whether the file leaves out the minus."""

    kind: LineKind
    header: str
    negate: bool = False
    needs: tuple[NumberField, ...] = ()  # besides channel_txn_no, which no line can be without


@dataclass(frozen=True, slots=True)
class Amount:
    """The status column decides; a status that is not a case refuses the file."""

    status_header: str
    cases: dict[str, AmountCase]


@dataclass(frozen=True, slots=True)
class CurrencyOf:
    """Either one currency for the layout, or the column that names it."""

    fixed: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """Business date D ends when the channel's clock shows `cutoff` on D; 00:00 is the midnight that ends it."""

    cutoff: time
    stated_by: Literal["lines", "period"]
    period_format: TimeFormat | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A declared total, and what our lines must give for it: their count, or the sum of a column.

    A column that the file does not have sums to nought. `where` limits the lines to these statuses.
    `scale` is for a channel that rounds the total (half up) though its rows have more decimals.
    """

    name: str
    declared: str  # a totals column, or a named group of `below`
    sum: str = ""  # a header; "" counts lines
    where: tuple[str, ...] = ()
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one layout."""

    id: str
    version: int
    channel: str
    detect: Detect
    decode: Decode
    dialect: Dialect
    table: Table
    columns: Columns
    amount: Amount
    currency: CurrencyOf
    tz: ZoneInfo
    day: Day
    controls: tuple[Control, ...]
