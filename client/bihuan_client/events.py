"""Which message each type of event is.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from collections.abc import Mapping
from typing import TypeAlias

from .gateway import PaymentEvent, TestEvent

Event: TypeAlias = PaymentEvent | TestEvent

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
    "webhook.test": TestEvent,
}
