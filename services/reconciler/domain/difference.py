"""A difference as a run found it: the rows of both sides, what joined them and what they were held against."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.money import Money
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.line import LineKind


class Key(StrEnum):
    """A number that joins the two sides; the most telling first."""

    CHANNEL_REFUND_NO = "channel_refund_no"
    MERCHANT_REFUND_NO = "merchant_refund_no"
    CHANNEL_TXN_NO = "channel_txn_no"
    MERCHANT_ORDER_NO = "merchant_order_no"
    BATCH_NO = "batch_no"
    BILL_NO = "bill_no"

    @classmethod
    def of(cls, reason: str) -> "Key | None":
        """The most telling one that a rule names as its reason; None when it goes by none."""
        return next((key for key in cls if key in reason), None)


@dataclass(frozen=True, slots=True)
class BookRow:
    """A payment or a refund of the books."""

    payment_id: str
    channel_txn_no: str
    merchant_order_no: str
    bill_no: str
    amount: Money  # negative of a refund


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A line of a statement."""

    statement_id: str
    line_no: int
    kind: LineKind
    channel_txn_no: str  # "" when an entry of an account has none
    merchant_order_no: str
    channel_refund_no: str
    merchant_refund_no: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference; `beside` names what it was held against: another row of its side."""

    exception_class: ExceptionClass
    payments: tuple[BookRow, ...] = ()
    lines: tuple[ChannelRow, ...] = ()
    key: Key | None = None
    beside: str = ""
    reason: str = ""  # what the rule says of it

    @property
    def payment(self) -> BookRow | None:
        """The only payment."""
        return self.payments[0] if len(self.payments) == 1 else None

    @property
    def line(self) -> ChannelRow | None:
        """The only line."""
        return self.lines[0] if len(self.lines) == 1 else None

    def __post_init__(self) -> None:
        assert self.payments or self.lines, "a difference holds a payment, a line, or both"
