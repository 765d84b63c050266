"""SplitOrderService: each handler translates, calls one action, and translates back."""

from bihuan.payments.v1 import split_order_service_pb2 as pb
from bihuan.payments.v1 import split_order_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.split_order import SplitOrderActions
from services.payments.convert.refund import to_fingerprint
from services.payments.convert.split_order import from_split_order, to_split_order

_REPLAYED = (("idempotent-replayed", "true"),)


class SplitOrderServicer(split_order_service_pb2_grpc.SplitOrderServiceServicer):
    """Keeps which payments are parts of one order, and tells how far it is paid."""

    def __init__(self, orders: SplitOrderActions) -> None:
        self._orders = orders

    async def CreateSplitOrder(
        self, request: pb.CreateSplitOrderRequest, context: RpcContext
    ) -> pb.CreateSplitOrderResponse:
        content, fingerprint = to_split_order(request), to_fingerprint(request)
        taken = await self._orders.create_split_order(request.request_id, fingerprint, content)
        if taken.replayed:
            context.set_trailing_metadata(_REPLAYED)
        return pb.CreateSplitOrderResponse(split_order=from_split_order(taken.order), replayed=taken.replayed)

    async def GetSplitOrder(self, request: pb.GetSplitOrderRequest, context: RpcContext) -> pb.GetSplitOrderResponse:
        order = await self._orders.get_split_order(request.merchant_id, request.split_order_no)
        return pb.GetSplitOrderResponse(split_order=from_split_order(order))
