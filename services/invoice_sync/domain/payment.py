"""A payment as invoice_sync follows it. Payments owns it; here it only answers whether an invoice is due."""

from dataclasses import dataclass, replace
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
    """What the feed told of it last. `traceparent` is of the trace in which it was recorded; it may be empty.

    Of its amount, `refunded_minor` minor units went back (refunds, reversals, chargebacks), and
    `refund_reserved_minor` are reserved for refunds that are not decided.
    """

    payment_id: str
    merchant_id: str
    merchant_order_no: str
    amount: Money
    state: PaymentState
    reconciliation_state: ReconciliationState
    version: int
    traceparent: str
    refunded_minor: int = 0
    refund_reserved_minor: int = 0

    @property
    def left(self) -> Money:
        """What neither went back nor may still go back; below zero only where the feed makes no sense."""
        gone_minor = self.refunded_minor + self.refund_reserved_minor
        return Money(self.amount.currency_code, self.amount.amount_minor - gone_minor)

    def only(self, left_minor: int) -> "Payment":
        """The payment as one of which only so many minor units are left."""
        left = Money(self.amount.currency_code, left_minor)
        return replace(self, amount=left, refunded_minor=0, refund_reserved_minor=0)


@dataclass(frozen=True, slots=True)
class PaymentChange:
    """One change in the feed; `sequence` is dense, from 1."""

    sequence: int
    payment: Payment
