"""The contract's ImportService: each handler translates, calls one action, and translates back."""

from collections.abc import AsyncIterator

from bihuan.payments.v1 import import_service_pb2 as pb
from bihuan.payments.v1 import import_service_pb2_grpc

from chassis.server import RpcContext
from services.payments.actions.imports import ImportActions
from services.payments.convert import import_batch as convert

_PAGE_SIZE_DEFAULT = 50


class ImportServicer(import_service_pb2_grpc.ImportServiceServicer):
    """Takes payments in by the hundred thousand."""

    def __init__(self, imports: ImportActions) -> None:
        self._imports = imports

    async def ImportPayments(
        self, request_iterator: AsyncIterator[pb.ImportPaymentsRequest], context: RpcContext
    ) -> pb.ImportPaymentsResponse:
        header = await convert.to_header(request_iterator)
        batches = convert.to_batches(header.first_batch_no, request_iterator)
        known = await self._imports.import_payments(header.import_id, header.total_row_count, batches)
        return pb.ImportPaymentsResponse(progress=convert.from_import(known))

    async def GetImport(self, request: pb.GetImportRequest, context: RpcContext) -> pb.GetImportResponse:
        known = await self._imports.get_import(request.import_id)
        return pb.GetImportResponse(progress=convert.from_import(known))

    async def ListImportRefusals(
        self, request: pb.ListImportRefusalsRequest, context: RpcContext
    ) -> pb.ListImportRefusalsResponse:
        page_size = request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._imports.list_import_refusals(request.import_id, page_size, request.page_token)
        return pb.ListImportRefusalsResponse(refusals=map(convert.from_refused_row, page), next_page_token=token)

    async def StreamImportResults(
        self, request: pb.StreamImportResultsRequest, context: RpcContext
    ) -> AsyncIterator[pb.StreamImportResultsResponse]:
        async for batch_no, results in self._imports.import_results(request.import_id, request.from_batch_no):
            yield pb.StreamImportResultsResponse(batch_no=batch_no, results=results)
