"""gRPC in, of what people clear. It turns messages into arguments and results into messages, and never thinks."""

# ruff: noqa: N802, ARG002, D102  # the contract names and documents the methods

from bihuan.reconciler.v1 import (
    exception_service_pb2,
    exception_service_pb2_grpc,
    explanation_service_pb2,
    explanation_service_pb2_grpc,
    suggestion_service_pb2,
    suggestion_service_pb2_grpc,
)

from chassis.server import RpcContext, Servicer
from services.reconciler import convert
from services.reconciler.actions.exception import ExceptionActions
from services.reconciler.actions.explanation import ExplanationActions
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.suggestion import SuggestionActions


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


class SuggestionServicer(suggestion_service_pb2_grpc.SuggestionServiceServicer):
    """Lays before people what rules may not post by themselves."""

    def __init__(self, suggestions: SuggestionActions) -> None:
        self._suggestions = suggestions

    async def GetSuggestion(
        self, request: suggestion_service_pb2.GetSuggestionRequest, context: RpcContext
    ) -> suggestion_service_pb2.GetSuggestionResponse:
        found, needed, done = await self._suggestions.get_suggestion(request.suggestion_id)
        return suggestion_service_pb2.GetSuggestionResponse(
            suggestion=convert.suggestion(found, needed), actions=map(convert.suggestion_action, done)
        )

    async def ListSuggestions(
        self, request: suggestion_service_pb2.ListSuggestionsRequest, context: RpcContext
    ) -> suggestion_service_pb2.ListSuggestionsResponse:
        page, needed = await self._suggestions.list_suggestions(
            convert.suggestion_filter(request), PageRequest(request.page_size, request.page_token)
        )
        return suggestion_service_pb2.ListSuggestionsResponse(
            suggestions=(convert.suggestion(found, needed[found.place]) for found in page.rows),
            next_page_token=page.next_page_token,
        )

    async def ConfirmSuggestions(
        self, request: suggestion_service_pb2.ConfirmSuggestionsRequest, context: RpcContext
    ) -> suggestion_service_pb2.ConfirmSuggestionsResponse:
        cleared = await self._suggestions.confirm_suggestions(convert.asked(request), request.suggestion_ids)
        return suggestion_service_pb2.ConfirmSuggestionsResponse(
            results=convert.suggestion_results(cleared), replayed=cleared.replayed
        )

    async def DeclineSuggestions(
        self, request: suggestion_service_pb2.DeclineSuggestionsRequest, context: RpcContext
    ) -> suggestion_service_pb2.DeclineSuggestionsResponse:
        cleared = await self._suggestions.decline_suggestions(convert.asked(request), request.suggestion_ids)
        return suggestion_service_pb2.DeclineSuggestionsResponse(
            results=convert.suggestion_results(cleared), replayed=cleared.replayed
        )


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


def clearing_servicers(
    exceptions: ExceptionActions, suggestions: SuggestionActions, explanations: ExplanationActions
) -> list[Servicer]:
    """What the server answers with, of what people clear."""
    return [
        Servicer(
            exception_service_pb2.DESCRIPTOR.services_by_name["ExceptionService"].full_name,
            exception_service_pb2_grpc.add_ExceptionServiceServicer_to_server,
            ExceptionServicer(exceptions),
        ),
        Servicer(
            suggestion_service_pb2.DESCRIPTOR.services_by_name["SuggestionService"].full_name,
            suggestion_service_pb2_grpc.add_SuggestionServiceServicer_to_server,
            SuggestionServicer(suggestions),
        ),
        Servicer(
            explanation_service_pb2.DESCRIPTOR.services_by_name["ExplanationService"].full_name,
            explanation_service_pb2_grpc.add_ExplanationServiceServicer_to_server,
            ExplanationServicer(explanations),
        ),
    ]
