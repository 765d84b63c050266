"""gRPC in, of what is known before a day is closed. It turns messages into arguments and back, and never thinks."""

# ruff: noqa: N802, ARG002, D102  # the contract names and documents the methods

from bihuan.reconciler.v1 import arrival_service_pb2, arrival_service_pb2_grpc

from chassis.server import RpcContext, Servicer
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


def arrival_servicer(arrival: ArrivalActions) -> Servicer:
    """What the server answers with."""
    add = arrival_service_pb2_grpc.add_ArrivalServiceServicer_to_server
    name = arrival_service_pb2.DESCRIPTOR.services_by_name["ArrivalService"].full_name
    return Servicer(name, add, ArrivalServicer(arrival))
