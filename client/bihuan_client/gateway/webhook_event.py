"""Webhook event: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bihuan_client.basics import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEvent:
    """Something happened to a difference between the books and a channel's statement. Those of one exception
    come in order, and may come more than once. 对账差异
    """

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: ExceptionEventData | None = None
    """The exception as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEventData:
    """An exception as events tell it; fields are named and meant as in Exception. No names are among them."""

    exception_id: str = ""
    """Ours."""

    run_id: str = ""
    """The run that found it."""

    channel: str = ""
    """The channel, such as wechat_pay. 支付渠道"""

    business_date: str = ""
    """The channel's business day that the run compared, YYYY-MM-DD. 业务日期"""

    exception_class: str = ""
    """Its class, such as PLATFORM_ONLY; the API tells the words for it."""

    state: str = ""
    """OPEN, ASSIGNED, PENDING_CONFIRMATION, CONFIRMED or RESOLVED."""

    payment_id: str = ""
    """The payment in question; empty when the books have none."""

    line_id: str = ""
    """The statement's line in question; empty when the channel has none."""

    merchant_id: str = ""
    """The merchant of all that the books have of it. Empty when they have nothing or payments of several: such
    an event goes to endpoints of all merchants alone.
    """

    merchant_order_no: str = ""
    """The merchant's order number of either. 商户订单号"""

    book_amount: Money | None = None
    """What the books say; unset when they have nothing."""

    channel_amount: Money | None = None
    """What the channel says, signed; unset when it has nothing."""

    resolved_by_run_id: str = ""
    """The run that resolved it; empty unless this change did."""

    carried_from_exception_id: str = ""
    """The exception of an earlier run of the day that this is again; empty for none."""

    sequence: int = 0
    """Rises with each change: of two events keep the exception with the higher sequence."""

    change_time: datetime | None = None
    """When it changed."""

    trace_id: str = ""
    """The trace of the payment; empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEvent:
    """Something happened to an invoice. Those of one invoice come in order, and may come more than once."""

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: InvoiceEventData | None = None
    """The invoice as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEventData:
    """An invoice as events tell it; fields are named and meant as in Invoice. No names and no tax numbers are
    among them.
    """

    invoice_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment that it is for."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    merchant_order_no: str = ""
    """The merchant's order number. 商户订单号"""

    amount: Money | None = None
    """What is invoiced, tax included."""

    sync_state: str = ""
    """READY, RETRY_WAIT, SUBMITTED, ACKED, BOOKED, CONFIRMED, INVALID, REJECTED, MISMATCH, MISSING, VOIDED,
    ABANDONED or CANCELLED.
    """

    invoice_number: str = ""
    """The authority's number; empty until it gave one. 发票号码"""

    red_number: str = ""
    """The number of the red letter that reversed it; empty when none did. 红字发票号码"""

    version: int = 0
    """The version of the document; a correction makes the next."""

    given_up: str = ""
    """Why nothing is tried any more: COUNT, AGE, DEADLINE or RESENT; empty while it goes on."""

    sequence: int = 0
    """Rises with each change: of two events keep the invoice with the higher sequence."""

    change_time: datetime | None = None
    """When it changed."""

    trace_id: str = ""
    """The trace that it belongs to; empty when it was not traced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """Something happened to a payment. Those of one payment come in order, and may come more than once."""

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: PaymentEventData | None = None
    """The payment as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEventData:
    """A payment as events tell it; fields are named and meant as in Payment. No names are among them."""

    payment_id: str = ""
    """Ours."""

    merchant_id: str = ""
    """The merchant that is paid."""

    merchant_order_no: str = ""
    """The merchant's order number. 商户订单号"""

    bill_no: str = ""
    """The bill that is paid; empty when the order is the bill. 账单号"""

    channel: str = ""
    """The channel, such as wechat_pay. 支付渠道"""

    channel_txn_no: str = ""
    """The channel's own number. 渠道流水号"""

    amount: Money | None = None
    """What was paid."""

    state: str = ""
    """CREATED, PROCESSING, SUCCEEDED, FAILED, CLOSED or UNKNOWN."""

    reconciliation_state: str = ""
    """PENDING, MATCHED or EXCEPTION."""

    refunded_amount: Money | None = None
    """What was given or taken back."""

    refundable_amount: Money | None = None
    """What is left to refund."""

    business_date: str = ""
    """YYYY-MM-DD; empty until it has succeeded. 业务日期"""

    pay_time: datetime | None = None
    """When the channel says it succeeded; unset until then."""

    version: int = 0
    """Rises with each change: of two events keep the payment with the higher version."""

    ref_id: str = ""
    """The run, refund, reversal or chargeback; empty when the payment itself changed."""

    trace_id: str = ""
    """The trace in which the payment was recorded; empty when it was not traced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEvent:
    """Nothing happened: someone pressed the test button."""

    type: str = ""
    """webhook.test."""

    timestamp: datetime | None = None
    """When the button was pressed."""

    data: TestEventData | None = None
    """Which endpoint is tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEventData:
    """What a test tells."""

    endpoint_id: str = ""
    """The endpoint."""
