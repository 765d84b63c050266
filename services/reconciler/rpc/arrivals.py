"""ArrivalService: what is known of a payment before its day is closed. It decides nothing."""

from bihuan.reconciler.v1 import arrival_service_pb2, arrival_service_pb2_grpc

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.arrival import ArrivalActions


class ArrivalServicer(arrival_service_pb2_grpc.ArrivalServiceServicer):
    """Tells what is known of a payment as rows come."""

    def __init__(self, arrival: ArrivalActions) -> None:
        self._arrival = arrival

    async def GetArrivalMatch(
        self, request: arrival_service_pb2.GetArrivalMatchRequest, context: RpcContext
    ) -> arrival_service_pb2.GetArrivalMatchResponse:
        stands, revised = await self._arrival.get_arrival_match(request.payment_id)
        found = convert.arrival_match(request.payment_id, stands, revised)
        return arrival_service_pb2.GetArrivalMatchResponse(arrival_match=found)
