"""The feed of payments as webhooks follow it, and the events that its changes are. It keeps no place in it."""

import functools
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime

import grpc
from bihuan.gateway.v1 import webhook_event_pb2
from bihuan.payments.v1 import (
    feed_pb2,
    payment_feed_service_pb2,
    payment_feed_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    refund_pb2,
)

from services.gateway.domain.webhook import Event
from services.gateway.webhook_events import event_of, timestamp
from services.gateway.webhook_feed import CHANGES_AT_ONCE, Batch, Change, faults

REFUNDED = "payment.refunded"
_KIND = feed_pb2.PaymentChange.Kind
_STATE = payment_pb2.Payment.State
_RECONCILIATION = payment_pb2.Payment.ReconciliationState
_OF_STATE: Mapping[int, str] = {
    _STATE.STATE_SUCCEEDED: "payment.succeeded",
    _STATE.STATE_FAILED: "payment.failed",
    _STATE.STATE_CLOSED: "payment.closed",
}
_OF_RECONCILIATION: Mapping[int, str] = {
    _RECONCILIATION.RECONCILIATION_STATE_MATCHED: "payment.matched",
    _RECONCILIATION.RECONCILIATION_STATE_EXCEPTION: "payment.mismatched",
    _RECONCILIATION.RECONCILIATION_STATE_PENDING: "payment.unmatched",
}
_OF_KIND: Mapping[int, str] = {
    # A refund that was asked for or failed is no event, which is seen when the event is made.
    _KIND.KIND_REFUND: REFUNDED,
    _KIND.KIND_REVERSAL: "payment.reversed",
    _KIND.KIND_CHARGEBACK: "payment.charged_back",
    _KIND.KIND_CHARGEBACK_WON: "payment.chargeback_won",
}


class PaymentsFeed:
    """What payments tells, through a channel that someone else closes."""

    name = "payments"

    def __init__(self, payments: grpc.aio.Channel) -> None:
        self._feed = payment_feed_service_pb2_grpc.PaymentFeedServiceStub(payments)
        self._payments = payment_service_pb2_grpc.PaymentServiceStub(payments)

    async def batches(self, from_sequence: int) -> AsyncGenerator[Batch]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(
            from_sequence=from_sequence, batch_size=CHANGES_AT_ONCE
        )
        call = self._feed.StreamPaymentChanges(request)
        try:
            with faults():
                async for answer in call:
                    yield Batch([self._change(told) for told in answer.changes])
        finally:
            call.cancel()

    async def end(self) -> int:
        """The sequence after the last that the feed has given; a manifest tells it, whatever day is asked for."""
        request = payment_feed_service_pb2.GetSliceManifestRequest(channel="none", business_date="2000-01-01")
        with faults():
            return (await self._feed.GetSliceManifest(request)).manifest.max_sequence + 1

    def _change(self, told: feed_pb2.PaymentChange) -> Change:
        event = functools.partial(self._event, told)
        return Change(told.sequence, payment_event_type(told), told.payment.merchant_id, event)

    async def _event(self, told: feed_pb2.PaymentChange, now: datetime) -> Event | None:
        payment, origin = told.payment, str(told.sequence)
        if told.kind == _KIND.KIND_REFUND:
            if told.refund.state != refund_pb2.Refund.STATE_SUCCEEDED:
                return None
            # A refund changes its payment when it is asked for and when it succeeds, and is told once. The change may
            # be that of the asking; the payment as it stands has what the refund gave back.
            payment, origin = await self._payment(payment.payment_id), told.ref_id
        event_type = payment_event_type(told)
        body = webhook_event_pb2.PaymentEvent(
            type=event_type, timestamp=timestamp(now), data=_data(payment, told.ref_id)
        )
        origin = f"{self.name}:{event_type}:{origin}"
        return event_of(body, event_type, payment.payment_id, payment.merchant_id, origin, now)

    async def _payment(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_service_pb2.GetPaymentRequest(payment_id=payment_id)
        with faults():
            return (await self._payments.GetPayment(request)).payment


def payment_event_type(change: feed_pb2.PaymentChange) -> str:
    """The type of the event that a change of a payment is; empty when it is none."""
    if change.kind == _KIND.KIND_PAYMENT:
        return _OF_STATE.get(change.payment.state, "")
    if change.kind == _KIND.KIND_RECONCILIATION:
        return _OF_RECONCILIATION.get(change.payment.reconciliation_state, "")
    return _OF_KIND.get(change.kind, "")


def _data(payment: payment_pb2.Payment, ref_id: str) -> webhook_event_pb2.PaymentEventData:
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
