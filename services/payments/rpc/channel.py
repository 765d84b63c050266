"""ChannelService: each handler translates, calls one action, and translates back."""

from bihuan.payments.v1 import channel_service_pb2 as pb
from bihuan.payments.v1 import channel_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.ask import AskActions
from services.payments.actions.callback import CallbackActions
from services.payments.convert import channel as convert

_PAGE_SIZE_DEFAULT = 50


class ChannelServicer(channel_service_pb2_grpc.ChannelServiceServicer):
    """Takes what channels tell, and tells what needs a person."""

    def __init__(self, callbacks: CallbackActions, ask: AskActions) -> None:
        self._callbacks = callbacks
        self._ask = ask

    async def IngestCallback(self, request: pb.IngestCallbackRequest, context: RpcContext) -> pb.IngestCallbackResponse:
        headers = dict(request.headers)
        return convert.from_ingested(await self._callbacks.ingest_callback(request.account_id, headers, request.body))

    async def ListChannelAttentions(
        self, request: pb.ListChannelAttentionsRequest, context: RpcContext
    ) -> pb.ListChannelAttentionsResponse:
        page_size = request.page_size or _PAGE_SIZE_DEFAULT
        return convert.from_attentions(*await self._ask.list_channel_attentions(page_size, request.page_token))
