"""GateService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import gate_service_pb2, gate_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.convert.basics import moment
from services.invoice_sync.convert.gate import gate_to_proto, hold_to_proto, probe_to_proto


class GateServicer(gate_service_pb2_grpc.GateServiceServicer):
    """GateService of the contract."""

    def __init__(self, gates: GateAdminActions, probe: ProbeActions) -> None:
        self._gates = gates
        self._probe = probe

    async def ListGates(
        self, request: gate_service_pb2.ListGatesRequest, context: RpcContext
    ) -> gate_service_pb2.ListGatesResponse:
        shown = await self._gates.list_gates()
        return gate_service_pb2.ListGatesResponse(gates=[gate_to_proto(each) for each in shown])

    async def SetHold(
        self, request: gate_service_pb2.SetHoldRequest, context: RpcContext
    ) -> gate_service_pb2.SetHoldResponse:
        until = moment(request.end_time) if request.HasField("end_time") else None
        hold = await self._gates.set_hold(
            request.request_id, request.route, request.seller_tax_id, request.reason, until, request.set_by
        )
        return gate_service_pb2.SetHoldResponse(hold=hold_to_proto(hold))

    async def LiftHold(
        self, request: gate_service_pb2.LiftHoldRequest, context: RpcContext
    ) -> gate_service_pb2.LiftHoldResponse:
        return gate_service_pb2.LiftHoldResponse(lifted=await self._gates.lift_hold(request.hold_id))

    async def ProbeInterface(
        self, request: gate_service_pb2.ProbeInterfaceRequest, context: RpcContext
    ) -> gate_service_pb2.ProbeInterfaceResponse:
        made = await self._probe.probe_interface(request.route)
        return gate_service_pb2.ProbeInterfaceResponse(probes=[probe_to_proto(each) for each in made])

    async def ListProbes(
        self, request: gate_service_pb2.ListProbesRequest, context: RpcContext
    ) -> gate_service_pb2.ListProbesResponse:
        page, token = await self._probe.list_probes(request.page_size, request.page_token, request.route)
        return gate_service_pb2.ListProbesResponse(
            probes=[probe_to_proto(each) for each in page], next_page_token=token
        )
