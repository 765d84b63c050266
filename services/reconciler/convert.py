"""Between the contract's messages and the reconciler's rows. It decides nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bihuan.reconciler.v1 import (
    exception_pb2,
    run_pb2,
    statement_fetch_service_pb2,
    statement_pb2,
    statement_service_pb2,
)
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.reconciler.domain.explanation import CLASS_ZH
from services.reconciler.domain.outcome import ExceptionClass
from services.reconciler.domain.statement import EdgeLine, StatementFault
from services.reconciler.domain.upload import Progress, Sent
from services.reconciler.statements.report import Report
from services.reconciler.tables import (
    ExceptionRow,
    MatchRow,
    RunRow,
    StatementFetchRow,
    StatementLineRow,
    StatementRow,
)

_FETCH_ALERTS = {"MISSING": "STATEMENT_MISSING", "REFUSED": "STATEMENT_REFUSED"}


def business_date(text: str) -> date:
    """The day that a request names. Raises Fault INVALID_FIELD when the calendar has none such."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fault = FieldFault("business_date", "DATE", f"{text} is not in the calendar", f"{text} 不是有效日期")
        raise invalid((fault,)) from None


def optional_business_date(text: str) -> date | None:
    """The same; None for the empty text."""
    return business_date(text) if text else None


def statement(row: StatementRow) -> statement_pb2.Statement:
    """A statement as the contract tells it."""
    return statement_pb2.Statement(
        statement_id=row.statement_id,
        file_sha256=row.file_sha256,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        channel=row.channel,
        account_no=row.account_no,
        business_date=row.business_date.isoformat(),
        first_date=(row.first_date or row.business_date).isoformat(),
        last_date=(row.last_date or row.business_date).isoformat(),
        profile_id=row.profile_id,
        profile_version=row.profile_version,
        encoding=row.encoding,
        rows=statement_pb2.RowCounts(
            booked=row.booked_rows,
            neutral=row.neutral_rows,
            frame=row.frame_rows,
            quarantined=row.quarantined_rows,
        ),
        sums_in=_sums(row.sums_in),
        sums_out=_sums(row.sums_out),
        controls=[statement_pb2.ControlTotal(**control) for control in row.controls],
        known_rows=row.known_rows,
        late_rows=row.late_rows,
        create_time=_timestamp(row.create_time),
    )


def statement_line(row: StatementLineRow) -> statement_pb2.StatementLine:
    """A line as the contract tells it."""
    return statement_pb2.StatementLine(
        line_id=_line_id(row.statement_id, row.line_no),
        statement_id=row.statement_id,
        line_no=row.line_no,
        kind=statement_pb2.StatementLine.Kind.Value(f"KIND_{row.kind}"),
        channel_txn_no=row.channel_txn_no,
        merchant_order_no=row.merchant_order_no,
        channel_refund_no=row.channel_refund_no,
        merchant_refund_no=row.merchant_refund_no,
        amount=_money(row.currency_code, row.amount_minor),
        book_time=_timestamp(row.book_time) if row.book_time else None,
        book_local=row.book_local,
        business_date=row.business_date.isoformat(),
        status=row.status,
        fee_text=row.fee_text,
        account_no=row.account_no,
        entry_ref=row.entry_ref,
        original_txn_no=row.original_txn_no,
        value_date=_day(row.value_date),
        balance_after=_money(row.currency_code, row.balance_after_minor),
        reversal=row.reversal,
        late=row.late,
        byte_offset=row.byte_offset,
        byte_size=row.byte_size,
    )


