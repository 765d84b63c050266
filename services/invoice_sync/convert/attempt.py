"""Attempts, and how long they took, for the contract."""

from bihuan.invoice_sync.v1 import attempt_pb2, attempt_service_pb2

from services.invoice_sync.convert.basics import moment, timestamp
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis.attempt_cause import points_to
from services.invoice_sync.domain.route import parse_route
from services.invoice_sync.domain.shown import LogVerdict
from services.invoice_sync.store.search import AttemptFilter, Durations


def attempt_to_proto(attempt: Attempt) -> attempt_pb2.Attempt:
    """An attempt; one without an answer has no outcome and no end."""
    message = attempt_pb2.Attempt(
        attempt_id=attempt.attempt_id,
        invoice_id=attempt.invoice_id,
        attempt_no=attempt.attempt_no,
        operation=_operation(attempt.operation),
        start_time=timestamp(attempt.start_time),
        end_time=timestamp(attempt.end_time),
        request_sha256=attempt.request_sha256,
        trace_id=attempt.trace_id,
        version=attempt.version,
        breaker_state=attempt.breaker_state,
        prev_log_hash=attempt.prev_log_hash,
        log_hash=attempt.end_log_hash or attempt.log_hash,
        points_to=points_to(attempt),
    )
    if attempt.route:
        route = parse_route(attempt.route)
        message.environment, message.region, message.credential_id = (
            route.environment,
            route.region,
            route.credential_id,
        )
    if attempt.answer is not None:
        _fill(message, attempt.answer)
    return message


def _fill(message: attempt_pb2.Attempt, answer: TaxAnswer) -> None:
    message.outcome = _outcome(answer.outcome)
    message.http_status = answer.http_status
    message.authority_code = answer.authority_code
    message.message = answer.message
    message.response_sha256 = answer.response_sha256
    message.retry_after_seconds = answer.retry_after_seconds
    message.url_path = answer.url_path
    message.code_detail = answer.code_detail
    message.clock_offset_ms = answer.clock_offset_ms
    if answer.first_byte_time is not None:
        message.first_byte_time.FromDatetime(answer.first_byte_time)


def filter_from_proto(request: attempt_service_pb2.SearchAttemptsRequest) -> AttemptFilter:
    """Which attempts are searched for."""
    operation, outcome = request.operation, request.outcome
    return AttemptFilter(
        from_time=moment(request.from_time) if request.HasField("from_time") else None,
        to_time=moment(request.to_time) if request.HasField("to_time") else None,
        seller_tax_id=request.seller_tax_id,
        operation=Operation(_name(attempt_pb2.Attempt.Operation.Name(operation))) if operation else None,
        outcome=Outcome(_name(attempt_pb2.Attempt.Outcome.Name(outcome))) if outcome else None,
        authority_code=request.authority_code,
        cause=request.cause,
    )


def durations_to_proto(took: Durations) -> attempt_service_pb2.AttemptStatistics:
    """How long they took; zeros for those under way."""
    return attempt_service_pb2.AttemptStatistics(
        operation=_operation(took.operation),
        outcome=_outcome(took.outcome) if took.outcome else attempt_pb2.Attempt.OUTCOME_UNSPECIFIED,
        attempt_count=took.attempt_count,
        p50_ms=took.p50_ms,
        p95_ms=took.p95_ms,
        p99_ms=took.p99_ms,
        max_ms=took.max_ms,
    )


def log_verdict_to_proto(found: LogVerdict) -> attempt_service_pb2.VerifyLogResponse:
    """Whether the log is whole."""
    return attempt_service_pb2.VerifyLogResponse(
        intact=not found.flaw,
        attempt_count=found.attempt_count,
        broken_attempt_no=found.attempt_no,
        why=_FLAWS.get(found.flaw, found.flaw),
        log_head=found.head,
    )


_FLAWS = {
    "NUMBER": "NUMBER: an attempt is missing, double or out of order",
    "LINK": "LINK: it does not follow from the attempt before it",
    "BEGUN": "BEGUN: its beginning is not what was written",
    "ENDED": "ENDED: its end is not what was written",
    "HEAD": "HEAD: the log does not end with the head that was written down for it",
    "ANCHOR": "ANCHOR: a head that was anchored is in the log no more, or its anchor was changed",
}


def _operation(operation: Operation) -> attempt_pb2.Attempt.Operation.ValueType:
    return attempt_pb2.Attempt.Operation.Value(f"OPERATION_{operation.value}")


def _outcome(outcome: Outcome) -> attempt_pb2.Attempt.Outcome.ValueType:
    return attempt_pb2.Attempt.Outcome.Value(f"OUTCOME_{outcome.value}")


def _name(name: str) -> str:
    return name.removeprefix("OPERATION_").removeprefix("OUTCOME_")
