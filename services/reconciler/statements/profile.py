"""The profile: how one layout of one channel is told apart, cut into rows and understood. It holds no code per channel.

A version is immutable once a file was read with it; a change makes a new version.
"""

from dataclasses import dataclass, field
from datetime import time
from re import Pattern
from typing import Literal
from zoneinfo import ZoneInfo

from services.reconciler.statements.localtime import TimeFormat

Format = Literal["delimited", "fixed_width", "workbook", "camt", "mt940", "bai2", "ofx"]
Encoding = Literal["utf-8", "gb18030", "utf-16", "cp1252", "cp852", "latin-1"]
NumberField = Literal["channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no"]
KeyField = Literal[
    "channel_txn_no",
    "merchant_order_no",
    "channel_refund_no",
    "merchant_refund_no",
    "entry_ref",
    "account_no",
    "kind",
    "amount_minor",
    "currency_code",
    "book_local",
    "business_date",
    "value_date",
    "balance_after_minor",
    "counterparty_name",
    "counterparty_account",
    "remittance",
]
KindName = Literal["PAYMENT", "REFUND", "CREDIT", "DEBIT", "FEE", "CHARGEBACK", "TRANSFER", "NEUTRAL"]


@dataclass(frozen=True, slots=True)
class Detect:
    """A file is of this layout if everything that is named here is found; more evidence beats less."""

    first_line: Pattern[str] | None = None
    head: Pattern[str] | None = None  # in any of the first 40 lines
    header: tuple[str, ...] = ()  # cells that one of the first 40 lines has, all of them
    record_bytes: int = 0  # the first line has this many bytes, without its end