def statement_fetch(row: StatementFetchRow) -> statement_fetch_service_pb2.StatementFetch:
    """A source's business day as the contract tells it."""
    return statement_fetch_service_pb2.StatementFetch(
        fetch_id=row.fetch_id,
        source_id=row.source_id,
        channel=row.channel,
        account_no=row.account_no,
        business_date=row.business_date.isoformat(),
        state=statement_fetch_service_pb2.StatementFetch.State.Value(f"STATE_{row.state}"),
        alert=_FETCH_ALERTS.get(row.state, ""),
        late=row.late,
        attempts=row.attempts,
        cause=row.cause,
        detail=row.detail,
        available_time=_timestamp(row.available_at),
        deadline_time=_timestamp(row.deadline_at),
        give_up_time=_timestamp(row.end_at),
        try_time=_timestamp(row.try_time) if row.try_time else None,
        next_try_time=_timestamp(row.next_try_at) if row.next_try_at else None,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        fetch_time=_timestamp(row.fetch_time) if row.fetch_time else None,
        statement_id=row.statement_id or "",
        load_time=_timestamp(row.load_time) if row.load_time else None,
    )


def fetch_state_name(state: "statement_fetch_service_pb2.StatementFetch.State.ValueType") -> str:
    """A state of a filter as the table has it; empty for every state."""
    name = statement_fetch_service_pb2.StatementFetch.State.Name(state).removeprefix("STATE_")
    return "" if name == "UNSPECIFIED" else name


def sent(header: statement_service_pb2.StatementHeader) -> Sent:
    """What a caller says of a file."""
    return Sent(header.request_id, header.file_name, header.channel, header.profile_id)


def upload(progress: Progress) -> statement_service_pb2.GetUploadResponse:
    """An upload as the contract tells it."""
    return statement_service_pb2.GetUploadResponse(
        received_bytes=progress.received_bytes,
        expire_time=_timestamp(progress.expire_time) if progress.expire_time else None,
        statement_id=progress.statement_id,
    )


def report(found: Report) -> statement_pb2.StatementReport:
    """A report as the contract tells it."""
    summary = found.summary
    return statement_pb2.StatementReport(
        loadable=summary.loadable,
        profile_id=summary.profile_id,
        profile_version=summary.profile_version,
        encoding=summary.encoding,
        channel=summary.channel,
        account_no=summary.account_no,
        first_date=_day(summary.first_date),
        last_date=_day(summary.last_date),
        rows=statement_pb2.RowCounts(**asdict(summary.rows)),
        sums_in=_sums(summary.sums_in),
        sums_out=_sums({code: -minor for code, minor in summary.sums_out.items()}),
        first=_edge(summary.first),
        last=_edge(summary.last),
        controls=[statement_pb2.ControlTotal(**asdict(control)) for control in summary.controls],
        errors=map(_error, summary.faults),
        error_count=summary.fault_count,
        warnings=map(_error, summary.warnings),
        columns=[statement_pb2.ColumnName(field=field, header=header) for field, header in summary.header_map.items()],
        draft=found.draft.yaml if found.draft else "",
    )


def _error(fault: StatementFault) -> statement_pb2.StatementError:
    return statement_pb2.StatementError(
        code=fault.code,
        line=fault.line or 0,
        column=fault.column or "",
        value=fault.value or "",
        rule=fault.rule,
        cure=fault.cure,
        rule_zh=fault.rule_zh,
        cure_zh=fault.cure_zh,
    )


def _edge(line: EdgeLine | None) -> statement_pb2.EdgeLine | None:
    if line is None:
        return None
    return statement_pb2.EdgeLine(time=line.time, amount=_money(line.currency_code, line.amount_minor))


def run(row: RunRow) -> run_pb2.Run:
    """A run as the contract tells it; totals are set once it has succeeded."""
    return run_pb2.Run(
        run_id=row.run_id,
        channel=row.channel,
        business_date=row.business_date.isoformat(),
        state=run_pb2.Run.State.Value(f"STATE_{row.state}"),
        pins=run_pb2.Pins(
            statement_sha256s=row.statement_sha256s,
            payments_manifest_digest=row.payments_manifest_digest,
            neighbours_digest=row.neighbours_digest,
            rule_set_version=row.rule_set_version,
        ),
        output_digest=row.output_digest,
        totals=_totals(row.totals) if row.totals else None,
        failure_reason=row.failure_reason,
        failure_message=row.failure_message,
        create_time=_timestamp(row.create_time),
        end_time=_timestamp(row.end_time) if row.end_time else None,
        rows_done=row.rows_done,
        rows_total=row.rows_total,
    )


