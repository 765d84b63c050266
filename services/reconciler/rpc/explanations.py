"""ExplanationService: why a row is where it is. It decides nothing."""

from bihuan.reconciler.v1 import (
    explanation_service_pb2,
    explanation_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.explanation import ExplanationActions


class ExplanationServicer(explanation_service_pb2_grpc.ExplanationServiceServicer):
    """Tells why rows ended where they did."""

    def __init__(self, explanations: ExplanationActions) -> None:
        self._explanations = explanations

    async def ExplainMatch(
        self, request: explanation_service_pb2.ExplainMatchRequest, context: RpcContext
    ) -> explanation_service_pb2.ExplainMatchResponse:
        found = await self._explanations.explain_match(request.match_id)
        return explanation_service_pb2.ExplainMatchResponse(explanation=convert.explanation(found))

    async def ExplainException(
        self, request: explanation_service_pb2.ExplainExceptionRequest, context: RpcContext
    ) -> explanation_service_pb2.ExplainExceptionResponse:
        found = await self._explanations.explain_exception(request.exception_id)
        return explanation_service_pb2.ExplainExceptionResponse(explanation=convert.explanation(found))

    async def ExplainPayment(
        self, request: explanation_service_pb2.ExplainPaymentRequest, context: RpcContext
    ) -> explanation_service_pb2.ExplainPaymentResponse:
        found = await self._explanations.explain_payment(request.payment_id)
        return explanation_service_pb2.ExplainPaymentResponse(explanation=convert.explanation(found))

    async def ExplainStatementLine(
        self, request: explanation_service_pb2.ExplainStatementLineRequest, context: RpcContext
    ) -> explanation_service_pb2.ExplainStatementLineResponse:
        found = await self._explanations.explain_statement_line(request.line_id)
        return explanation_service_pb2.ExplainStatementLineResponse(explanation=convert.explanation(found))
