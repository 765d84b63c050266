"""Suggestions and what was decided about them, as the contract tells them. It decides nothing."""

from collections.abc import Iterator

from bihuan.reconciler.v1 import suggestion_pb2, suggestion_service_pb2

from services.reconciler.convert.basics import business_date_field, money, timestamp
from services.reconciler.domain.clearing import Cleared, Refusal, RowResult
from services.reconciler.domain.suggestion import Decision, Suggestion
from services.reconciler.store.suggestion import SuggestionFilter


def suggestion(found: Suggestion, people_needed: int) -> suggestion_pb2.Suggestion:
    """A suggestion as the contract tells it."""
    return suggestion_pb2.Suggestion(
        suggestion_id=str(found.place),
        run_id=found.place.run_id,
        channel=found.channel,
        business_date=found.business_date.isoformat(),
        state=_state(found.state),
        rule_id=found.rule_id,
        stage=found.stage,
        payment_ids=found.payment_ids,
        line_ids=found.line_ids,
        book_amount=money(found.currency_code, found.book_minor),
        channel_amount=money(found.currency_code, found.channel_minor),
        reason=found.reason,
        runner_up_id=found.runner_up_id,
        margin_us=found.margin_us,
        confirmed_by=found.maker,
        second_confirmed_by=found.checker,
        declined_by=found.declined_by,
        people_needed=people_needed,
    )


def suggestion_action(decision: Decision) -> suggestion_pb2.SuggestionAction:
    """What somebody decided, as the contract tells it."""
    return suggestion_pb2.SuggestionAction(
        state=_state(decision.state),
        operator=decision.operator,
        note=decision.note,
        create_time=timestamp(decision.create_time),
    )


def suggestion_filter(request: suggestion_service_pb2.ListSuggestionsRequest) -> SuggestionFilter:
    """What a request filters by."""
    return SuggestionFilter(
        run_id=request.run_id,
        channel=request.channel,
        first_date=business_date_field("business_date_from", request.business_date_from),
        last_date=business_date_field("business_date_to", request.business_date_to),
        state=suggestion_pb2.Suggestion.State.Name(request.state).removeprefix("STATE_") if request.state else "",
        rule_id=request.rule_id,
    )


def suggestion_results(cleared: Cleared) -> Iterator[suggestion_service_pb2.SuggestionResult]:
    """What came of each suggestion."""
    return map(_result, cleared.results)


def _result(result: RowResult) -> suggestion_service_pb2.SuggestionResult:
    message, message_zh = Refusal(result.refusal).sentences if result.refusal else ("", "")
    if result.named_row_id:
        message, message_zh = f"{message}: {result.named_row_id}", f"{message_zh}：{result.named_row_id}"
    return suggestion_service_pb2.SuggestionResult(
        suggestion_id=result.row_id,
        state=_state(result.state) if result.state else suggestion_pb2.Suggestion.STATE_UNSPECIFIED,
        refusal=result.refusal,
        message=message,
        message_zh=message_zh,
        matched_row_id=result.named_row_id,
    )


def _state(name: str) -> suggestion_pb2.Suggestion.State.ValueType:
    return suggestion_pb2.Suggestion.State.Value(f"STATE_{name}")
