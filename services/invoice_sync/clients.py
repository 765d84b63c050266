"""Calls to other services: the payment feed. It keeps no cursor and writes nothing."""

from collections.abc import AsyncGenerator

import grpc
from bihuan.payments.v1 import feed_pb2, payment_feed_service_pb2, payment_feed_service_pb2_grpc, payment_pb2

from chassis import channel
from chassis.errors import Fault, Kind, from_rpc_error
from chassis.money import Money
from services.invoice_sync.domain.payment import Payment, PaymentChange, PaymentState, ReconciliationState

_TIMEOUT_SECONDS = 30.0
_BATCH = 200


def connect(target: str) -> grpc.aio.Channel:
    """A channel to payments."""
    described = payment_feed_service_pb2.DESCRIPTOR.services_by_name["PaymentFeedService"]
    return channel.connect(target, [described], _TIMEOUT_SECONDS)


class PaymentFeed:
    """The feed of payments, read through a channel that someone else closes."""

    def __init__(self, payments: grpc.aio.Channel) -> None:
        self._stub = payment_feed_service_pb2_grpc.PaymentFeedServiceStub(payments)

    async def changes(self, from_sequence: int) -> AsyncGenerator[PaymentChange, None]:
        """The changes from a sequence on, in order, until there are no more.

        Raises Fault as payments gives it, and INTERNAL when the feed has a gap: what is skipped would never come again.
        """
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(from_sequence=from_sequence, batch_size=_BATCH)
        expected = from_sequence
        call = self._stub.StreamPaymentChanges(request)
        try:
            async for answer in call:
                for change in answer.changes:
                    if change.sequence != expected:
                        raise _gap(expected, change.sequence)
                    yield _change(change)
                    expected += 1
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        finally:
            call.cancel()


def _change(change: feed_pb2.PaymentChange) -> PaymentChange:
    payment = change.payment
    return PaymentChange(
        change.sequence,
        Payment(
            payment_id=payment.payment_id,
            merchant_id=payment.merchant_id,
            merchant_order_no=payment.merchant_order_no,
            amount=Money(payment.amount.currency_code, payment.amount.amount_minor),
            state=PaymentState(payment_pb2.Payment.State.Name(payment.state).removeprefix("STATE_")),
            reconciliation_state=ReconciliationState(
                payment_pb2.Payment.ReconciliationState.Name(payment.reconciliation_state).removeprefix(
                    "RECONCILIATION_STATE_"
                )
            ),
            version=payment.version,
            traceparent=change.traceparent,
        ),
    )


def _gap(expected: int, got: int) -> Fault:
    return Fault(
        Kind.INTERNAL,
        "INTERNAL",
        f"the payment feed has a gap: expected sequence {expected}, got {got}",
        f"支付变更流出现缺口：应为 {expected}，实为 {got}",
    )