def match(row: MatchRow) -> run_pb2.Match:
    """A match as the contract tells it."""
    return run_pb2.Match(
        match_id=row.match_id,
        run_id=row.run_id,
        payment_id=row.payment_id,
        line_id=_line_id(row.statement_id, row.line_no),
        kind=run_pb2.Match.Kind.Value(f"KIND_{row.kind}"),
        key=row.key,
        amount=_money(row.currency_code, row.amount_minor),
        trace_id=row.trace_id,
    )


def exception(row: ExceptionRow) -> exception_pb2.Exception:
    """An exception as the contract tells it."""
    return exception_pb2.Exception(
        exception_id=row.exception_id,
        run_id=row.run_id,
        exception_class=_exception_class(row.exception_class),
        exception_class_zh=CLASS_ZH[ExceptionClass(row.exception_class)],
        state=exception_pb2.Exception.State.Value(f"STATE_{row.state}"),
        payment_id=row.payment_id or "",
        line_id=_line_id(row.statement_id, row.line_no),
        merchant_order_no=row.merchant_order_no,
        book_amount=_money(row.book_currency_code, row.book_amount_minor),
        channel_amount=_money(row.channel_currency_code, row.channel_amount_minor),
        explanation=row.explanation,
        explanation_zh=row.explanation_zh,
        trace_id=row.trace_id,
        create_time=_timestamp(row.create_time),
    )


def exception_class_name(value: int) -> str:
    """The class that a filter names; empty for none."""
    return _wanted(exception_pb2.ExceptionClass.Name, value, "EXCEPTION_CLASS_")


def exception_state_name(value: int) -> str:
    """The state that a filter names; empty for none."""
    return _wanted(exception_pb2.Exception.State.Name, value, "STATE_")


def _wanted(name: Any, value: int, prefix: str) -> str:
    return str(name(value)).removeprefix(prefix) if value else ""


def _exception_class(name: str) -> exception_pb2.ExceptionClass.ValueType:
    return exception_pb2.ExceptionClass.Value(f"EXCEPTION_CLASS_{name}")


def _totals(totals: Mapping[str, Any]) -> run_pb2.RunTotals:
    return run_pb2.RunTotals(
        payment_count=totals["payment_count"],
        payment_sums=_sums(totals["payment_sums"]),
        line_count=totals["line_count"],
        line_sums=_sums(totals["line_sums"]),
        matched_count=totals["matched_count"],
        matched_sums=_sums(totals["matched_sums"]),
        cross_day_count=totals["cross_day_count"],
        exceptions=map(_class_total, totals["exceptions"]),
    )


def _class_total(total: Mapping[str, Any]) -> run_pb2.ClassTotal:
    return run_pb2.ClassTotal(
        exception_class=_exception_class(total["exception_class"]),
        exception_count=total["exception_count"],
        book_sums=_sums(total["book_sums"]),
        channel_sums=_sums(total["channel_sums"]),
        payment_count=total["payment_count"],
        line_count=total["line_count"],
    )


def _sums(sums: Mapping[str, int]) -> list[money_pb2.Money]:
    return [
        money_pb2.Money(currency_code=currency_code, amount_minor=amount_minor)
        for currency_code, amount_minor in sorted(sums.items())
    ]


def _money(currency_code: str | None, amount_minor: int | None) -> money_pb2.Money | None:
    if currency_code is None or amount_minor is None:
        return None
    return money_pb2.Money(currency_code=currency_code, amount_minor=amount_minor)


def _line_id(statement_id: str | None, line_no: int | None) -> str:
    return "" if line_no is None else f"{statement_id}.{line_no}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
