"""Runs and what they found, as the contract tells them. It decides nothing."""

from collections.abc import Mapping
from typing import Any

from bihuan.reconciler.v1 import run_pb2

from services.reconciler.convert.basics import line_id, money, sums, timestamp
from services.reconciler.convert.exceptions import exception_class_value
from services.reconciler.tables import MatchRow, RunRow


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
        create_time=timestamp(row.create_time),
        end_time=timestamp(row.end_time) if row.end_time else None,
        rows_done=row.rows_done,
        rows_total=row.rows_total,
    )


def match(row: MatchRow) -> run_pb2.Match:
    """A match as the contract tells it."""
    return run_pb2.Match(
        match_id=row.match_id,
        run_id=row.run_id,
        payment_id=row.payment_id,
        line_id=line_id(row.statement_id, row.line_no),
        kind=run_pb2.Match.Kind.Value(f"KIND_{row.kind}"),
        key=row.key,
        amount=money(row.currency_code, row.amount_minor),
        trace_id=row.trace_id,
    )


def _totals(totals: Mapping[str, Any]) -> run_pb2.RunTotals:
    return run_pb2.RunTotals(
        payment_count=totals["payment_count"],
        payment_sums=sums(totals["payment_sums"]),
        line_count=totals["line_count"],
        line_sums=sums(totals["line_sums"]),
        matched_count=totals["matched_count"],
        matched_sums=sums(totals["matched_sums"]),
        cross_day_count=totals["cross_day_count"],
        exceptions=map(_class_total, totals["exceptions"]),
    )


def _class_total(total: Mapping[str, Any]) -> run_pb2.ClassTotal:
    return run_pb2.ClassTotal(
        exception_class=exception_class_value(total["exception_class"]),
        exception_count=total["exception_count"],
        book_sums=sums(total["book_sums"]),
        channel_sums=sums(total["channel_sums"]),
        payment_count=total["payment_count"],
        line_count=total["line_count"],
    )
