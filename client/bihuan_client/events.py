"""Which message each type of event is.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from collections.abc import Mapping
from typing import TypeAlias

from .gateway.webhook_event import ExceptionEvent, InvoiceEvent, PaymentEvent, TestEvent

Event: TypeAlias = ExceptionEvent | InvoiceEvent | PaymentEvent | TestEvent

EVENTS: Mapping[str, type[Event]] = {
    "payment.succeeded": PaymentEvent,
    "payment.failed": PaymentEvent,
    "payment.closed": PaymentEvent,
    "payment.refunded": PaymentEvent,
    "payment.reversed": PaymentEvent,
    "payment.charged_back": PaymentEvent,
    "payment.chargeback_won": PaymentEvent,
    "payment.matched": PaymentEvent,
    "payment.mismatched": PaymentEvent,
    "payment.unmatched": PaymentEvent,
    "invoice.requested": InvoiceEvent,
    "invoice.accepted": InvoiceEvent,
    "invoice.booked": InvoiceEvent,
    "invoice.confirmed": InvoiceEvent,
    "invoice.failed": InvoiceEvent,
    "invoice.missing": InvoiceEvent,
    "invoice.voided": InvoiceEvent,
    "invoice.corrected": InvoiceEvent,
    "invoice.resumed": InvoiceEvent,
    "exception.opened": ExceptionEvent,
    "exception.assigned": ExceptionEvent,
    "exception.confirmed": ExceptionEvent,
    "exception.resolved": ExceptionEvent,
    "exception.reopened": ExceptionEvent,
    "webhook.test": TestEvent,
}
