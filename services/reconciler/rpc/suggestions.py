"""SuggestionService: what the rules may not post by themselves, and what people make of it."""

from bihuan.reconciler.v1 import (
    suggestion_service_pb2,
    suggestion_service_pb2_grpc,
)

from chassis.server import RpcContext
from services.reconciler import convert
from services.reconciler.actions.page import PageRequest
from services.reconciler.actions.suggestion import SuggestionActions


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
