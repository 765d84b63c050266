"""Payments and the requests that they answered, and how their rows read as values. No query stands here."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.money import Money
from services.payments.domain.payment import Payment, PaymentContent, ReconciliationState, State
from services.payments.tables.base import Base


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
