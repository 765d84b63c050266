"""The part of a profile that says what cells mean: the columns of the canonical fields, the amount, the currency."""

from dataclasses import dataclass, field
from re import Pattern
from typing import Literal

from services.reconciler.statements.localtime import TimeFormat

NumberField = Literal["channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no"]

KindName = Literal["PAYMENT", "REFUND", "CREDIT", "DEBIT", "FEE", "CHARGEBACK", "TRANSFER", "NEUTRAL"]


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
    zones: dict[str, str] = field(default_factory=dict)  # the file's words to IANA names, such as PDT: Etc/GMT+7
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
