"""An example of each type of event, for people who read the document. It makes up no event and sends none."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor

from services.gateway import examples
from services.gateway.domain.webhook import TEST_TYPE

_REFUND, _RUN = "rfd_01a203e639d277f8b7de3aa630022285", "run_01a203e639d277f8b7de3aa630022286"
_NUMBER = "26422000000012345678"
_PAID: Mapping[str, Any] = {
    "state": "SUCCEEDED",
    "reconciliation_state": "PENDING",
    "refunded_amount": 0,
    "ref_id": "",
    "version": 1,
}
_SENT: Mapping[str, Any] = {
    "sync_state": "READY",
    "invoice_number": "",
    "red_number": "",
    "version": 1,
    "given_up": "",
    "sequence": 1041,
}
_FOUND: Mapping[str, Any] = {
    "exception_class": "PLATFORM_ONLY",
    "state": "OPEN",
    "line_id": "",
    "channel_amount": None,
    "resolved_by_run_id": "",
    "carried_from_exception_id": "",
    "exception_id": "exc_01a203e639d277f8b7de3aa630022288",
    "sequence": 318,
}
# What the data of each type holds; a number for an amount is its minor units, None leaves a field unset.
DATA: Mapping[str, Mapping[str, Any]] = {
    "payment.succeeded": _PAID,
    "payment.failed": {**_PAID, "state": "FAILED", "pay_time": None, "business_date": "", "refundable_amount": 0},
    "payment.closed": {**_PAID, "state": "CLOSED", "pay_time": None, "business_date": "", "refundable_amount": 0},
    "payment.refunded": {**_PAID, "refunded_amount": 2_800, "refundable_amount": 10_000, "ref_id": _REFUND},
    "payment.reversed": {**_PAID, "refunded_amount": 12_800, "refundable_amount": 0, "ref_id": "rev_1"},
    "payment.charged_back": {**_PAID, "refunded_amount": 12_800, "refundable_amount": 0, "ref_id": "cbk_1"},
    "payment.chargeback_won": {**_PAID, "ref_id": "cbk_1"},
    "payment.matched": {**_PAID, "reconciliation_state": "MATCHED", "ref_id": _RUN, "version": 2},
    "payment.mismatched": {**_PAID, "reconciliation_state": "EXCEPTION", "ref_id": _RUN, "version": 2},
    "payment.unmatched": {**_PAID, "ref_id": _RUN, "version": 3},
    "invoice.requested": _SENT,
    "invoice.accepted": {**_SENT, "sync_state": "ACKED", "invoice_number": _NUMBER},
    "invoice.booked": {**_SENT, "sync_state": "BOOKED", "invoice_number": _NUMBER},
    "invoice.confirmed": {**_SENT, "sync_state": "CONFIRMED", "invoice_number": _NUMBER},
    "invoice.failed": {**_SENT, "sync_state": "REJECTED"},
    "invoice.missing": {**_SENT, "sync_state": "MISSING", "invoice_number": _NUMBER},
    "invoice.voided": {
        **_SENT,
        "sync_state": "VOIDED",
        "invoice_number": _NUMBER,
        "red_number": "26422000000012345999",
    },
    "invoice.corrected": {**_SENT, "version": 2},
    "invoice.resumed": _SENT,
    "exception.opened": _FOUND,
    "exception.assigned": {**_FOUND, "state": "ASSIGNED"},
    "exception.confirmed": {**_FOUND, "state": "CONFIRMED"},
    "exception.resolved": {**_FOUND, "state": "RESOLVED", "resolved_by_run_id": _RUN},
    "exception.reopened": _FOUND,
    TEST_TYPE: {"endpoint_id": "whe_01a203e639d277f8b7de3aa630022289"},
}


def example(event_type: str, descriptor: Descriptor) -> Any:
    """The body of an event, as a message."""
    body: Any = examples.answer(descriptor)
    body.type = event_type
    for name, value in DATA[event_type].items():
        if value is None:
            body.data.ClearField(name)
        elif body.data.DESCRIPTOR.fields_by_name[name].message_type:
            getattr(body.data, name).amount_minor = value
        else:
            setattr(body.data, name, value)
    return body
