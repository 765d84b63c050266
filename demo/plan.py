"""What a demo day consists of: payments, bill rows, what was planted. Values alone; draws nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from chassis.money import Money

# WeChat Pay and Alipay keep the clock and the day of Beijing, which has had no summer time since 1991.
BEIJING = timezone(timedelta(hours=8))

WECHAT_PAY = "wechat_pay"
ALIPAY = "alipay"
CHANNELS = (WECHAT_PAY, ALIPAY)


class Disturbance(StrEnum):
    """What was made wrong with one order on purpose."""

    MISSING_AT_CHANNEL = "MISSING_AT_CHANNEL"
    """The platform has the payment, the statement has no line for it."""
    MISSING_ON_PLATFORM = "MISSING_ON_PLATFORM"
    """The statement has the line, the platform has no payment."""
    AMOUNT_CHANNEL_OVER = "AMOUNT_CHANNEL_OVER"
    """Both have it under the same numbers; the channel's amount is larger."""
    AMOUNT_CHANNEL_SHORT = "AMOUNT_CHANNEL_SHORT"
    """Both have it under the same numbers; the channel's amount is smaller."""
    PAID_TWICE = "PAID_TWICE"
    """Two orders paid one bill, and both stand on both sides. The later order is the disturbed one."""
    DAY_BEFORE = "DAY_BEFORE"
    """The platform's pay_time is in the last ten seconds of the day before; the channel booked it today."""
    REFUNDED = "REFUNDED"
    """The statement has a refund that the platform does not know."""


EXPECTED_CLASS: dict[Disturbance, str] = {
    Disturbance.MISSING_AT_CHANNEL: "PLATFORM_ONLY",
    Disturbance.MISSING_ON_PLATFORM: "CHANNEL_ONLY",
    Disturbance.AMOUNT_CHANNEL_OVER: "AMOUNT_CHANNEL_OVER",
    Disturbance.AMOUNT_CHANNEL_SHORT: "AMOUNT_CHANNEL_SHORT",
    Disturbance.PAID_TWICE: "DUPLICATE_PAYMENT",
    Disturbance.DAY_BEFORE: "CROSS_DAY",
    Disturbance.REFUNDED: "REFUND_CHANNEL_ONLY",
}
"""What reconciliation has to call each disturbance. CROSS_DAY is a match, all others are exceptions."""

_PER_150_LINES: dict[Disturbance, int] = {
    Disturbance.MISSING_AT_CHANNEL: 3,
    Disturbance.MISSING_ON_PLATFORM: 2,
    Disturbance.AMOUNT_CHANNEL_OVER: 1,
    Disturbance.AMOUNT_CHANNEL_SHORT: 2,
    Disturbance.PAID_TWICE: 2,
    Disturbance.DAY_BEFORE: 3,
    Disturbance.REFUNDED: 4,
}


def planted_counts(lines: int) -> dict[Disturbance, int]:
    """How often each disturbance is planted in a statement of that many lines: at least once."""
    return {kind: max(1, times * lines // 150) for kind, times in _PER_150_LINES.items()}


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """A payment as the platform will record it. `amount` is above zero, `pay_time` is in UTC."""

    merchant_id: str
    merchant_order_no: str
    bill_no: str
    channel: str
    channel_txn_no: str
    amount: Money
    pay_time: datetime
    payer_name: str


@dataclass(frozen=True, slots=True)
class BillRow:
    """A row of a channel's statement. `amount` is above zero also on a refund; times are in UTC.

    `create_time` is when the order was made at the channel (on a refund, the order that is refunded).
    `payer` is how the channel shows the payer: an open id, or a masked account. The fee is not here:
    each channel's writer knows its rate.
    """

    channel_txn_no: str
    merchant_order_no: str
    amount: Money
    create_time: datetime
    book_time: datetime
    is_refund: bool = False
    channel_refund_no: str = ""
    merchant_refund_no: str = ""
    subject: str = ""
    payer: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line read from a real statement. `amount` is signed: money in is above zero, a refund below."""

    channel_txn_no: str
    merchant_order_no: str
    amount: Money
    book_time: datetime
    is_refund: bool
    bill_no: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """One disturbance. `amount` is the money in question, above zero; for AMOUNT_* the difference."""

    disturbance: Disturbance
    channel: str
    merchant_order_no: str
    amount: Money


@dataclass(frozen=True, slots=True)
class DemoDay:
    """A day: what the platform records, the statements (file name to bytes), their rows, and the truth.

    The times of `payments` ascend. `rows` has the rows of each channel in the order of its statement.
    """

    business_date: date
    seed: int
    payments: tuple[PlannedPayment, ...]
    bills: dict[str, bytes]
    planted: tuple[Planted, ...]
    rows: dict[str, tuple[BillRow, ...]]
