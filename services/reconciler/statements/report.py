"""What a check of a file tells: all that was found in it, for people and for programs. It keeps no line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.reconciler.domain.statement import EdgeLine, RowCounts, StatementFault, Summary
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.read import open_statement
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.watched import Watch, Watched


@dataclass(frozen=True, slots=True)
class Report:
    """A file that was read as far as it can be."""

    summary: Summary  # without a profile when none claims the file
    draft: str = ""  # a profile that may fit, as YAML, for a file that no profile claims


def report_on(
    source: Source, profiles: Sequence[Profile], limits: Limits, profile_id: str = "", watch: Watch | None = None
) -> Report:
    """Read a file to its end. Nothing that a file can hold raises here."""
    watched = Watched(source, watch or _nobody)
    try:
        reading = open_statement(watched, profiles, limits, profile_id)
        for _ in reading.batches():
            watched.touch()
    except StatementRefused as refused:
        return Report(_unread(refused.fault))
    return Report(reading.summary)


def report_json(report: Report) -> dict[str, Any]:
    """The report for programs. Sums are minor units by currency, those out negative."""
    summary = report.summary
    return {
        "profile": summary.profile_id,
        "version": summary.profile_version,
        "encoding": summary.encoding,
        "rows": asdict(summary.rows),
        "sum_in_minor": dict(sorted(summary.sums_in.items())),
        "sum_out_minor": dict(sorted(summary.sums_out.items())),
        "first": _edge(summary.first),
        "last": _edge(summary.last),
        "controls": [asdict(control) for control in summary.controls],
        "errors": [asdict(fault) for fault in summary.faults],
        "loadable": summary.loadable,
        "channel": summary.channel,
        "account": summary.account_no,
        "first_date": summary.first_date.isoformat() if summary.first_date else None,
        "last_date": summary.last_date.isoformat() if summary.last_date else None,
        "error_count": summary.fault_count,
        "warnings": [asdict(fault) for fault in summary.warnings],
        "header_map": summary.header_map,
        "draft": report.draft,
    }


def _edge(line: EdgeLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {"time": line.time, "amount_minor": line.amount_minor, "currency": line.currency_code}


def _unread(fault: StatementFault) -> Summary:
    return Summary(
        profile_id="",
        profile_version=0,
        channel="",
        encoding="",
        account_no="",
        first_date=None,
        last_date=None,
        period_start=None,
        period_end=None,
        rows=RowCounts(0, 0, 0, 0),
        sums_in={},
        sums_out={},
        first=None,
        last=None,
        controls=(),
        faults=(fault,),
        fault_count=1,
        warnings=(),
        header_map={},
    )


def _nobody(_: int) -> None:
    """Nobody watches."""
