"""ParityService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import parity_service_pb2, parity_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.convert.parity import difference_to_proto, run_to_proto


class ParityServicer(parity_service_pb2_grpc.ParityServiceServicer):
    """ParityService of the contract."""

    def __init__(self, parity: ParityActions) -> None:
        self._parity = parity

    async def RunParity(
        self, request: parity_service_pb2.RunParityRequest, context: RpcContext
    ) -> parity_service_pb2.RunParityResponse:
        made = await self._parity.run_parity(request.seller_tax_id, request.period)
        shown = await self._parity.get_parity_run(made.run.run_id, 0, "")
        return parity_service_pb2.RunParityResponse(
            run=run_to_proto(made.run),
            differences=[difference_to_proto(each) for each in shown.differences],
            repeated_result=made.repeated,
        )

    async def GetParityRun(
        self, request: parity_service_pb2.GetParityRunRequest, context: RpcContext
    ) -> parity_service_pb2.GetParityRunResponse:
        shown = await self._parity.get_parity_run(request.run_id, request.page_size, request.page_token)
        return parity_service_pb2.GetParityRunResponse(
            run=run_to_proto(shown.run),
            differences=[difference_to_proto(each) for each in shown.differences],
            next_page_token=shown.next_page_token,
        )

    async def ListParityRuns(
        self, request: parity_service_pb2.ListParityRunsRequest, context: RpcContext
    ) -> parity_service_pb2.ListParityRunsResponse:
        page, token = await self._parity.list_parity_runs(request.seller_tax_id, request.page_size, request.page_token)
        return parity_service_pb2.ListParityRunsResponse(
            runs=[run_to_proto(each) for each in page], next_page_token=token
        )
