"""Payments, and how a row reads as a value. No query stands here."""

from datetime import date, datetime
from types import SimpleNamespace

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.money import Money
from services.payments.domain.fee import Fee
from services.payments.domain.payment import Origin, Payment, PaymentContent, ReconciliationState, State
from services.payments.domain.split import Split
from services.payments.tables.base import MONTHLY, Base

_NONE_YET = text("0")


class PaymentRow(Base):
    """A payment as it is now. `reconcile_time` is when the fact that reconciliation_state shows was decided.

    `channel_txn_no` is empty, and pay_time, business_date and the fee are null, until the channel has the money; so
    is the fee when no rule applied. `splits` is a list of {"bill_no", "amount_minor"}. `uncovered_minor` is what
    channels took back though it had gone back, or was reserved to, already.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint(
            "refunded_minor >= 0 AND refund_reserved_minor >= 0"
            " AND refunded_minor + refund_reserved_minor <= amount_minor",
            name="refundable",
        ),
        CheckConstraint(
            "state <> 'SUCCEEDED' OR (pay_time IS NOT NULL AND business_date IS NOT NULL AND channel_txn_no <> '')",
            name="succeeded",
        ),
        Index(None, "merchant_id", "payment_id"),
        Index(None, "channel", "business_date", "payment_id"),
        MONTHLY,
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    merchant_order_no: Mapped[str]
    bill_no: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    pay_time: Mapped[datetime | None]
    payer_name: Mapped[str]
    splits: Mapped[list[dict[str, str | int]]] = mapped_column(JSONB, server_default=text("'[]'"))
    origin: Mapped[str]
    state: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default=text("''"))
    reconciliation_state: Mapped[str]
    reconcile_time: Mapped[datetime | None]
    business_date: Mapped[date | None]
    create_time: Mapped[datetime]
    expire_time: Mapped[datetime | None]
    fee_rule_id: Mapped[str | None]
    fee_rate_ppm: Mapped[int | None]
    fee_minor: Mapped[int | None]
    refunded_minor: Mapped[int] = mapped_column(server_default=_NONE_YET)
    refund_reserved_minor: Mapped[int] = mapped_column(server_default=_NONE_YET)
    uncovered_minor: Mapped[int] = mapped_column(server_default=_NONE_YET)
    version: Mapped[int]
    traceparent: Mapped[str]


def to_payment(row: PaymentRow | SimpleNamespace) -> Payment:
    """The payment in a row, or in what has a row's columns."""
    code = row.currency_code
    content = PaymentContent(
        merchant_id=row.merchant_id,
        merchant_order_no=row.merchant_order_no,
        bill_no=row.bill_no,
        channel=row.channel,
        channel_txn_no=row.channel_txn_no,
        amount=Money(code, row.amount_minor),
        pay_time=row.pay_time,
        payer_name=row.payer_name,
        splits=tuple(Split(str(one["bill_no"]), Money(code, int(one["amount_minor"]))) for one in row.splits),
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
        origin=Origin(row.origin),
        cause=row.cause,
        expire_time=row.expire_time,
        fee=_to_fee(row),
        refunded_minor=row.refunded_minor,
        refund_reserved_minor=row.refund_reserved_minor,
    )


def _to_fee(row: PaymentRow | SimpleNamespace) -> Fee | None:
    if row.fee_rule_id is None or row.fee_rate_ppm is None or row.fee_minor is None:
        return None
    return Fee(row.fee_rule_id, row.fee_rate_ppm, Money(row.currency_code, row.fee_minor))
