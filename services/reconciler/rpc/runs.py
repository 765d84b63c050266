"""RunService: compares the books with what the channels say. It decides nothing."""

from bihuan.reconciler.v1 import (
    run_service_pb2,
    run_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.run import RunActions
from services.reconciler.store.run import AskedRun


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
