"""BulkRequestService of the contract, translated into actions and back. It decides nothing."""

from collections.abc import AsyncIterator

from bihuan.invoice_sync.v1 import bulk_request_service_pb2 as pb
from bihuan.invoice_sync.v1 import bulk_request_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.bulk_intake import BulkIntake, Sent
from services.invoice_sync.actions.bulk_read import BulkReadActions
from services.invoice_sync.convert.bulk_request import (
    bulk_request_to_proto,
    chunks_of,
    header_of,
    mode_from_proto,
    outcome_from_proto,
    row_to_proto,
)


class BulkRequestServicer(bulk_request_service_pb2_grpc.BulkRequestServiceServicer):
    """BulkRequestService of the contract."""

    def __init__(self, intake: BulkIntake, read: BulkReadActions) -> None:
        self._intake = intake
        self._read = read

    async def UploadBulkRequest(
        self, request_iterator: AsyncIterator[pb.UploadBulkRequestRequest], context: RpcContext
    ) -> pb.UploadBulkRequestResponse:
        header = await header_of(request_iterator)
        sent = Sent(header.merchant_id, mode_from_proto(header.mode), header.file_name, header.operator)
        known, replayed = await self._intake.take_file(sent, chunks_of(request_iterator))
        return pb.UploadBulkRequestResponse(bulk_request=bulk_request_to_proto(known), replayed=replayed)

    async def GetBulkRequest(self, request: pb.GetBulkRequestRequest, context: RpcContext) -> pb.GetBulkRequestResponse:
        known = await self._read.get_bulk_request(request.bulk_request_id)
        return pb.GetBulkRequestResponse(bulk_request=bulk_request_to_proto(known))

    async def ListBulkRequests(
        self, request: pb.ListBulkRequestsRequest, context: RpcContext
    ) -> pb.ListBulkRequestsResponse:
        page, token = await self._read.list_bulk_requests(request.merchant_id, request.page_size, request.page_token)
        return pb.ListBulkRequestsResponse(
            bulk_requests=[bulk_request_to_proto(each) for each in page], next_page_token=token
        )

    async def ListBulkRequestRows(
        self, request: pb.ListBulkRequestRowsRequest, context: RpcContext
    ) -> pb.ListBulkRequestRowsResponse:
        outcome = outcome_from_proto(request.outcome)
        page, token = await self._read.list_rows(
            request.bulk_request_id, outcome, request.page_size, request.page_token
        )
        return pb.ListBulkRequestRowsResponse(rows=[row_to_proto(each) for each in page], next_page_token=token)

    async def GetBulkRequestFile(
        self, request: pb.GetBulkRequestFileRequest, context: RpcContext
    ) -> pb.GetBulkRequestFileResponse:
        kind = "XLSX" if request.format == pb.GetBulkRequestFileRequest.FORMAT_XLSX else "CSV"
        made = await self._read.result_file(request.bulk_request_id, kind)
        return pb.GetBulkRequestFileResponse(file_name=made.file_name, media_type=made.media_type, content=made.content)

    async def ReleaseBulkRequest(
        self, request: pb.ReleaseBulkRequestRequest, context: RpcContext
    ) -> pb.ReleaseBulkRequestResponse:
        known = await self._read.release(request.bulk_request_id, request.operator)
        return pb.ReleaseBulkRequestResponse(bulk_request=bulk_request_to_proto(known))

    async def CancelBulkRequest(
        self, request: pb.CancelBulkRequestRequest, context: RpcContext
    ) -> pb.CancelBulkRequestResponse:
        known = await self._read.cancel(request.bulk_request_id, request.operator)
        return pb.CancelBulkRequestResponse(bulk_request=bulk_request_to_proto(known))
