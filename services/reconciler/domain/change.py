"""Changes of exceptions, as others are told them. It tells nobody."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.money import Money
from services.reconciler.domain.clearing import ExceptionState
from services.reconciler.domain.exception_class import ExceptionClass


class ChangeKind(StrEnum):
    """What happened; the names are those of the contract's ExceptionChange.Kind."""

    OPENED = "OPENED"
    ASSIGNED = "ASSIGNED"
    CONFIRMED = "CONFIRMED"
    RESOLVED = "RESOLVED"
    REOPENED = "REOPENED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedChange:
    """A change in its place in the feed, with where the exception was after it and what of it never changes.

    `merchant_id` is empty unless all that the books have of it is one merchant's. Amounts are None where that side has
    nothing, and `line_no` where the channel has no line.
    """

    sequence: int
    kind: ChangeKind
    exception_id: str
    run_id: str
    channel: str
    business_date: date
    exception_class: ExceptionClass
    state: ExceptionState
    payment_id: str
    statement_id: str
    line_no: int | None
    merchant_id: str
    merchant_order_no: str
    book_amount: Money | None
    channel_amount: Money | None
    resolved_by_run_id: str
    carried_from_exception_id: str
    change_time: datetime
    trace_id: str
