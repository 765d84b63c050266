"""gRPC in. It turns messages into arguments and results into messages, and never thinks."""

from collections.abc import AsyncIterator

from bihuan.reconciler.v1 import (
    run_service_pb2,
    run_service_pb2_grpc,
    statement_fetch_service_pb2,
    statement_fetch_service_pb2_grpc,
    statement_service_pb2,
    statement_service_pb2_grpc,
)

from chassis.server import RpcContext, Servicer
from services.reconciler import convert
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.file_reader import FileReader, Wanted
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.run import RunActions
from services.reconciler.actions.statement import StatementActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.spool import Spool
from services.reconciler.store.fetch import FetchFilter
from services.reconciler.store.run import AskedRun
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


class StatementFetchServicer(statement_fetch_service_pb2_grpc.StatementFetchServiceServicer):
    """Tells which statements are fetched, and which are missing."""

    def __init__(self, fetches: FetchActions) -> None:
        self._fetches = fetches

    async def ListStatementFetches(
        self, request: statement_fetch_service_pb2.ListStatementFetchesRequest, context: RpcContext
    ) -> statement_fetch_service_pb2.ListStatementFetchesResponse:
        wanted = FetchFilter(
            state=convert.fetch_state_name(request.state),
            source_id=request.source_id,
            channel=request.channel,
            business_date=convert.optional_business_date(request.business_date),
        )
        page = await self._fetches.list_statement_fetches(wanted, PageRequest(request.page_size, request.page_token))
        return statement_fetch_service_pb2.ListStatementFetchesResponse(
            statement_fetches=map(convert.statement_fetch, page.rows), next_page_token=page.next_page_token
        )


class RunServicer(run_service_pb2_grpc.RunServiceServicer):
    """Compares the books with what the channels say."""

    def __init__(self, runs: RunActions) -> None:
        self._runs = runs

    async def StartRun(
        self, request: run_service_pb2.StartRunRequest, context: RpcContext
    ) -> run_service_pb2.StartRunResponse:
        asked = AskedRun(request.channel, convert.business_date(request.business_date), convert.mode(request.mode))
        started = await self._runs.start_run(request.request_id, asked)
        return run_service_pb2.StartRunResponse(run=convert.run(started.run), replayed=started.replayed)

    async def GetRun(
        self, request: run_service_pb2.GetRunRequest, context: RpcContext
    ) -> run_service_pb2.GetRunResponse:
        return run_service_pb2.GetRunResponse(run=convert.run(await self._runs.get_run(request.run_id)))

    async def ListRuns(
        self, request: run_service_pb2.ListRunsRequest, context: RpcContext
    ) -> run_service_pb2.ListRunsResponse:
        page = await self._runs.list_runs(
            convert.run_filter(request), PageRequest(request.page_size, request.page_token)
        )
        return run_service_pb2.ListRunsResponse(runs=map(convert.run, page.rows), next_page_token=page.next_page_token)

    async def ListMatches(
        self, request: run_service_pb2.ListMatchesRequest, context: RpcContext
    ) -> run_service_pb2.ListMatchesResponse:
        page = await self._runs.list_matches(
            request.run_id,
            convert.disposition(request.disposition),
            PageRequest(request.page_size, request.page_token),
        )
        return run_service_pb2.ListMatchesResponse(
            matches=map(convert.match, page.rows), next_page_token=page.next_page_token
        )


def servicers(
    statements: StatementServicer,
    runs: RunActions,
    fetches: FetchActions,
) -> list[Servicer]:
    """What the server answers with."""
    statement_names = statement_service_pb2.DESCRIPTOR.services_by_name
    fetch_names = statement_fetch_service_pb2.DESCRIPTOR.services_by_name
    run_names = run_service_pb2.DESCRIPTOR.services_by_name
    return [
        Servicer(
            statement_names["StatementService"].full_name,
            statement_service_pb2_grpc.add_StatementServiceServicer_to_server,
            statements,
        ),
        Servicer(
            fetch_names["StatementFetchService"].full_name,
            statement_fetch_service_pb2_grpc.add_StatementFetchServiceServicer_to_server,
            StatementFetchServicer(fetches),
        ),
        Servicer(
            run_names["RunService"].full_name,
            run_service_pb2_grpc.add_RunServiceServicer_to_server,
            RunServicer(runs),
        ),
    ]
