"""The tables of the stand-in channels. `pay_order` and `refund` are the book; `callback` is what merchants are told."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database

METADATA = database.metadata()
CHANNEL_NUMBER_SEQUENCE = Sequence("channel_number_seq", metadata=METADATA)


class Base(DeclarativeBase):
    """Every table below. `channel` is wechat_pay, alipay or hmac_pay; instants are those of the sandbox's clock."""

    metadata = METADATA
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        int: BigInteger,
        bool: Boolean,
        float: Double,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


class PayOrderRow(Base):
    """One for each order number of a channel. No more is ever given back, or on its way back, than was paid."""

    __tablename__ = "pay_order"
    __table_args__ = (
        UniqueConstraint("channel", "merchant_order_no"),
        CheckConstraint("refunded_minor + refunding_minor <= amount_minor", name="refunds"),
        Index(None, "settle_at", postgresql_where=text("settle_at IS NOT NULL")),
        Index(None, "expires_at", postgresql_where=text("state = 'WAITING'")),
        Index(None, "channel", "paid_at", postgresql_where=text("paid_at IS NOT NULL")),
    )

    order_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_txn_no: Mapped[str] = mapped_column(unique=True)
    amount_minor: Mapped[int]
    currency: Mapped[str]
    description: Mapped[str]
    attach: Mapped[str]
    notify_url: Mapped[str]
    expires_at: Mapped[datetime]
    state: Mapped[str]
    reason: Mapped[str]
    fee_minor: Mapped[int]
    refunded_minor: Mapped[int]
    refunding_minor: Mapped[int]
    created_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    settle_at: Mapped[datetime | None]


class RefundRow(Base):
    """One for each refund number; `scope` is the order's number where the channel has them unique within an order."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("channel", "scope", "merchant_refund_no"),
        Index(None, "order_id"),
        Index(None, "settle_at", postgresql_where=text("settle_at IS NOT NULL")),
        Index(None, "channel", "accepted_at"),
    )

    refund_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("pay_order.order_id"))
    channel: Mapped[str]
    scope: Mapped[str]
    merchant_refund_no: Mapped[str]
    channel_refund_no: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    reason: Mapped[str]
    notify_url: Mapped[str]
    state: Mapped[str]
    fails_as: Mapped[str]
    accepted_at: Mapped[datetime]
    settle_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class CallbackRow(Base):
    """One for each message to a merchant, and how its tries went; `due_at` is when it is tried next."""

    __tablename__ = "callback"
    __table_args__ = (
        Index(None, "due_at", postgresql_where=text("state IN ('WAITING', 'HELD')")),
        Index(None, "order_id"),
    )

    callback_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("pay_order.order_id"))
    channel: Mapped[str]
    event: Mapped[str]
    event_id: Mapped[str]
    url: Mapped[str]
    content: Mapped[dict[str, Any]]
    forged: Mapped[bool]
    state: Mapped[str]
    try_count: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_answer: Mapped[str]


class CallLogRow(Base):
    """One for each call whose signature held, refused or not: the witness of how often a merchant asked."""

    __tablename__ = "call_log"
    __table_args__ = (Index(None, "channel", "merchant_order_no", "subject"),)

    call_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel: Mapped[str]
    merchant_order_no: Mapped[str]
    subject: Mapped[str]
    received_at: Mapped[datetime]
    faults: Mapped[str]


class FaultPlanRow(Base):
    """A fault that was asked for; one that was taken back stays, as a record of what it did."""

    __tablename__ = "fault_plan"

    fault_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fault: Mapped[str]
    times: Mapped[int]
    channel: Mapped[str]
    merchant_order_no: Mapped[str]
    subject: Mapped[str]
    rate_ppm: Mapped[int | None]
    seed: Mapped[int]
    seconds: Mapped[float | None]
    code: Mapped[str]
    planned_at: Mapped[datetime]
    struck_count: Mapped[int]
    active: Mapped[bool]


class ClockRow(Base):
    """How far the sandbox's clock is ahead of the machine's; one row, or none while they agree."""

    __tablename__ = "clock"

    clock_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_seconds: Mapped[float]
