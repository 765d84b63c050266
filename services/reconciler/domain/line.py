"""What a channel's statement says, line by line, in one shape for every channel. It never reads a file."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money


class LineKind(StrEnum):
    """What the money of a line was, seen from the account holder."""

    PAYMENT = "PAYMENT"  # a payer paid, as a payment channel lists it
    REFUND = "REFUND"
    CREDIT = "CREDIT"  # an entry of an account: money in
    DEBIT = "DEBIT"  # an entry of an account: money out
    FEE = "FEE"
    CHARGEBACK = "CHARGEBACK"
    TRANSFER = "TRANSFER"  # between accounts of one holder: a payout, a top-up, a change of currency


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement of money as the channel wrote it, with the place where it stands in the file.

    Texts are "" and the rest None where the file does not tell.
    """

    line_no: int  # the physical line in the file, from 1; in a workbook the row of the sheet
    kind: LineKind
    channel_txn_no: str = ""
    merchant_order_no: str = ""
    channel_refund_no: str = ""
    merchant_refund_no: str = ""
    currency_code: str
    amount_minor: int  # signed: money in for the account holder is positive
    fee_text: str = ""  # as written, in major units; some channels give five decimals
    book_time: datetime | None = None  # aware, UTC; None when the file gives only a date
    book_local: str  # as written, in the channel's time zone
    business_date: date  # by the profile's cut-off, never by a clock of ours
    status: str = ""  # as written
    byte_offset: int = -1  # where the line begins in the (unpacked) file; -1 in a workbook
    byte_size: int = 0  # without the line end
    value_date: date | None = None
    entry_ref: str = ""  # the account servicer's own reference
    account_no: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    remittance: str = ""
    balance_after_minor: int | None = None
    reversal: bool = False  # says that the line undoes another; the sign of the amount says it already
    original_txn_no: str = ""

    @property
    def amount(self) -> Money:
        """The amount as money. Raises UnknownCurrency for one that is no longer in ISO 4217, such as DEM."""
        return Money(self.currency_code, self.amount_minor)


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total that the file declares, beside the one that its lines give; both exact decimal text."""

    name: str
    declared: str
    computed: str
    ties: bool
