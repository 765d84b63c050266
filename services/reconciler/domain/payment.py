"""Payments and refunds as the mirror keeps them: what matching needs and no more, so never who paid."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.money import Money


@dataclass(frozen=True, slots=True)
class MirroredPayment:
    """A payment that has succeeded; ids sort by the time of their making."""

    payment_id: str
    merchant_id: str
    merchant_order_no: str
    bill_no: str  # "" when the order is the bill
    channel: str
    channel_txn_no: str
    amount: Money
    pay_time: datetime  # aware
    business_date: date
    version: int
    traceparent: str  # "" when it was not traced
    fee_minor: int | None = None  # what the channel keeps, in the payment's currency; None when the books do not know


@dataclass(frozen=True, slots=True)
class MirroredRefund:
    """Money of a payment that goes back. `version` is the payment's with the change that told it."""

    refund_id: str
    payment_id: str
    merchant_id: str
    channel: str
    channel_txn_no: str  # the payment's
    merchant_order_no: str  # the payment's
    channel_refund_no: str  # "" until the channel told one
    merchant_refund_no: str
    bill_no: str
    amount: Money  # above zero
    state: str  # as payments names it
    at_time: datetime  # when it succeeded or failed, before that when it was asked for; aware
    version: int
    traceparent: str


@dataclass(frozen=True, slots=True)
class UnpaidPayment:
    """A payment that has not succeeded, or will not; a channel that has its money differs from our books."""

    payment_id: str
    merchant_id: str
    merchant_order_no: str
    bill_no: str
    channel: str
    channel_txn_no: str  # "" until the channel told one
    amount: Money
    state: str  # as payments names it
    create_time: datetime  # aware
    first_sequence: int
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a payment that has succeeded, at its place in the feed."""

    sequence: int
    payment: MirroredPayment
    refund: MirroredRefund | None = None  # set when the change is a refund's
    is_echo: bool = False  # it only says what we told payments: nothing of it is mirrored
