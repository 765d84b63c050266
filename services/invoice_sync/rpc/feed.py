"""InvoiceFeedService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import invoice_feed_service_pb2 as pb
from bihuan.invoice_sync.v1 import invoice_feed_service_pb2_grpc

from chassis.server import RpcContext, Servicer
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.convert.feed import change_to_proto

_BATCH_SIZE_DEFAULT = 500


class InvoiceFeedServicer(invoice_feed_service_pb2_grpc.InvoiceFeedServiceServicer):
    """InvoiceFeedService of the contract."""

    def __init__(self, feed: FeedActions) -> None:
        self._feed = feed

    async def ListInvoiceChanges(
        self, request: pb.ListInvoiceChangesRequest, context: RpcContext
    ) -> pb.ListInvoiceChangesResponse:
        page = await self._feed.list_invoice_changes(request.from_sequence, request.batch_size or _BATCH_SIZE_DEFAULT)
        return pb.ListInvoiceChangesResponse(
            changes=map(change_to_proto, page.changes),
            max_sequence=page.max_sequence,
            dropped_sequence=page.dropped_sequence,
        )


def feed_servicer(feed: FeedActions) -> Servicer:
    """What the server answers about the feed."""
    return Servicer.of(InvoiceFeedServicer(feed))
