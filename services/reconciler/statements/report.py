"""What a check of a file tells: all that was found in it, for people and for programs. It keeps no line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from services.reconciler.domain.statement import EdgeLine, RowCounts, StatementFault, Summary
from services.reconciler.statements.draft import Draft, draft_profile
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_table import Dialect
from services.reconciler.statements.read import open_statement
from services.reconciler.statements.refusal import DraftFits, StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.terms import account_of, broken_terms, channel_needed, wrong_account
from services.reconciler.statements.watched import Watch, Watched

_UNKNOWN = ("E-PROFILE-NONE", "E-ENC-AMBIGUOUS")


@dataclass(frozen=True, slots=True)
class Report:
    """A file that was read as far as it can be."""

    summary: Summary  # without a profile when none claims the file
    dialect: Dialect | None = None  # of delimited text that a profile claims
    draft: Draft | None = None  # what may fit a file that no profile claims


class Asked(NamedTuple):
    """What is said of a file that is to be checked; empty for what it tells."""

    profile_id: str = ""
    channel: str = ""
    account_no: str = ""


def report_on(
    source: Source, profiles: Sequence[Profile], limits: Limits, asked: Asked, watch: Watch | None = None
) -> Report:
    """Read a file to its end. Nothing that a file can hold raises here."""
    watched = Watched(source, watch or _nobody)
    try:
        reading = open_statement(watched, profiles, limits, asked.profile_id)
        for _ in reading.batches():
            watched.touch()
    except StatementRefused as refused:
        unknown = refused.code in _UNKNOWN and not isinstance(refused, DraftFits)
        draft = _draft(source, limits) if unknown else None
        return Report(_unread(refused.fault), draft=draft)
    profile = reading.profile
    dialect = profile.dialect if profile.format == "delimited" else None
    return Report(_for_loading(reading.summary, profile, asked), dialect)


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
        "errors": [_fault(fault) for fault in summary.faults],
        "loadable": summary.loadable,
        "channel": summary.channel,
        "account": summary.account_no,
        "first_date": summary.first_date.isoformat() if summary.first_date else None,
        "last_date": summary.last_date.isoformat() if summary.last_date else None,
        "error_count": summary.fault_count,
        "warnings": [_fault(fault) for fault in summary.warnings],
        "header_map": summary.header_map,
        "dialect": _dialect(report),
        "draft": asdict(report.draft) if report.draft else None,
    }


def _for_loading(summary: Summary, profile: Profile, asked: Asked) -> Summary:
    """With what loading would say; a channel can still be named then, so that one that is missing refuses nothing."""
    terms = [*broken_terms(profile, asked.channel), *wrong_account(summary, asked.account_no)]
    return replace(
        summary,
        channel=summary.channel or asked.channel,
        account_no=account_of(summary, asked.account_no),
        faults=(*terms, *summary.faults),
        fault_count=summary.fault_count + len(terms),
        warnings=(*channel_needed(profile, asked.channel), *summary.warnings),
    )


def _fault(fault: StatementFault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in ("code", "line", "column", "value", "rule", "cure")}


def _dialect(report: Report) -> dict[str, Any] | None:
    if report.dialect is not None:
        return {"delimiter": report.dialect.delimiter, "quote": report.dialect.quote}
    return {"delimiter": report.draft.delimiter} if report.draft and report.draft.delimiter else None


def _draft(source: Source, limits: Limits) -> Draft | None:
    try:
        return draft_profile(source, limits)
    except StatementRefused:  # the report has a fault already, which says more
        return None


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
        many_accounts=False,
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
