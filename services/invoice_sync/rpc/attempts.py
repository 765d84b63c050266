"""AttemptService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import attempt_service_pb2, attempt_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.convert.attempt import (
    attempt_to_proto,
    durations_to_proto,
    filter_from_proto,
    log_verdict_to_proto,
)


class AttemptServicer(attempt_service_pb2_grpc.AttemptServiceServicer):
    """AttemptService of the contract."""

    def __init__(self, audit: AuditActions) -> None:
        self._audit = audit

    async def SearchAttempts(
        self, request: attempt_service_pb2.SearchAttemptsRequest, context: RpcContext
    ) -> attempt_service_pb2.SearchAttemptsResponse:
        found = await self._audit.search_attempts(filter_from_proto(request), request.page_size, request.page_token)
        return attempt_service_pb2.SearchAttemptsResponse(
            attempts=[attempt_to_proto(each) for each in found.attempts],
            next_page_token=found.next_page_token,
            statistics=[durations_to_proto(each) for each in found.durations],
        )

    async def GetAttempt(
        self, request: attempt_service_pb2.GetAttemptRequest, context: RpcContext
    ) -> attempt_service_pb2.GetAttemptResponse:
        shown = await self._audit.get_attempt(request.attempt_id)
        return attempt_service_pb2.GetAttemptResponse(
            attempt=attempt_to_proto(shown.attempt),
            request_masked=shown.request_view,
            response_masked=shown.response_view,
        )

    async def VerifyLog(
        self, request: attempt_service_pb2.VerifyLogRequest, context: RpcContext
    ) -> attempt_service_pb2.VerifyLogResponse:
        return log_verdict_to_proto(await self._audit.verify_log(request.invoice_id))
