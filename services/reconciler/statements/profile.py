"""The profile: how one layout of one channel is told apart, cut into rows and understood. It holds no code per channel.

A version is immutable once a file was read with it; a change makes a new version.
"""

from dataclasses import dataclass, field
from datetime import time
from re import Pattern
from typing import Literal
from zoneinfo import ZoneInfo

from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.profile_columns import Amount, Columns, CurrencyOf
from services.reconciler.statements.profile_table import Dialect, FixedWidth, Table

Format = Literal["delimited", "fixed_width", "workbook", "camt", "mt940", "bai2", "ofx"]

Encoding = Literal["utf-8", "gb18030", "utf-16", "cp1252", "cp852", "latin-1"]

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
    nets_to_zero: bool = False  # the amounts of each currency add up to nought: what came was paid out or carried on

    @property
    def is_total(self) -> bool:
        """Whether it compares one declared total, a count or a sum."""
        return bool(self.declared)


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
    dialect: Dialect = field(default_factory=Dialect)
    fixed: FixedWidth | None = None
    table: Table = field(default_factory=Table)
    columns: Columns = field(default_factory=Columns)
    amount: Amount = field(default_factory=Amount)
    currency: CurrencyOf = field(default_factory=CurrencyOf)
    key: tuple[KeyField, ...] = ("channel_txn_no", "kind", "channel_refund_no", "merchant_refund_no")  # of a line
    overlap: Literal["refuse", "merge"] = "refuse"  # lines that an earlier file had
    controls: tuple[Control, ...] = ()
