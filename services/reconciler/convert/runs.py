"""Runs and what they found, as the contract tells them. It decides nothing."""

from collections.abc import Mapping
from typing import Any

from bihuan.reconciler.v1 import run_pb2, run_service_pb2

from chassis import telemetry
from services.reconciler.convert.basics import money, optional_business_date, sums, timestamp
from services.reconciler.convert.exceptions import exception_class_value
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.match import Match
from services.reconciler.domain.pins import Mode
from services.reconciler.matching.frames import Disposition
from services.reconciler.store.run import RunFilter
from services.reconciler.tables import RunRow


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
            rule_set_id=row.rule_set_id,
            rule_set_hash=row.rule_set_hash,
            as_of=timestamp(row.as_of) if row.as_of else None,
        ),
        output_digest=row.output_digest,
        totals=_totals(row.totals) if row.totals else None,
        failure_reason=row.failure_reason,
        failure_message=row.failure_message,
        create_time=timestamp(row.create_time),
        end_time=timestamp(row.end_time) if row.end_time else None,
        rows_done=row.rows_done,
        rows_total=row.rows_total,
        mode=run_pb2.Run.Mode.Value(f"MODE_{row.mode}"),
        same_as_run_id=row.same_as_run_id or "",
        superseded_by_run_id=row.superseded_by_run_id or "",
        mirror_gap=_mirror_gap(row.mirror_gap) if row.mirror_gap else None,
        results_forget_time=timestamp(row.results_forget_time) if row.results_forget_time else None,
    )


def _mirror_gap(gap: Mapping[str, Any]) -> run_pb2.MirrorGap:
    return run_pb2.MirrorGap(
        missing_count=gap["missing_count"],
        wrong_count=gap["wrong_count"],
        unknown_count=gap["unknown_count"],
        missing_payment_ids=gap["missing_ids"],
        wrong_payment_ids=gap["wrong_ids"],
        unknown_payment_ids=gap["unknown_ids"],
    )


def mode(value: run_pb2.Run.Mode.ValueType) -> Mode:
    """The mode that is asked for; unset means COMMIT."""
    return Mode(run_pb2.Run.Mode.Name(value).removeprefix("MODE_")) if value else Mode.COMMIT


def run_filter(request: run_service_pb2.ListRunsRequest) -> RunFilter:
    """Which runs a list wants."""
    wanted = mode(request.mode) if request.mode else ""
    return RunFilter(request.channel, optional_business_date(request.business_date), wanted)


def disposition(value: run_pb2.Disposition.ValueType) -> Disposition | None:
    """The disposition that a list wants; None for every one."""
    return Disposition(run_pb2.Disposition.Name(value).removeprefix("DISPOSITION_")) if value else None


def match(found: Match) -> run_pb2.Match:
    """A match as the contract tells it."""
    return run_pb2.Match(
        match_id=f"{found.run_id}.{found.group_id}",
        run_id=found.run_id,
        payment_id=found.payment_ids[0],
        line_id=found.line_ids[0] if found.line_ids else "",
        kind=run_pb2.Match.Kind.Value(f"KIND_{found.kind}"),
        key=found.key or "",
        amount=money(found.amount.currency_code, found.amount.amount_minor),
        trace_id=telemetry.trace_id_of(found.traceparent),
        group_id=found.group_id,
        payment_ids=found.payment_ids,
        line_ids=found.line_ids,
        rule_id=found.rule_id,
        stage=found.stage,
        disposition=_disposition(found.disposition),
        reason=found.reason,
        runner_up_id=found.runner_up_id,
        margin_us=found.margin_us,
    )


def _disposition(name: str) -> run_pb2.Disposition.ValueType:
    return run_pb2.Disposition.Value(f"DISPOSITION_{name}")


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
        dispositions=map(_disposition_total, totals.get("dispositions", ())),  # runs before rule sets have none
    )


def _disposition_total(total: Mapping[str, Any]) -> run_pb2.DispositionTotal:
    return run_pb2.DispositionTotal(
        disposition=_disposition(total["disposition"]),
        group_count=total["group_count"],
        payment_count=total["payment_count"],
        payment_sums=sums(total["payment_sums"]),
        line_count=total["line_count"],
        line_sums=sums(total["line_sums"]),
    )


def _class_total(total: Mapping[str, Any]) -> run_pb2.ClassTotal:
    return run_pb2.ClassTotal(
        exception_class=exception_class_value(total["exception_class"]),
        exception_count=total["exception_count"],
        book_sums=sums(total["book_sums"]),
        channel_sums=sums(total["channel_sums"]),
        exception_class_zh=ExceptionClass(total["exception_class"]).zh,
        exception_class_en=ExceptionClass(total["exception_class"]).en,
        payment_count=total["payment_count"],
        line_count=total["line_count"],
    )
