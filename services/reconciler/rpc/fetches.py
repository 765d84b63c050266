"""StatementFetchService: tells which statements are fetched, and which are missing."""

from bihuan.reconciler.v1 import (
    statement_fetch_service_pb2,
    statement_fetch_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.page import PageRequest
from services.reconciler.store.fetch import FetchFilter


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