@dataclass(frozen=True, slots=True)
class Decode:
    """The encodings in which the layout was seen, in order; each is applied strictly. GBK is read as gb18030."""

    encodings: tuple[Encoding, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a row is cut into cells, and how its numbers are written."""

    delimiter: str = ","
    quote: Literal['"', ""] = ""  # "" when a quote character is a character like any other
    cell_prefix: str = ""  # stands before every cell of rows and totals, not of headers
    strip: str = ""  # characters that pad cells
    excel_formula: bool = False  # cells may be written ="…"
    decimal: Literal[".", ","] = "."
    group: Literal[",", ".", "'", " ", ""] = ""  # between thousands; "" refuses such numbers
    plus: bool = False  # money in may bear a plus sign
    currency_signs: tuple[str, ...] = ()  # before the digits, such as ¥


@dataclass(frozen=True, slots=True)
class FixedWidth:
    """Records of fixed width, counted in bytes, not in characters."""

    names: tuple[str, ...]
    widths: tuple[int, ...]
    gap: int = 0  # bytes between two fields, which must be blank


@dataclass(frozen=True, slots=True)
class Preamble:
    """Lines above the header that may vary."""

    lines_max: int = 40
    facts: tuple[Pattern[str], ...] = ()  # looked for in each line; named groups state facts


@dataclass(frozen=True, slots=True)
class Footer:
    """Lines from the end line on that may vary."""

    facts: tuple[Pattern[str], ...] = ()  # looked for in each line, the end line too; each must be found


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file from top to bottom. Named groups state account_no, period_start, period_end and totals.

    Either every line above and below the rows is told by `above` and `below`, and all must be there;
    or `preamble` and `footer` allow any lines and look for facts in them.
    """

    header_first_cell: str = ""  # the header is the line that begins with this cell
    header: tuple[str, ...] = ()  # or the line that has all these cells
    names: tuple[str, ...] = ()  # or there is none, and these are the names of the columns
    above: tuple[Pattern[str], ...] = ()
    preamble: Preamble | None = None
    end: Pattern[str] | None = None  # the first line that is no row any more; a file without it is truncated
    end_optional: bool = False  # a file without the end line is whole too
    totals_row: bool = False  # the end line names totals, the next line gives them
    end_row: bool = False  # the end line gives totals under the header of the rows
    below: tuple[Pattern[str], ...] = ()
    footer: Footer | None = None
    skip: tuple[Pattern[str], ...] = ()  # lines between rows that are none
    blank_rows: Literal["refuse", "skip"] = "refuse"  # rows without any cell filled
    ragged: bool = False  # a row may end before its last columns, which are then empty
    trailing_delimiter: bool = False  # a row may have empty cells beyond the header


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical field's column: the first of these header names that the file has."""

    header: tuple[str, ...]
    empty: tuple[str, ...] = ()  # written for "none"
    optional: bool = False  # an absent column means that every cell is empty
    regex: Pattern[str] | None = None  # the part to take, as group `value`; a group `minus` makes a number negative
    minor_units: bool = False  # a number without its decimal point


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates."""

    header: tuple[str, ...]
    format: tuple[TimeFormat, ...]
    empty: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class BookTime:
    """When the channel booked the line, on the channel's clock."""

    format: tuple[TimeFormat, ...]  # the first that fits; one without hours gives a date only
    header: tuple[str, ...] = ()
    join: tuple[str, ...] = ()  # or these columns, joined by a blank; empty ones are left out
    year: Column | None = None  # where the year stands if the format has none
    zone: Column | None = None  # where the IANA time zone of the row stands, if it is not always `tz`
    order: Literal["first", "auto"] = "first"  # auto: the one format that fits every row of the file


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the canonical fields of a line stand; the names are those of StatementLine."""

    book_time: BookTime | None = None
    business_date: DateColumn | None = None  # if the channel writes it; else by the cut-off
    value_date: DateColumn | None = None
    channel_txn_no: Column | None = None
    merchant_order_no: Column | None = None
    channel_refund_no: Column | None = None
    merchant_refund_no: Column | None = None
    original_txn_no: Column | None = None
    entry_ref: Column | None = None
    fee: Column | None = None
    account_no: Column | None = None
    counterparty_name: Column | None = None
    counterparty_account: Column | None = None
    remittance: Column | None = None
    balance_after: Column | None = None


@dataclass(frozen=True, slots=True)
class AmountCase:
    """What a line with this status is, where its amount stands, and whether the file leaves out the minus."""

    kind: KindName
    header: str = ""
    negate: bool = False
    needs: tuple[NumberField, ...] = ()


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a line is by a column; the sign of its amount stays."""

    header: tuple[str, ...]
    map: dict[str, KindName]
    other: Literal["refuse", "by_sign"] = "refuse"  # by_sign: CREDIT or DEBIT


@dataclass(frozen=True, slots=True)
class Amount:
    """How the signed amount is found, in one of four ways.

    `status_header` with `cases`: the status decides; one that is no case is E-STATUS-UNKNOWN.
    `signed`: one column with a sign, money in positive; `negate` turns it over (a card's spend is positive).
    `in` and `out`: two columns without sign.
    `indicator` with `amount`: a word gives the direction of an amount without sign; here `in`, `out` and
    `neutral` are its words.
    """

    status_header: str = ""
    cases: dict[str, AmountCase] = field(default_factory=dict)
    signed: tuple[str, ...] = ()
    negate: bool = False
    in_: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    out_minus: Literal["never", "either"] = "never"  # either: the column of money out may bear minus signs
    indicator: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()  # written for "no amount" in `in` and `out`
    minor_units: bool = False
    kinds: Kinds | None = None

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The headers of the column whose words decide what a line is; a control's `where` speaks of them."""
        if self.status_header:
            return (self.status_header,)
        return self.indicator or (self.kinds.header if self.kinds else ())


@dataclass(frozen=True, slots=True)
class CurrencyOf:
    """Either one currency for the layout, or the column that names it."""

    fixed: str = ""
    header: str = ""
    map: dict[str, str] = field(default_factory=dict)  # the file's words to ISO codes, such as 人民币
    upper: bool = False  # the file writes codes in small letters


@dataclass(frozen=True, slots=True)
class Day:
    """Business date D ends when the channel's clock shows `cutoff` on D; 00:00 is the midnight that ends it."""

    cutoff: time = time(0)
    stated_by: Literal["lines", "period"] = "lines"
    period_format: tuple[TimeFormat, ...] = ()
    span: Literal["one", "many"] = "one"  # how many business dates, and accounts, a file may speak of
    available_after: str = ""  # when the channel has the file ready, such as T+1 10:00


@dataclass(frozen=True, slots=True)
class BalanceChain:
    """Each balance is the one before it plus the amount of its line."""

    header: tuple[str, ...]
    order: Literal["oldest", "newest"] = "oldest"  # which line stands first in the file


@dataclass(frozen=True, slots=True)
class Net:
    """In every row gross - fee = net."""

    gross: str
    fee: str
    net: str
    plus: bool = False  # the fee bears its own minus sign: gross + fee = net


@dataclass(frozen=True, slots=True)
class Control:
    """A declared total, and what our lines must give for it: their count, or the sum of a column.

    A column that the file does not have sums to nought. `where` limits the lines to these words of the deciding
    column. `scale` is for a channel that rounds the total (half up) though its rows have more decimals.
    `opening` with `closing` are declared balances: opening plus the sum of all amounts is closing.
    """

    name: str
    declared: str = ""  # a totals column, or a named group of a line above or below
    sum: str = ""  # a header; @amount for the amount of the line, without its sign; "" counts lines
    moved: Literal["", "in", "out"] = ""  # only lines that moved money this way; a minus before the total says nothing
    where: tuple[str, ...] = ()
    scale: int | None = None
    optional: bool = False  # nothing is compared in a file that does not declare it
    opening: str = ""
    closing: str = ""
    balance_chain: BalanceChain | None = None
    net: Net | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one layout."""

    id: str
    version: int
    detect: Detect
    decode: Decode
    tz: ZoneInfo
    day: Day = Day()
    channel: str = ""  # "" for a format of no one channel: whoever loads a file names it
    status: Literal["draft", "active", "retired"] = "active"  # a draft never loads money
    proof: Literal["real", "layout"] = "real"  # layout: from public documents, no real file has proved it
    source: str = ""  # where the layout is documented
    format: Format = "delimited"
    workbook: bool = False  # the same table also comes as a workbook
    sheet: str = ""  # of a workbook; "" is the first
    dialect: Dialect = Dialect()
    fixed: FixedWidth | None = None
    table: Table = Table()
    columns: Columns = Columns()
    amount: Amount = Amount()
    currency: CurrencyOf = CurrencyOf()
    key: tuple[KeyField, ...] = ("channel_txn_no", "kind", "channel_refund_no", "merchant_refund_no")  # of a line
    overlap: Literal["refuse", "merge"] = "refuse"  # lines that an earlier file had
    controls: tuple[Control, ...] = ()
