"""The contract's two services of payments: each handler translates, calls one action, and translates back."""

from collections.abc import AsyncIterator

from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from bihuan.payments.v1 import payment_service_pb2 as payment_pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc

from chassis.server import RpcContext, Servicer
from services.payments import convert
from services.payments.actions import Actions
from services.payments.domain.intake import Replayed

_PAGE_SIZE_DEFAULT = 50
_BATCH_SIZE_DEFAULT = 500
_REPLAYED = (("idempotent-replayed", "true"),)


def servicers(actions: Actions) -> list[Servicer]:
    """Both services, for a server to start."""
    payment = payment_pb.DESCRIPTOR.services_by_name["PaymentService"].full_name
    feed = feed_pb.DESCRIPTOR.services_by_name["PaymentFeedService"].full_name
    return [
        Servicer(payment, payment_grpc.add_PaymentServiceServicer_to_server, PaymentServicer(actions)),
        Servicer(feed, feed_grpc.add_PaymentFeedServiceServicer_to_server, PaymentFeedServicer(actions)),
    ]


class PaymentServicer(payment_grpc.PaymentServiceServicer):
    """Takes payments in, and tells what there is."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def RecordPayment(
        self, request: payment_pb.RecordPaymentRequest, context: RpcContext
    ) -> payment_pb.RecordPaymentResponse:
        content, fingerprint = convert.to_content(request), convert.to_fingerprint(request)
        taken = await self._actions.record_payment(request.request_id, fingerprint, content)
        replayed = isinstance(taken, Replayed)
        if replayed:
            context.set_trailing_metadata(_REPLAYED)
        return payment_pb.RecordPaymentResponse(payment=convert.from_payment(taken.payment), replayed=replayed)

    async def GetPayment(
        self, request: payment_pb.GetPaymentRequest, context: RpcContext
    ) -> payment_pb.GetPaymentResponse:
        payment = await self._actions.get_payment(request.payment_id)
        return payment_pb.GetPaymentResponse(payment=convert.from_payment(payment))

    async def ListPayments(
        self, request: payment_pb.ListPaymentsRequest, context: RpcContext
    ) -> payment_pb.ListPaymentsResponse:
        wanted, page_size = convert.to_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._actions.list_payments(wanted, page_size, request.page_token)
        payments = [convert.from_payment(payment) for payment in page]
        return payment_pb.ListPaymentsResponse(payments=payments, next_page_token=token)

    async def RecordReconciliations(
        self, request: payment_pb.RecordReconciliationsRequest, context: RpcContext
    ) -> payment_pb.RecordReconciliationsResponse:
        plan = await self._actions.record_reconciliations(convert.to_facts(request))
        return payment_pb.RecordReconciliationsResponse(
            recorded_count=len(plan.facts), repeated_count=plan.repeated_count
        )


class PaymentFeedServicer(feed_grpc.PaymentFeedServiceServicer):
    """Tells other services what changed."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def StreamPaymentChanges(
        self, request: feed_pb.StreamPaymentChangesRequest, context: RpcContext
    ) -> AsyncIterator[feed_pb.StreamPaymentChangesResponse]:
        batch_size = request.batch_size or _BATCH_SIZE_DEFAULT
        async for batch in self._actions.payment_changes(request.from_sequence, batch_size):
            yield feed_pb.StreamPaymentChangesResponse(
                changes=[convert.from_change(change) for change in batch],
                next_sequence=batch[-1].sequence + 1,
            )

    async def GetSliceManifest(
        self, request: feed_pb.GetSliceManifestRequest, context: RpcContext
    ) -> feed_pb.GetSliceManifestResponse:
        day = convert.to_day("business_date", request.business_date)
        counted = await self._actions.count_slice(request.channel, day)
        manifest = convert.from_manifest(request.channel, request.business_date, counted.manifest, counted.max_sequence)
        return feed_pb.GetSliceManifestResponse(manifest=manifest)
