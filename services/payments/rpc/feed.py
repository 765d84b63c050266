"""PaymentFeedService: tells other services what changed."""

from collections.abc import AsyncIterator

from bihuan.payments.v1 import payment_feed_service_pb2 as pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.feed import FeedActions
from services.payments.convert import feed as convert
from services.payments.convert.basics import to_day

_BATCH_SIZE_DEFAULT = 500


class PaymentFeedServicer(payment_feed_service_pb2_grpc.PaymentFeedServiceServicer):
    """Tells other services what changed."""

    def __init__(self, feed: FeedActions) -> None:
        self._feed = feed

    async def StreamPaymentChanges(
        self, request: pb.StreamPaymentChangesRequest, context: RpcContext
    ) -> AsyncIterator[pb.StreamPaymentChangesResponse]:
        batch_size = request.batch_size or _BATCH_SIZE_DEFAULT
        async for batch in self._feed.payment_changes(request.from_sequence, batch_size):
            yield pb.StreamPaymentChangesResponse(
                changes=[convert.from_change(change) for change in batch],
                next_sequence=batch[-1].sequence + 1,
            )

    async def GetSliceManifest(
        self, request: pb.GetSliceManifestRequest, context: RpcContext
    ) -> pb.GetSliceManifestResponse:
        day = to_day("business_date", request.business_date)
        counted = await self._feed.count_slice(request.channel, day)
        manifest = convert.from_manifest(request.channel, request.business_date, counted.manifest, counted.max_sequence)
        return pb.GetSliceManifestResponse(manifest=manifest)
