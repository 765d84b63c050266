"""A payment as the mirror keeps it: what matching needs and no more, so never who paid."""

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


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a payment that has succeeded, at its place in the feed."""

    sequence: int
    payment: MirroredPayment
