"""A bill: what a customer owes, and how far it is paid. It asks no clock and reads no payment: it is told the sums."""

import dataclasses
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money

# A merchant's number for what is owed is unique within the merchant.
BillKey = tuple[str, str]


class BillState(StrEnum):
    """How far a bill is paid; the contract's Bill.State."""

    UNPAID = "UNPAID"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    RECONCILED = "RECONCILED"
    OVERPAID = "OVERPAID"
    CANCELLED = "CANCELLED"


OWED = (BillState.UNPAID, BillState.PARTLY_PAID)


class Category(StrEnum):
    """What is owed for; the contract's Bill.Category."""

    WATER = "WATER"
    ELECTRICITY = "ELECTRICITY"
    GAS = "GAS"
    HEATING = "HEATING"
    PROPERTY = "PROPERTY"
    TELECOM = "TELECOM"
    TUITION = "TUITION"
    MEDICAL = "MEDICAL"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class BillContent:
    """What a merchant tells of a bill. It never changes, and two requests are the same when it is equal."""

    merchant_id: str
    bill_no: str
    category: Category
    description: str
    amount: Money
    due_date: date | None
    payer_account: str
    payer_name: str

    def __post_init__(self) -> None:
        assert self.amount.amount_minor > 0, "the contract lets no amount below 1 through"

    @property
    def key(self) -> BillKey:
        """What is unique for ever."""
        return self.merchant_id, self.bill_no


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it is at one `version`. `paid` is what counts; `reconciled` the part of it that statements confirm."""

    content: BillContent
    state: BillState
    paid: Money
    reconciled: Money
    create_time: datetime
    cancel_time: datetime | None
    cancel_reason: str
    version: int

    @property
    def due(self) -> Money:
        """What is still to pay; zero when nothing is."""
        owed = 0 if self.state is BillState.CANCELLED else self.content.amount.amount_minor - self.paid.amount_minor
        return Money(self.content.amount.currency_code, max(owed, 0))


@dataclass(frozen=True, slots=True)
class Reused:
    """The number is taken by a bill that differs in these fields."""

    key: BillKey
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotCancellable:
    """So much was paid for it that counts."""

    paid: Money


def new_bill(content: BillContent, now: datetime) -> Bill:
    """A bill that was just told, before any payment is looked at."""
    nothing = Money.zero(content.amount.currency_code)
    return Bill(content, BillState.UNPAID, nothing, nothing, now, None, "", 1)


def settled(bill: Bill, paid: Money, reconciled: Money) -> Bill | None:
    """The bill after its payments changed to these sums; None when that changes nothing.

    A cancelled bill stays cancelled whatever is paid for it: the money is a case to refund.
    """
    assert 0 <= reconciled.amount_minor <= paid.amount_minor, "what is confirmed was paid"
    if (paid, reconciled) == (bill.paid, bill.reconciled):
        return None
    state = bill.state if bill.state is BillState.CANCELLED else state_of(bill.content.amount, paid, reconciled)
    return replace(bill, state=state, paid=paid, reconciled=reconciled, version=bill.version + 1)


def state_of(amount: Money, paid: Money, reconciled: Money) -> BillState:
    """How far a bill that is not cancelled is paid."""
    owed, given = amount.amount_minor, paid.amount_minor
    if given == 0:
        return BillState.UNPAID
    if given < owed:
        return BillState.PARTLY_PAID
    if given > owed:
        return BillState.OVERPAID
    return BillState.RECONCILED if reconciled == paid else BillState.PAID


def judge_repeat(told: BillContent, kept: BillContent) -> Reused | None:
    """Whether a number that is taken was told with other content."""
    fields = differing_fields(told, kept)
    return Reused(kept.key, fields) if fields else None


def cancelled(bill: Bill, reason: str, now: datetime) -> Bill | NotCancellable:
    """The bill without its claim. A bill that was cancelled before stays as it is."""
    if bill.state is BillState.CANCELLED:
        return bill
    if bill.paid.amount_minor:
        return NotCancellable(bill.paid)
    state = BillState.CANCELLED
    return replace(bill, state=state, cancel_time=now, cancel_reason=reason, version=bill.version + 1)


def differing_fields(one: BillContent, other: BillContent) -> tuple[str, ...]:
    """The contract's names of the fields in which two contents differ, in the contract's order."""
    names = [field.name for field in dataclasses.fields(BillContent)]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))
