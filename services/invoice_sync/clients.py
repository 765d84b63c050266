"""Calls to other services: the payment feed. It keeps no cursor and writes nothing."""

from collections.abc import AsyncGenerator, Iterable, Sequence

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

    async def batches(self, from_sequence: int) -> AsyncGenerator[Sequence[PaymentChange], None]:
        """The changes from a sequence on, in order, as the feed batches them, until there are no more.

        Raises Fault as payments gives it, INTERNAL when the feed has a gap (what is skipped would never come again),
        and ValueError when a change makes no sense; what came before it is yielded first.
        """
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(from_sequence=from_sequence, batch_size=_BATCH)
        expected = from_sequence
        call = self._stub.StreamPaymentChanges(request)
        try:
            async for answer in call:
                batch, fault = _read(answer.changes, expected)
                if batch:
                    yield batch
                    expected += len(batch)
                if fault:
                    raise fault
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        finally:
            call.cancel()


def _read(
    told: Iterable[feed_pb2.PaymentChange], expected: int
) -> tuple[Sequence[PaymentChange], Fault | ValueError | None]:
    batch: list[PaymentChange] = []
    for change in told:
        if change.sequence != expected + len(batch):
            return batch, _gap(expected + len(batch), change.sequence)
        try:
            batch.append(_change(change))
        except ValueError as fault:
            return batch, fault
    return batch, None


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
            refunded_minor=payment.refunded_amount.amount_minor,
            refund_reserved_minor=payment.refund_reserved_amount.amount_minor,
        ),
    )


def _gap(expected: int, got: int) -> Fault:
    return Fault(
        Kind.INTERNAL,
        "INTERNAL",
        f"the payment feed has a gap: expected sequence {expected}, got {got}",
        f"支付变更流出现缺口：应为 {expected}，实为 {got}",
    )
