"""StatementService: takes in what channels and banks say. It decides nothing."""

from collections.abc import AsyncIterator

from bihuan.reconciler.v1 import (
    statement_service_pb2,
    statement_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.file_reader import FileReader, Wanted
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.statement import StatementActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.spool import Spool
from services.reconciler.upload import Uploads


class StatementServicer(statement_service_pb2_grpc.StatementServiceServicer):
    """Takes in what channels and banks say."""

    def __init__(
        self,
        statements: StatementActions,
        ingest: IngestActions,
        kept: UploadActions,
        reader: FileReader,
        uploads: Uploads,
    ) -> None:
        self._statements = statements
        self._ingest = ingest
        self._kept = kept
        self._reader = reader
        self._uploads = uploads

    async def IngestStatement(
        self, request_iterator: AsyncIterator[statement_service_pb2.IngestStatementRequest], context: RpcContext
    ) -> statement_service_pb2.IngestStatementResponse:
        with self._uploads.place():
            header = await self._uploads.header(request_iterator)
            assert isinstance(header, statement_service_pb2.StatementHeader), "the contract names the header"
            self._uploads.check_resumed(header)
            self._uploads.check_vouched(header)
            async with Spool() as spool:
                kept = await self._kept.resume(header.request_id, header.resume_from_bytes, spool)
                await self._uploads.bytes_into(spool, request_iterator, kept.grown)
                async with kept.judged():
                    source = spool.source()
                    self._uploads.check_whole(header, source.sha256)
                    ingested = await self._ingest.ingest_statement(convert.sent(header), source)
        return statement_service_pb2.IngestStatementResponse(
            statement=convert.statement(ingested.statement), replayed=ingested.replayed
        )

    async def CheckStatement(
        self, request_iterator: AsyncIterator[statement_service_pb2.CheckStatementRequest], context: RpcContext
    ) -> statement_service_pb2.CheckStatementResponse:
        with self._uploads.place():
            header = await self._uploads.header(request_iterator)
            async with Spool() as spool:
                await self._uploads.bytes_into(spool, request_iterator)
                wanted = Wanted(header.channel, header.profile_id, header.account_no)
                report = await self._reader.report(spool.source(), wanted)
        return statement_service_pb2.CheckStatementResponse(report=convert.report(report))

    async def GetUpload(
        self, request: statement_service_pb2.GetUploadRequest, context: RpcContext
    ) -> statement_service_pb2.GetUploadResponse:
        return convert.upload(await self._kept.get_upload(request.request_id))

    async def GetStatement(
        self, request: statement_service_pb2.GetStatementRequest, context: RpcContext
    ) -> statement_service_pb2.GetStatementResponse:
        statement = await self._statements.get_statement(request.statement_id)
        return statement_service_pb2.GetStatementResponse(statement=convert.statement(statement))

    async def ListStatements(
        self, request: statement_service_pb2.ListStatementsRequest, context: RpcContext
    ) -> statement_service_pb2.ListStatementsResponse:
        page = await self._statements.list_statements(
            request.channel,
            convert.optional_business_date(request.business_date),
            PageRequest(request.page_size, request.page_token),
        )
        return statement_service_pb2.ListStatementsResponse(
            statements=map(convert.statement, page.rows), next_page_token=page.next_page_token
        )

    async def ListStatementLines(
        self, request: statement_service_pb2.ListStatementLinesRequest, context: RpcContext
    ) -> statement_service_pb2.ListStatementLinesResponse:
        page = await self._statements.list_statement_lines(
            request.statement_id, PageRequest(request.page_size, request.page_token)
        )
        return statement_service_pb2.ListStatementLinesResponse(
            lines=map(convert.statement_line, page.rows), next_page_token=page.next_page_token
        )
