"""Events as they are sent, made of what the services' feeds tell. It reads no feed and sends nothing.

An event is a message of the contract, so that the OpenAPI document tells its body from the same source.
"""

import functools
import json
from collections.abc import Mapping
from datetime import datetime

from bihuan.gateway.v1 import webhook_event_pb2
from bihuan.options.v1 import webhook_pb2
from bihuan.payments.v1 import feed_pb2, payment_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import ids
from services.gateway.domain.webhook import TEST_TYPE, Event

_KIND = feed_pb2.PaymentChange.Kind
_STATE = payment_pb2.Payment.State
_RECONCILIATION = payment_pb2.Payment.ReconciliationState
_OF_STATE = {
    _STATE.STATE_SUCCEEDED: "payment.succeeded",
    _STATE.STATE_FAILED: "payment.failed",
    _STATE.STATE_CLOSED: "payment.closed",
}
_OF_RECONCILIATION = {
    _RECONCILIATION.RECONCILIATION_STATE_MATCHED: "payment.matched",
    _RECONCILIATION.RECONCILIATION_STATE_EXCEPTION: "payment.mismatched",
}
_OF_KIND = {
    # A refund that was asked for or failed is no event; whoever reads the feed asks which it is.
    _KIND.KIND_REFUND: "payment.refunded",
    _KIND.KIND_REVERSAL: "payment.reversed",
    _KIND.KIND_CHARGEBACK: "payment.charged_back",
    _KIND.KIND_CHARGEBACK_WON: "payment.chargeback_won",
}


@functools.cache
def known_types() -> Mapping[str, tuple[Descriptor, str]]:
    """Every type of event: the message that is its body, and when it is sent."""
    found = {}
    for message in webhook_event_pb2.DESCRIPTOR.message_types_by_name.values():
        for event in message.GetOptions().Extensions[webhook_pb2.webhook_event]:
            assert event.type not in found, f"{event.type} is told by two messages"
            found[event.type] = (message, event.summary)
    return found


def payment_event_type(change: feed_pb2.PaymentChange) -> str:
    """The type of the event that a change of a payment is; empty when it is none."""
    if change.kind == _KIND.KIND_PAYMENT:
        return _OF_STATE.get(change.payment.state, "")
    if change.kind == _KIND.KIND_RECONCILIATION:
        return _OF_RECONCILIATION.get(change.payment.reconciliation_state, "")
    return _OF_KIND.get(change.kind, "")


def payment_event(
    event_type: str, change: feed_pb2.PaymentChange, payment: payment_pb2.Payment, now: datetime
) -> Event:
    """The event of a change; `payment` is as the change left it, or newer. A refund is told once, whatever changed."""
    # A refund changes its payment when it is asked for and when it succeeds.
    origin = change.ref_id if event_type == "payment.refunded" else str(change.sequence)
    body = webhook_event_pb2.PaymentEvent(
        type=event_type, timestamp=_timestamp(now), data=_payment_data(payment, change.ref_id)
    )
    return Event(
        event_id=ids.new_id("evt"),
        event_type=event_type,
        object_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        origin=f"payments:{event_type}:{origin}",
        body=_json(body),
        create_time=now,
    )


def test_event(endpoint_id: str, now: datetime) -> Event:
    """The event of the test button."""
    event_id = ids.new_id("evt")
    body = webhook_event_pb2.TestEvent(
        type=TEST_TYPE,
        timestamp=_timestamp(now),
        data=webhook_event_pb2.TestEventData(endpoint_id=endpoint_id),
    )
    return Event(
        event_id=event_id,
        event_type=TEST_TYPE,
        # An object of its own, so that a test waits for nothing.
        object_id=event_id,
        merchant_id="",
        origin=f"test:{event_id}",
        body=_json(body),
        create_time=now,
    )


def _payment_data(payment: payment_pb2.Payment, ref_id: str) -> webhook_event_pb2.PaymentEventData:
    data = webhook_event_pb2.PaymentEventData(
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        merchant_order_no=payment.merchant_order_no,
        bill_no=payment.bill_no,
        channel=payment.channel,
        channel_txn_no=payment.channel_txn_no,
        amount=payment.amount,
        state=_STATE.Name(payment.state).removeprefix("STATE_"),
        reconciliation_state=_RECONCILIATION.Name(payment.reconciliation_state).removeprefix("RECONCILIATION_STATE_"),
        refunded_amount=payment.refunded_amount,
        refundable_amount=payment.refundable_amount,
        business_date=payment.business_date,
        version=payment.version,
        ref_id=ref_id,
        trace_id=payment.trace_id,
    )
    if payment.HasField("pay_time"):
        data.pay_time.CopyFrom(payment.pay_time)
    return data


def _timestamp(instant: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(instant)
    return made


def _json(message: Message) -> str:
    values = MessageToDict(message, always_print_fields_with_no_presence=True)
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
