"""Exceptions and what was done about them, as the contract tells them. It decides nothing."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from bihuan.reconciler.v1 import exception_pb2, exception_service_pb2

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.reconciler.convert.basics import business_date_field, line_id, money, sums, timestamp
from services.reconciler.domain.clearing import Cleared, Refusal, RowResult
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.store.exception import ExceptionFilter, ExceptionSummary, FoundException, Order, Wanted

_Filtering = exception_service_pb2.ListExceptionsRequest | exception_service_pb2.ExceptionFilter


def exception(found: FoundException) -> exception_pb2.Exception:
    """An exception as the contract tells it."""
    row = found.row
    exception_class = ExceptionClass(row.exception_class)
    return exception_pb2.Exception(
        exception_id=row.exception_id,
        run_id=row.run_id,
        exception_class=exception_class_value(row.exception_class),
        exception_class_zh=exception_class.zh,
        exception_class_title=exception_class.en,
        state=_state(row.state),
        payment_id=row.payment_id or "",
        line_id=line_id(row.statement_id, row.line_no),
        merchant_order_no=row.merchant_order_no,
        book_amount=money(row.book_currency_code, row.book_amount_minor),
        channel_amount=money(row.channel_currency_code, row.channel_amount_minor),
        amount_minor=row.amount_minor,
        explanation=row.explanation,
        explanation_zh=row.explanation_zh,
        trace_id=row.trace_id,
        create_time=timestamp(row.create_time),
        channel=found.channel,
        business_date=found.business_date.isoformat(),
        merchant_id=found.merchant_id or "",
        assignee=row.assignee,
        confirmed_by=row.maker,
        second_confirmed_by=row.checker,
        resolved_by_run_id=row.resolved_by_run_id or "",
        carried_from_exception_id=row.carried_from_exception_id or "",
    )


def exception_action(row: Any) -> exception_pb2.ExceptionAction:
    """What somebody did, as the contract tells it."""
    return exception_pb2.ExceptionAction(
        kind=exception_pb2.ExceptionAction.Kind.Value(f"KIND_{row.kind}"),
        operator=row.operator,
        assignee=row.assignee,
        note=row.note,
        create_time=timestamp(row.create_time),
        exception_id=row.exception_id,
    )


def exception_filter(request: _Filtering) -> ExceptionFilter:
    """What a request filters by."""
    return ExceptionFilter(
        run_id=request.run_id,
        exception_class=_name(exception_pb2.ExceptionClass.Name, request.exception_class, "EXCEPTION_CLASS_"),
        state=_name(exception_pb2.Exception.State.Name, request.state, "STATE_"),
        payment_id=request.payment_id,
        channel=request.channel,
        first_date=business_date_field("business_date_from", request.business_date_from),
        last_date=business_date_field("business_date_to", request.business_date_to),
        assignee=request.assignee,
        merchant_id=request.merchant_id,
        currency_code=request.currency_code,
        amount_minor_from=request.amount_minor_from,
        amount_minor_to=request.amount_minor_to,
        age_hours_min=request.age_hours_min,
    )


def exception_order(value: "exception_service_pb2.ListExceptionsRequest.Order.ValueType") -> Order:
    """The order that a list wants."""
    return Order(exception_service_pb2.ListExceptionsRequest.Order.Name(value).removeprefix("ORDER_"))


def exceptions_wanted(request: exception_service_pb2.ConfirmExceptionsRequest) -> Wanted:
    """Which exceptions to confirm. Raises Fault INVALID_FIELD unless ids are given, or else a filter and its count."""
    is_filtered = request.HasField("filter")
    if is_filtered == bool(request.exception_ids) or is_filtered != bool(request.expected_count):
        words = (
            "give exception_ids, or else filter with expected_count",
            "请给出 exception_ids，或 filter 与 expected_count",
        )
        raise invalid((FieldFault("exception_ids", "IDS_OR_FILTER", *words),))
    chosen = exception_filter(request.filter) if is_filtered else None
    return Wanted(tuple(request.exception_ids), chosen, request.expected_count)


def exception_results(cleared: Cleared) -> Iterator[exception_service_pb2.ExceptionResult]:
    """What came of each exception."""
    return map(_result, cleared.results)


def _result(result: RowResult) -> exception_service_pb2.ExceptionResult:
    message, message_zh = Refusal(result.refusal).sentences if result.refusal else ("", "")
    return exception_service_pb2.ExceptionResult(
        exception_id=result.row_id,
        state=_state(result.state) if result.state else exception_pb2.Exception.STATE_UNSPECIFIED,
        refusal=result.refusal,
        message=message,
        message_zh=message_zh,
    )


def exception_summaries(parts: Iterable[ExceptionSummary]) -> Iterator[exception_service_pb2.ExceptionSummary]:
    """Counts and sums, one for each class and state; `parts` are in their order."""
    for (exception_class, state), group in groupby(parts, key=lambda part: (part.exception_class, part.state)):
        members = list(group)
        yield exception_service_pb2.ExceptionSummary(
            exception_class=exception_class_value(exception_class),
            exception_class_zh=ExceptionClass(exception_class).zh,
            state=_state(state),
            exception_count=sum(part.exception_count for part in members),
            book_sums=_sums((part.book_currency_code, part.book_minor) for part in members),
            channel_sums=_sums((part.channel_currency_code, part.channel_minor) for part in members),
        )


def exception_class_value(name: str) -> exception_pb2.ExceptionClass.ValueType:
    """A class by its name."""
    return exception_pb2.ExceptionClass.Value(f"EXCEPTION_CLASS_{name}")


def _sums(parts: Iterable[tuple[str | None, int | None]]) -> Any:
    added: dict[str, int] = {}
    for currency_code, minor in parts:
        if currency_code is not None:
            added[currency_code] = added.get(currency_code, 0) + int(minor or 0)
    return sums(added)


def _state(name: str) -> exception_pb2.Exception.State.ValueType:
    return exception_pb2.Exception.State.Value(f"STATE_{name}")


def _name(name: Any, value: int, prefix: str) -> str:
    return str(name(value)).removeprefix(prefix) if value else ""
