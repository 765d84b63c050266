"""A payment as invoice_sync follows it. Payments owns it; here it only answers whether an invoice is due."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.money import Money


class PaymentState(StrEnum):
    """The contract's Payment.State."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class ReconciliationState(StrEnum):
    """The contract's Payment.ReconciliationState."""

    PENDING = "PENDING"
    MATCHED = "MATCHED"
    EXCEPTION = "EXCEPTION"


@dataclass(frozen=True, slots=True)
class Payment:
    """What the feed told of it last. `traceparent` is of the trace in which it was recorded; it may be empty."""

    payment_id: str
    merchant_id: str
    merchant_order_no: str
    amount: Money
    state: PaymentState
    reconciliation_state: ReconciliationState
    version: int
    traceparent: str


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """One change in the feed; `sequence` is dense, from 1."""

    sequence: int
    payment: Payment
