"""A payment, what a caller tells of it, and the rules for taking it in. It never decides what reconciliation finds."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum, auto

from chassis.money import Money
from services.payments.domain.business_day import business_date
from services.payments.domain.fee import Fee
from services.payments.domain.slice_manifest import SliceLine
from services.payments.domain.split import Split

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


class Origin(StrEnum):
    """How a payment came to be known here; the contract's Payment.Origin."""

    RECORDED = "RECORDED"
    STARTED_HERE = "STARTED_HERE"


class ChangeKind(StrEnum):
    """What sort of fact made a change; the contract's PaymentChange.Kind."""

    PAYMENT = "PAYMENT"
    RECONCILIATION = "RECONCILIATION"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_WON = "CHARGEBACK_WON"


@dataclass(frozen=True, slots=True)
class PaymentContent:
    """What a caller tells of a payment, and what its channel tells when it has the money.

    Two requests are the same when it is equal. `channel_txn_no` is empty and `pay_time` None until the channel has
    the money: of a payment that is recorded never, of one that is started here at first.
    """

    merchant_id: str
    merchant_order_no: str
    bill_no: str
    channel: str
    channel_txn_no: str
    amount: Money
    pay_time: datetime | None
    payer_name: str
    splits: tuple[Split, ...] = ()

    def __post_init__(self) -> None:
        assert self.amount.amount_minor > 0, "the contract lets no amount below 1 through"
        assert self.pay_time is None or self.pay_time.tzinfo is not None, "an instant has a zone"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is at one `version`. `traceparent` is of the span that took it in; empty when not traced.

    `business_date` is None until the channel has the money, `fee` also when no rule applied. `cause` is why it
    failed or was closed. In minor units of its currency, `refunded_minor` went back and refunds under way may take
    `refund_reserved_minor` more.
    """

    payment_id: str
    content: PaymentContent
    state: State
    reconciliation_state: ReconciliationState
    business_date: date | None
    create_time: datetime
    version: int
    traceparent: str
    origin: Origin = Origin.RECORDED
    cause: str = ""
    expire_time: datetime | None = None
    fee: Fee | None = None
    refunded_minor: int = 0
    refund_reserved_minor: int = 0

    def __post_init__(self) -> None:
        assert self.refundable_minor >= 0, "more goes back than was paid"

    @property
    def refundable_minor(self) -> int:
        """What is left to refund: nothing until the channel has the money."""
        if self.state is not State.SUCCEEDED:
            return 0
        return self.content.amount.amount_minor - self.refunded_minor - self.refund_reserved_minor


@dataclass(frozen=True, slots=True)
class Change:
    """What one change made of a payment, by which sort of fact; `ref_id` is the fact, empty for the payment itself.

    `line` is set when this change brought the money in: what the manifest of the day counts.
    """

    payment_id: str
    version: int
    state: State
    reconciliation_state: ReconciliationState
    refunded_minor: int
    refund_reserved_minor: int
    kind: ChangeKind = ChangeKind.PAYMENT
    ref_id: str = ""
    line: SliceLine | None = None


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change as the feed tells it: the payment as the change left it, and the fact that made it."""

    sequence: int
    payment: Payment
    kind: ChangeKind
    ref_id: str


@dataclass(frozen=True, slots=True)
class Success:
    """What a channel tells of money that it has."""

    channel_txn_no: str
    pay_time: datetime
    fee: Fee | None


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


def succeeded_payment(
    content: PaymentContent, payment_id: str, now: datetime, traceparent: str, fee: Fee | None = None
) -> Payment:
    """The first version of a payment that has succeeded at its channel."""
    assert content.pay_time is not None, "what has succeeded was paid"
    return Payment(
        payment_id=payment_id,
        content=content,
        state=State.SUCCEEDED,
        reconciliation_state=ReconciliationState.PENDING,
        business_date=business_date(content.channel, content.pay_time),
        create_time=now,
        version=1,
        traceparent=traceparent,
        fee=fee,
    )


def first_change(payment: Payment) -> Change:
    """The change that made the payment."""
    assert payment.version == 1, "only the first version is made by taking in"
    return change_of(payment, brought_money=payment.state is State.SUCCEEDED)


def change_of(
    payment: Payment, kind: ChangeKind = ChangeKind.PAYMENT, ref_id: str = "", *, brought_money: bool = False
) -> Change:
    """The change that left the payment as it now is. `brought_money`: by it, and by no other, the channel got it."""
    return Change(
        payment_id=payment.payment_id,
        version=payment.version,
        state=payment.state,
        reconciliation_state=payment.reconciliation_state,
        refunded_minor=payment.refunded_minor,
        refund_reserved_minor=payment.refund_reserved_minor,
        kind=kind,
        ref_id=ref_id,
        line=line_of(payment) if brought_money else None,
    )


def as_left(payment: Payment, change: Change) -> Payment:
    """The payment as an earlier change of it left it: what came only later is taken away again."""
    paid = change.state is State.SUCCEEDED
    ended = change.state in (State.FAILED, State.CLOSED)
    content = payment.content
    if not paid:
        content = dataclasses.replace(content, channel_txn_no="", pay_time=None)
    return dataclasses.replace(
        payment,
        content=content,
        state=change.state,
        reconciliation_state=change.reconciliation_state,
        business_date=payment.business_date if paid else None,
        version=change.version,
        cause=payment.cause if ended else "",
        fee=payment.fee if paid else None,
        refunded_minor=change.refunded_minor,
        refund_reserved_minor=change.refund_reserved_minor,
    )


def differing_fields(one: PaymentContent, other: PaymentContent) -> tuple[str, ...]:
    """The contract's names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(PaymentContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))


def line_of(payment: Payment) -> SliceLine:
    """What the manifest of its day counts of a payment whose money came in."""
    content = payment.content
    assert payment.business_date is not None, "money that came in came on a day"
    return SliceLine(
        payment.payment_id,
        content.merchant_order_no,
        content.channel,
        content.channel_txn_no,
        payment.business_date,
        content.amount,
    )
