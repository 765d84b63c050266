"""A payment, what a caller tells of it, and the rules for taking it in. It never decides what reconciliation finds."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum, auto

from chassis.money import Money
from services.payments.domain.business_day import business_date

PAY_TIME_AHEAD_MAX = timedelta(minutes=15)
# Before any channel that we know of; an earlier time is a field that was left at zero.
PAY_TIME_MIN = datetime(2000, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """Where a payment is in its life; the contract's Payment.State."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class ReconciliationState(StrEnum):
    """What reconciliation says of a payment; the contract's Payment.ReconciliationState."""

    PENDING = "PENDING"
    MATCHED = "MATCHED"
    EXCEPTION = "EXCEPTION"


@dataclass(frozen=True, slots=True)
class PaymentContent:
    """What a caller tells of a payment. It never changes, and two requests are the same when it is equal."""

    merchant_id: str
    merchant_order_no: str
    bill_no: str
    channel: str
    channel_txn_no: str
    amount: Money
    pay_time: datetime
    payer_name: str

    def __post_init__(self) -> None:
        assert self.amount.amount_minor > 0, "the contract lets no amount below 1 through"
        assert self.pay_time.tzinfo is not None, "an instant has a zone"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is at one `version`. `traceparent` is of the span that recorded it; empty when not traced."""

    payment_id: str
    content: PaymentContent
    state: State
    reconciliation_state: ReconciliationState
    business_date: date
    create_time: datetime
    version: int
    traceparent: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one change made of a payment; `run_id` is the run that it comes from, empty when from none."""

    payment_id: str
    version: int
    state: State
    reconciliation_state: ReconciliationState
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change as the feed tells it: the payment as the change left it, and the run that it comes from, if any."""

    sequence: int
    payment: Payment
    run_id: str


class PayTimeFault(Enum):
    """Why a pay_time cannot be."""

    AHEAD = auto()
    UNSET = auto()


def judge_pay_time(pay_time: datetime, now: datetime) -> PayTimeFault | None:
    """A payment that has succeeded was paid by now, give or take the clocks."""
    if pay_time > now + PAY_TIME_AHEAD_MAX:
        return PayTimeFault.AHEAD
    if pay_time < PAY_TIME_MIN:
        return PayTimeFault.UNSET
    return None


def succeeded_payment(content: PaymentContent, payment_id: str, now: datetime, traceparent: str) -> Payment:
    """The first version of a payment that has succeeded at its channel."""
    return Payment(
        payment_id=payment_id,
        content=content,
        state=State.SUCCEEDED,
        reconciliation_state=ReconciliationState.PENDING,
        business_date=business_date(content.channel, content.pay_time),
        create_time=now,
        version=1,
        traceparent=traceparent,
    )


def first_change(payment: Payment) -> Change:
    """The change that made the payment."""
    assert payment.version == 1, "only the first version is made by taking in"
    return Change(payment.payment_id, payment.version, payment.state, payment.reconciliation_state)


def differing_fields(one: PaymentContent, other: PaymentContent) -> tuple[str, ...]:
    """The contract's names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(PaymentContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
