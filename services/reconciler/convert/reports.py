"""What a check found, as the contract tells it. It decides nothing."""

from dataclasses import asdict

from bihuan.reconciler.v1 import statement_pb2

from services.reconciler.convert.basics import day, money, sums
from services.reconciler.domain.statement import EdgeLine, StatementFault
from services.reconciler.statements.report import Report


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
        first_date=day(summary.first_date),
        last_date=day(summary.last_date),
        rows=statement_pb2.RowCounts(**asdict(summary.rows)),
        sums_in=sums(summary.sums_in),
        sums_out=sums({code: -minor for code, minor in summary.sums_out.items()}),
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
    return statement_pb2.EdgeLine(time=line.time, amount=money(line.currency_code, line.amount_minor))
