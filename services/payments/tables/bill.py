"""Bills, what payments are to them, and how far they have followed the payments. No query stands here."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Row, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.money import Money
from services.payments.domain.bill import Bill, BillContent, BillState, Category
from services.payments.domain.bill_payment import BillPart
from services.payments.domain.payment import ReconciliationState, State
from services.payments.tables.base import Base


class BillRow(Base):
    """A bill as it is now. The sums are in its own currency, of the payments that had a sequence up to bill_head's."""

    __tablename__ = "bills"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("0 <= reconciled_minor AND reconciled_minor <= paid_minor", name="paid_minor"),
        Index(None, "create_time", "merchant_id", "bill_no"),
        Index(None, "merchant_id", "state", "create_time", "bill_no"),
    )
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    bill_no: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str]
    description: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    due_date: Mapped[date | None]
    payer_account: Mapped[str]
    payer_name: Mapped[str]
    state: Mapped[str]
    paid_minor: Mapped[int]
    reconciled_minor: Mapped[int]
    create_time: Mapped[datetime]
    cancel_time: Mapped[datetime | None]
    cancel_reason: Mapped[str]
    version: Mapped[int]


class BillPaymentRow(Base):
    """What of a payment is for one bill number, told or not; `left_minor` is what of that was not given back.

    It is as the payment was at `version`, and outlives the payment's own row.
    """

    __tablename__ = "bill_payments"
    __table_args__ = (CheckConstraint("0 <= left_minor AND left_minor <= amount_minor", name="left_minor"),)
    merchant_id: Mapped[str] = mapped_column(primary_key=True)
    bill_no: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_order_no: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    left_minor: Mapped[int]
    state: Mapped[str]
    reconciliation_state: Mapped[str]
    pay_time: Mapped[datetime | None]
    take_time: Mapped[datetime]
    version: Mapped[int]


class BillHeadRow(Base):
    """Up to which sequence of the feed the bills have followed; one row, whose lock is the right to go on."""

    __tablename__ = "bill_head"
    __table_args__ = (CheckConstraint("single_row", name="single_row"),)
    single_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    sequence: Mapped[int]


class BillRequestRow(Base):
    """A request_id under which bills were told. What it answers is read anew by the numbers in the request."""

    __tablename__ = "bill_requests"
    __table_args__ = (Index(None, "create_time"),)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    create_time: Mapped[datetime]


def to_bill(row: BillRow | Row[*tuple[Any, ...]]) -> Bill:
    """The bill in a row, of the entity or of its plain columns."""
    content = BillContent(
        merchant_id=row.merchant_id,
        bill_no=row.bill_no,
        category=Category(row.category),
        description=row.description,
        amount=Money(row.currency_code, row.amount_minor),
        due_date=row.due_date,
        payer_account=row.payer_account,
        payer_name=row.payer_name,
    )
    return Bill(
        content=content,
        state=BillState(row.state),
        paid=Money(row.currency_code, row.paid_minor),
        reconciled=Money(row.currency_code, row.reconciled_minor),
        create_time=row.create_time,
        cancel_time=row.cancel_time,
        cancel_reason=row.cancel_reason,
        version=row.version,
    )


def to_part(row: BillPaymentRow) -> BillPart:
    """What a payment is to a bill, in a row."""
    return BillPart(
        payment_id=row.payment_id,
        merchant_order_no=row.merchant_order_no,
        bill_no=row.bill_no,
        channel=row.channel,
        channel_txn_no=row.channel_txn_no,
        amount=Money(row.currency_code, row.amount_minor),
        left=Money(row.currency_code, row.left_minor),
        state=State(row.state),
        reconciliation_state=ReconciliationState(row.reconciliation_state),
        pay_time=row.pay_time,
        take_time=row.take_time,
    )
