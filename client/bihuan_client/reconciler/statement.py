"""Statement: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

# What the money was, seen from the account holder.
StatementLineKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # A payment by the customer.
    "KIND_PAYMENT",
    # A refund to the customer.
    "KIND_REFUND",
    # An entry of an account: money in.
    "KIND_CREDIT",
    # An entry of an account: money out.
    "KIND_DEBIT",
    # What the channel keeps. 手续费
    "KIND_FEE",
    # A payment that was taken back without a refund of ours. 拒付
    "KIND_CHARGEBACK",
    # Between accounts of one holder: a payout, a top-up, a change of currency.
    "KIND_TRANSFER",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """A column of a file and the field of a line that it is read as."""

    field: str = ""
    """Such as merchant_order_no."""

    header: str = ""
    """As the file names the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """One total that the file states, and what its lines add up to."""

    name: str = ""
    """As the file names it."""

    declared: str = ""
    """As the file states it, an exact decimal."""

    computed: str = ""
    """As we computed it, an exact decimal."""

    ties: bool = False
    """Whether both are equal; a loaded statement has no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """A line as a report shows it."""

    time: str = ""
    """As the file writes it."""

    amount: Money | None = None
    """Signed: money in is above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """How many physical lines ended in each way; they add up to the file."""

    booked: int = 0
    """Lines that move money."""

    neutral: int = 0
    """Lines that are listed but move none."""

    frame: int = 0
    """Preamble, header, totals, blank lines."""

    quarantined: int = 0
    """Lines that could not be read; a loaded statement has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A file in which a channel or bank says what it did, mostly on one business day. 对账单"""

    statement_id: str = ""
    """Ours."""

    file_sha256: str = ""
    """SHA-256 of the file's bytes, 64 hex digits; the file is kept under it."""

    file_name: str = ""
    """The name that it came with; not trusted for anything."""

    channel: str = ""
    """The channel that it speaks for."""

    account_no: str = field(default="", repr=False)
    """The account or merchant number at the channel, as the file tells or else its sender; empty when neither
    does.
    """

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD; the last one of a file that covers several."""

    profile_id: str = ""
    """The profile that read it, and its version."""

    profile_version: int = 0
    """Versions of a profile never change."""

    encoding: str = ""
    """As found, such as utf-8, utf-8-sig, gb18030; empty for a workbook."""

    rows: RowCounts | None = None
    """How each physical line of the file ended."""

    sums_in: Sequence[Money] = ()
    """Money in, one for each currency, by code."""

    sums_out: Sequence[Money] = ()
    """Money out as positive amounts, one for each currency, by code."""

    controls: Sequence[ControlTotal] = ()
    """The file's own totals beside ours."""

    create_time: datetime | None = None
    """When it was loaded."""

    first_date: str = ""
    """The first business day that it covers, YYYY-MM-DD."""

    last_date: str = ""
    """The last business day that it covers, YYYY-MM-DD."""

    known_rows: int = 0
    """The lines of it that were not loaded, since an earlier statement of the account has them."""

    late_rows: int = 0
    """The lines of it that came late: of a day before the one that the file states, or of a day that was
    reconciled.
    """

    size_bytes: int = 0
    """The bytes of the file."""

    vouched_by: str = ""
    """Who vouched that its lines which equal earlier ones are new; empty when nobody did."""

    vouched_reason: str = ""
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementError:
    """A rule that a file breaks, where, and what its sender can do."""

    code: str = ""
    """Such as E-AMOUNT."""

    line: int = 0
    """The physical line, from 1; 0 when it is about the whole file."""

    column: str = ""
    """The file's own header, or the name of a total; empty when it is about the line."""

    value: str = ""
    """What stood there, cut short."""

    rule: str = ""
    """What must hold."""

    cure: str = ""
    """What its sender can do."""

    rule_zh: str = ""
    """The rule in Chinese."""

    cure_zh: str = ""
    """The cure in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a statement. 对账单明细"""

    line_id: str = ""
    """Ours."""

    statement_id: str = ""
    """The statement."""

    line_no: int = 0
    """Its physical line in the file, from 1; of a workbook the row."""

    kind: StatementLineKind = "KIND_UNSPECIFIED"
    """What the money was."""

    channel_txn_no: str = ""
    """The channel's number for the transaction."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    channel_refund_no: str = ""
    """The channel's number for the refund; empty for a payment."""

    amount: Money | None = None
    """Signed: money in is above zero."""

    book_time: datetime | None = None
    """When the channel booked it; unset when the file gives only a date."""

    book_local: str = ""
    """The same as the file writes it, in the channel's own time."""

    business_date: str = ""
    """The business day that it falls on, YYYY-MM-DD."""

    merchant_refund_no: str = ""
    """The merchant's number for the refund; empty when there is none."""

    status: str = ""
    """As the file writes it; empty when it has none."""

    fee_text: str = ""
    """What the channel kept, in major units as the file writes it; empty when it does not tell."""

    account_no: str = field(default="", repr=False)
    """The account that it belongs to, as the file tells or else its sender; empty when neither does."""

    entry_ref: str = ""
    """The reference of who keeps the account; empty when there is none."""

    original_txn_no: str = ""
    """The channel's number of the transaction that it refers to; empty when there is none."""

    value_date: str = ""
    """From when the money counts, YYYY-MM-DD; empty when the file does not tell."""

    balance_after: Money | None = None
    """The account's balance after it; unset when the file does not tell."""

    reversal: bool = False
    """Whether it undoes another line; the sign of its amount says so already."""

    late: bool = False
    """Whether it came late: of a day before the one that its file states, or of a day that was reconciled."""

    byte_offset: int = 0
    """Where it begins in the file, in bytes; -1 in a workbook."""

    byte_size: int = 0
    """Its bytes, without the line end; 0 when the row has no bytes of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReport:
    """What a check found in a file. Nothing is stored."""

    loadable: bool = False
    """Whether it would be loaded: every line is understood and every total ties."""

    profile_id: str = ""
    """The profile that reads it; empty when none claims it."""

    profile_version: int = 0
    """Versions of a profile never change."""

    encoding: str = ""
    """As found, such as gb18030."""

    channel: str = ""
    """The channel; empty when the caller has to name it."""

    account_no: str = field(default="", repr=False)
    """The account or merchant number at the channel; empty when the file does not tell, or tells several."""

    first_date: str = ""
    """The first business day that it covers, YYYY-MM-DD; empty when it does not tell."""

    last_date: str = ""
    """The last business day that it covers."""

    rows: RowCounts | None = None
    """How each physical line ended."""

    sums_in: Sequence[Money] = ()
    """Money in, one for each currency, by code."""

    sums_out: Sequence[Money] = ()
    """Money out as positive amounts, one for each currency, by code."""

    first: EdgeLine | None = None
    """The first line in the order of the file; unset when there is none."""

    last: EdgeLine | None = None
    """The last one."""

    controls: Sequence[ControlTotal] = ()
    """The file's own totals beside ours."""

    errors: Sequence[StatementError] = ()
    """The first errors, 100 at most, in the order of the file."""

    error_count: int = 0
    """All errors."""

    warnings: Sequence[StatementError] = ()
    """What is odd but refuses nothing."""

    columns: Sequence[ColumnName] = ()
    """Which column is read as what."""

    draft: str = ""
    """For a file that no profile claims: a profile that may fit, as YAML, for a person to confirm. Empty
    otherwise.
    """
