"""ExceptionFeedService: tells other services what became of exceptions. It decides nothing."""

from bihuan.reconciler.v1 import exception_feed_service_pb2 as pb
from bihuan.reconciler.v1 import exception_feed_service_pb2_grpc

from chassis.server import RpcContext, Servicer
from services.reconciler.actions.feed import FeedActions
from services.reconciler.convert.feed import exception_change

_BATCH_SIZE_DEFAULT = 500


class ExceptionFeedServicer(exception_feed_service_pb2_grpc.ExceptionFeedServiceServicer):
    """Tells other services what became of exceptions."""

    def __init__(self, feed: FeedActions) -> None:
        self._feed = feed

    async def ListExceptionChanges(
        self, request: pb.ListExceptionChangesRequest, context: RpcContext
    ) -> pb.ListExceptionChangesResponse:
        page = await self._feed.list_exception_changes(request.from_sequence, request.batch_size or _BATCH_SIZE_DEFAULT)
        return pb.ListExceptionChangesResponse(
            changes=map(exception_change, page.changes),
            max_sequence=page.max_sequence,
            dropped_sequence=page.dropped_sequence,
        )


def feed_servicer(feed: FeedActions) -> Servicer:
    """What the server answers about the feed."""
    return Servicer.of(ExceptionFeedServicer(feed))
