"""The feed of payments as the audit is compared with it: which of its changes only a call brings about."""

from collections.abc import AsyncGenerator
from datetime import UTC

import grpc
from bihuan.payments.v1 import (
    feed_pb2,
    import_service_pb2,
    payment_feed_service_pb2,
    payment_feed_service_pb2_grpc,
    payment_service_pb2,
)

from chassis import telemetry
from services.gateway.audit_found import Told
from services.gateway.domain.deed import Deed, FoundIn
from services.gateway.webhook_feed import CHANGES_AT_ONCE, faults

_KIND = feed_pb2.PaymentChange.Kind
_PAYMENTS = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]
_IMPORTS = import_service_pb2.DESCRIPTOR.services_by_name["ImportService"]


class PaymentDeeds:
    """What payments tells, through a channel that someone else closes."""

    found_in = FoundIn("payments", "bihuan.payments.v1.PaymentFeedService.StreamPaymentChanges")
    of_many = frozenset(
        {
            _PAYMENTS.methods_by_name["BatchCreatePayments"].full_name,
            _IMPORTS.methods_by_name["ImportPayments"].full_name,
        }
    )

    def __init__(self, payments: grpc.aio.Channel) -> None:
        self._feed = payment_feed_service_pb2_grpc.PaymentFeedServiceStub(payments)

    async def changes(self, from_sequence: int) -> AsyncGenerator[list[Told]]:
        """The feed from a sequence to its present end. Close the iterator to leave it early."""
        request = payment_feed_service_pb2.StreamPaymentChangesRequest(
            from_sequence=from_sequence, batch_size=CHANGES_AT_ONCE
        )
        call = self._feed.StreamPaymentChanges(request)
        try:
            with faults():
                async for answer in call:
                    yield [Told(change.sequence, _deed(change)) for change in answer.changes]
        finally:
            call.cancel()

    async def end(self) -> int:
        """The sequence after the last that the feed has given; a manifest tells it, whatever day is asked for."""
        request = payment_feed_service_pb2.GetSliceManifestRequest(channel="none", business_date="2000-01-01")
        with faults():
            return (await self._feed.GetSliceManifest(request)).manifest.max_sequence + 1


def _deed(change: feed_pb2.PaymentChange) -> Deed | None:
    """The making of a payment; what becomes of it later a channel may have brought about, or a run."""
    payment, trace_id = change.payment, telemetry.trace_id_of(change.traceparent)
    if change.kind != _KIND.KIND_PAYMENT or payment.version != 1 or not trace_id:
        return None
    ids = (payment.payment_id, payment.merchant_order_no)
    return Deed(payment.create_time.ToDatetime(tzinfo=UTC), trace_id, ids)
