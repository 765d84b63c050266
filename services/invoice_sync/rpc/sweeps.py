"""SweepService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import sweep_service_pb2, sweep_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.convert.sweep import case_to_proto, sweep_to_proto


class SweepServicer(sweep_service_pb2_grpc.SweepServiceServicer):
    """SweepService of the contract."""

    def __init__(self, sweep: SweepActions, read: ReadActions, audit: AuditActions) -> None:
        self._sweep = sweep
        self._read = read
        self._audit = audit

    async def RunSweep(
        self, request: sweep_service_pb2.RunSweepRequest, context: RpcContext
    ) -> sweep_service_pb2.RunSweepResponse:
        return sweep_service_pb2.RunSweepResponse(sweep=sweep_to_proto(await self._sweep.sweep()))

    async def ListSweeps(
        self, request: sweep_service_pb2.ListSweepsRequest, context: RpcContext
    ) -> sweep_service_pb2.ListSweepsResponse:
        page, token = await self._read.list_sweeps(request.page_size, request.page_token)
        return sweep_service_pb2.ListSweepsResponse(
            sweeps=[sweep_to_proto(each) for each in page], next_page_token=token
        )

    async def ListCases(
        self, request: sweep_service_pb2.ListCasesRequest, context: RpcContext
    ) -> sweep_service_pb2.ListCasesResponse:
        page, token = await self._audit.list_cases(
            request.page_size, request.page_token, request.kind, open_only=request.open_only
        )
        return sweep_service_pb2.ListCasesResponse(cases=[case_to_proto(each) for each in page], next_page_token=token)
