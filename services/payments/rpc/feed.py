"""PaymentFeedService: tells other services what changed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bihuan.payments.v1 import payment_feed_service_pb2 as pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.export import ExportActions
from services.payments.actions.feed import FeedActions
from services.payments.convert import feed as convert
from services.payments.convert.basics import to_day
from services.payments.convert.export import from_exported

_BATCH_SIZE_DEFAULT = 500


class PaymentFeedServicer(payment_feed_service_pb2_grpc.PaymentFeedServiceServicer):
    """Tells other services what changed."""

    def __init__(self, feed: FeedActions, exports: ExportActions) -> None:
        self._feed = feed
        self._exports = exports

    async def StreamPaymentChanges(
        self, request: pb.StreamPaymentChangesRequest, context: RpcContext
    ) -> AsyncIterator[pb.StreamPaymentChangesResponse]:
        batch_size = request.batch_size or _BATCH_SIZE_DEFAULT
        async for batch in self._feed.payment_changes(request.from_sequence, batch_size):
            yield pb.StreamPaymentChangesResponse(
                changes=[convert.from_change(change, refund) for change, refund in batch],
                next_sequence=batch[-1][0].sequence + 1,
            )

    async def GetSliceManifest(
        self, request: pb.GetSliceManifestRequest, context: RpcContext
    ) -> pb.GetSliceManifestResponse:
        day = to_day("business_date", request.business_date)
        counted = await self._feed.count_slice(request.channel, day)
        manifest = convert.from_manifest(request.channel, request.business_date, counted.manifest, counted.max_sequence)
        return pb.GetSliceManifestResponse(manifest=manifest)

    async def ExportSlice(
        self, request: pb.ExportSliceRequest, context: RpcContext
    ) -> AsyncIterator[pb.ExportSliceResponse]:
        if request.WhichOneof("slice") == "changes":
            batches = self._exports.export_changes(request.changes.from_sequence)
        else:
            day = to_day("day.business_date", request.day.business_date)
            batches = self._exports.export_day(request.day.channel, day, request.day.after_payment_id)
        async with contextlib.aclosing(batches):
            async for batch in batches:
                yield await asyncio.to_thread(from_exported, batch)
