"""The tables of the payments service, and how their rows read as values. No query stands here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database
from chassis.money import Money
from services.payments.domain.payment import NumberedChange, Payment, PaymentContent, ReconciliationState, State
from services.payments.domain.reconciliation import Fact

METADATA = database.metadata()


class Base(DeclarativeBase):
    """What the tables have in common: text and instants are PostgreSQL's own, whole numbers have 64 bits."""

    metadata = METADATA
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        date: Date,
        bytes: LargeBinary,
    }


class PaymentRow(Base):
    """A payment as it is now. `reconcile_time` is when the fact that reconciliation_state shows was decided."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("merchant_id", "merchant_order_no"),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "create_time", "payment_id"),
        Index(None, "merchant_id", "create_time", "payment_id"),
        Index(None, "channel", "business_date"),
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
    payer_name: Mapped[str]
    state: Mapped[str]
    reconciliation_state: Mapped[str]
    reconcile_time: Mapped[datetime | None]
    business_date: Mapped[date]
    create_time: Mapped[datetime]
    version: Mapped[int]
    traceparent: Mapped[str]


class RequestRow(Base):
    """A request_id that was answered, and with which payment."""

    __tablename__ = "requests"
    request_id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.payment_id"))
    create_time: Mapped[datetime]


class ReconciliationRow(Base):
    """What a run decided about a payment; never changed."""

    __tablename__ = "reconciliations"
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.payment_id"), primary_key=True)
    run_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    exception_class: Mapped[str]
    decide_time: Mapped[datetime]
    create_time: Mapped[datetime]


class FeedRow(Base):
    """A change of a payment, with what it made of it. `sequence` is empty until it was committed and numbered."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("sequence"),
        UniqueConstraint("payment_id", "version"),
        Index("feed_unnumbered_idx", "id", postgresql_where=text("sequence IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sequence: Mapped[int | None]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.payment_id"))
    version: Mapped[int]
    state: Mapped[str]
    reconciliation_state: Mapped[str]
    run_id: Mapped[str]


class FeedHeadRow(Base):
    """The highest sequence that was given; one row, whose lock is the right to number."""

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("single_row", name="single_row"),)
    single_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    sequence: Mapped[int]


def payment_columns(payment: Payment) -> dict[str, object]:
    """The columns of a payment that is taken in."""
    content = payment.content
    return {
        "payment_id": payment.payment_id,
        "merchant_id": content.merchant_id,
        "merchant_order_no": content.merchant_order_no,
        "bill_no": content.bill_no,
        "channel": content.channel,
        "channel_txn_no": content.channel_txn_no,
        "currency_code": content.amount.currency_code,
        "amount_minor": content.amount.amount_minor,
        "pay_time": content.pay_time,
        "payer_name": content.payer_name,
        "state": payment.state.value,
        "reconciliation_state": payment.reconciliation_state.value,
        "business_date": payment.business_date,
        "create_time": payment.create_time,
        "version": payment.version,
        "traceparent": payment.traceparent,
    }


def to_payment(row: PaymentRow) -> Payment:
    """The payment in a row."""
    content = PaymentContent(
        merchant_id=row.merchant_id,
        merchant_order_no=row.merchant_order_no,
        bill_no=row.bill_no,
        channel=row.channel,
        channel_txn_no=row.channel_txn_no,
        amount=Money(row.currency_code, row.amount_minor),
        pay_time=row.pay_time,
        payer_name=row.payer_name,
    )
    return Payment(
        payment_id=row.payment_id,
        content=content,
        state=State(row.state),
        reconciliation_state=ReconciliationState(row.reconciliation_state),
        business_date=row.business_date,
        create_time=row.create_time,
        version=row.version,
        traceparent=row.traceparent,
    )


def to_numbered_change(feed: FeedRow, row: PaymentRow) -> NumberedChange:
    """A change, with the payment as the change left it: what cannot change is read from the payment's row."""
    assert feed.sequence is not None, "only numbered changes are told"
    left = replace(
        to_payment(row),
        state=State(feed.state),
        reconciliation_state=ReconciliationState(feed.reconciliation_state),
        version=feed.version,
    )
    return NumberedChange(feed.sequence, left, feed.run_id)


def to_fact(row: ReconciliationRow) -> Fact:
    """The fact in a row."""
    outcome = ReconciliationState(row.outcome)
    return Fact(row.payment_id, row.run_id, outcome, row.exception_class, row.decide_time)
