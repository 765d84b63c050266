"""The mirror of the payments, as the feed told them."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class FeedCursorRow(Base):
    """How far a feed of another service was read: the first sequence that is still wanted."""

    __tablename__ = "feed_cursors"
    feed: Mapped[str] = mapped_column(primary_key=True)
    next_sequence: Mapped[int]


class PaymentRow(Base):
    """The mirror: a payment that has succeeded, as the feed last told it; `fee_minor` is what the channel keeps."""

    __tablename__ = "payments"
    __table_args__ = (
        Index(None, "channel", "business_date"),
        Index(None, "channel", "channel_txn_no"),
        Index(None, "channel", "merchant_order_no"),
        Index("payments_bill_idx", "bill_no", "merchant_id", postgresql_where=text("bill_no <> ''")),
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    merchant_order_no: Mapped[str]
    bill_no: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    pay_time: Mapped[datetime]
    business_date: Mapped[date]
    version: Mapped[int]
    traceparent: Mapped[str]
    first_sequence: Mapped[int] = mapped_column(server_default=text("0"))
    fee_minor: Mapped[int | None]


class UnpaidPaymentRow(Base):
    """A payment that has not succeeded, or will not: the channel may have its money. It goes when it succeeds."""

    __tablename__ = "unpaid_payments"
    __table_args__ = (
        *(
            Index(f"unpaid_payments_{name}_idx", name, "channel", postgresql_where=text(f"{name} <> ''"))
            for name in ("channel_txn_no", "merchant_order_no")
        ),
        Index(None, "create_time"),
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    bill_no: Mapped[str]
    currency_code: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    create_time: Mapped[datetime]
    first_sequence: Mapped[int]
    version: Mapped[int]


class RefundRow(Base):
    """The mirror: money of a payment that goes back, as the feed last told it.

    `at_time` is when it succeeded or failed, before that when it was asked for.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        Index(None, "channel", "at_time"),
        Index(None, "payment_id"),
    )
    refund_id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str]
    merchant_id: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_refund_no: Mapped[str]
    merchant_refund_no: Mapped[str]
    bill_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    state: Mapped[str]
    at_time: Mapped[datetime]
    first_sequence: Mapped[int]
    version: Mapped[int]
    traceparent: Mapped[str]
