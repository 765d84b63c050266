"""The exceptions of a run as rows of their table, in a file for COPY: one a group, with what people read about it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv

from chassis import ids
from chassis.money import Money
from services.reconciler.domain.clearing import people_needed
from services.reconciler.domain.difference import BookRow, ChannelRow, Difference, Key
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.explanation import explain
from services.reconciler.domain.line import LineKind
from services.reconciler.rules.rule_set import RuleSet

_Rows = Sequence[dict[str, Any]]
_BATCH_ROWS = 5_000
_TEXT, _NUMBER = pa.string(), pa.int64()
_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("exception_id", "run_id", "exception_class", "state", "payment_id", "statement_id"), _TEXT),
        "line_no": _NUMBER,
        "merchant_order_no": _TEXT,
        "book_currency_code": _TEXT,
        "book_amount_minor": _NUMBER,
        "channel_currency_code": _TEXT,
        "channel_amount_minor": _NUMBER,
        **dict.fromkeys(("explanation", "explanation_zh", "trace_id", "create_time"), _TEXT),
        "people_needed": _NUMBER,
        **dict.fromkeys(("rule_id", "stage", "group_id", "runner_up_id"), _TEXT),
        "margin": _NUMBER,
        **dict.fromkeys(("reason", "payment_ids", "line_ids"), _TEXT),
    }
)
EXCEPTION_COLUMNS = tuple(_SCHEMA.names)
_CSV = csv.WriteOptions(include_header=False)


def write_exceptions(
    groups: Iterable[tuple[_Rows, _Rows, _Rows]], rule_set: RuleSet, run_id: str, now: datetime, path: Path
) -> None:
    """Write one row for each group: its results, the payments in it, and the lines. Text stands in quotes."""
    with csv.CSVWriter(path, _SCHEMA, write_options=_CSV) as writer:
        for batch in _batches(_row(*group, rule_set, run_id, now) for group in groups):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(
    results: _Rows, payments: _Rows, lines: _Rows, rule_set: RuleSet, run_id: str, now: datetime
) -> dict[str, Any]:
    told, holder = results[0], (payments or lines)[0]
    explanation, explanation_zh = explain(difference_of(told, payments, lines))
    book_code, book_minor = _sum(payments)
    channel_code, channel_minor = _sum(lines)
    traceparent = next((payment["traceparent"] for payment in payments if payment["traceparent"]), "")
    return {
        "exception_id": ids.new_id("exc"),
        "run_id": run_id,
        "exception_class": told["exception_class"],
        "state": "OPEN",
        "payment_id": payments[0]["payment_id"] if payments else None,
        "statement_id": lines[0]["file_id"] if lines else None,
        "line_no": lines[0]["line_no"] if lines else None,
        "merchant_order_no": holder["merchant_order_no"],
        "book_currency_code": book_code,
        "book_amount_minor": book_minor,
        "channel_currency_code": channel_code,
        "channel_amount_minor": channel_minor,
        "explanation": explanation,
        "explanation_zh": explanation_zh,
        "trace_id": traceparent.split("-")[1] if traceparent else "",
        "create_time": now.isoformat(),
        "people_needed": people_needed(rule_set.second_confirmation, book_minor, channel_minor),
        **{name: told[name] for name in ("rule_id", "stage", "group_id", "runner_up_id", "margin", "reason")},
        "payment_ids": _array(payment["payment_id"] for payment in payments),
        "line_ids": _array(line["line_id"] for line in lines),
    }


def difference_of(told: dict[str, Any], payments: _Rows, lines: _Rows) -> Difference:
    """The rows as the domain speaks of them; `told` is the result of any of them."""
    return Difference(
        ExceptionClass(told["exception_class"]),
        tuple(_book_row(payment) for payment in payments),
        tuple(_channel_row(line) for line in lines),
        Key.of(told["reason"]),
        told["runner_up_id"],
        told["reason"],
    )


def _book_row(row: dict[str, Any]) -> BookRow:
    return BookRow(
        row["payment_id"],
        row["channel_txn_no"],
        row["merchant_order_no"],
        row["bill_no"],
        Money(row["currency_code"], row["amount_minor"]),
    )


def _channel_row(row: dict[str, Any]) -> ChannelRow:
    return ChannelRow(
        row["file_id"],
        row["line_no"],
        LineKind(row["kind"]),
        row["channel_txn_no"],
        row["merchant_order_no"],
        row["channel_refund_no"],
        row["merchant_refund_no"],
        Money(row["currency_code"], row["amount_minor"]),
    )


def _sum(rows: _Rows) -> tuple[str | None, int | None]:
    """Of rows of several currencies that of the first: a group is of one."""
    if not rows:
        return None, None
    code = rows[0]["currency_code"]
    return code, sum(row["amount_minor"] for row in rows if row["currency_code"] == code)


def _array(texts: Iterable[str]) -> str:
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"
