"""ExceptionService: what does not agree, who clears it and who confirmed it. It decides nothing."""

from bihuan.reconciler.v1 import (
    exception_service_pb2,
    exception_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.exception import ExceptionActions
from services.reconciler.actions.page import PageRequest


class ExceptionServicer(exception_service_pb2_grpc.ExceptionServiceServicer):
    """Tells what does not agree, and keeps who has it to clear and who confirmed it."""

    def __init__(self, exceptions: ExceptionActions) -> None:
        self._exceptions = exceptions

    async def GetException(
        self, request: exception_service_pb2.GetExceptionRequest, context: RpcContext
    ) -> exception_service_pb2.GetExceptionResponse:
        found, done = await self._exceptions.get_exception(request.exception_id)
        return exception_service_pb2.GetExceptionResponse(
            exception=convert.exception(found), actions=map(convert.exception_action, done)
        )

    async def ListExceptions(
        self, request: exception_service_pb2.ListExceptionsRequest, context: RpcContext
    ) -> exception_service_pb2.ListExceptionsResponse:
        page = await self._exceptions.list_exceptions(
            convert.exception_filter(request),
            convert.exception_order(request.order),
            PageRequest(request.page_size, request.page_token),
        )
        return exception_service_pb2.ListExceptionsResponse(
            exceptions=map(convert.exception, page.rows), next_page_token=page.next_page_token
        )

    async def SummarizeExceptions(
        self, request: exception_service_pb2.SummarizeExceptionsRequest, context: RpcContext
    ) -> exception_service_pb2.SummarizeExceptionsResponse:
        parts = await self._exceptions.summarize_exceptions(convert.exception_filter(request.filter))
        return exception_service_pb2.SummarizeExceptionsResponse(summaries=convert.exception_summaries(parts))

    async def AssignExceptions(
        self, request: exception_service_pb2.AssignExceptionsRequest, context: RpcContext
    ) -> exception_service_pb2.AssignExceptionsResponse:
        cleared = await self._exceptions.assign_exceptions(
            convert.asked(request), request.exception_ids, request.assignee
        )
        return exception_service_pb2.AssignExceptionsResponse(
            results=convert.exception_results(cleared), replayed=cleared.replayed
        )

    async def ConfirmExceptions(
        self, request: exception_service_pb2.ConfirmExceptionsRequest, context: RpcContext
    ) -> exception_service_pb2.ConfirmExceptionsResponse:
        cleared = await self._exceptions.confirm_exceptions(convert.asked(request), convert.exceptions_wanted(request))
        return exception_service_pb2.ConfirmExceptionsResponse(
            results=convert.exception_results(cleared), replayed=cleared.replayed
        )
