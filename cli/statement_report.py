"""What a check of a statement file tells, on the terminal: in English and Chinese, errors with rule and cure.

What stands in a file may be anything: it is shown as text, without what a terminal would obey.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.text import Text

from cli.show import console, plain, table
from services.reconciler.domain.line import ControlTotal
from services.reconciler.domain.statement import StatementFault, Summary
from services.reconciler.statements import Limits, ProfileInvalid, Source, StatementRefused, load_profiles
from services.reconciler.statements.report import Asked, Report, report_json, report_on
from services.reconciler.statements.scales import major_text

__all__ = ["NOT_READ", "Asked", "read", "report_json", "show"]

NOT_READ = (ProfileInvalid, StatementRefused)  # a profile is faulty, or a file cannot be looked at

_ERRORS_SHOWN = 10
_SHOWN_OF_ACCOUNT = 4


def read(path: Path, asked: Asked, moved: Callable[[int], None]) -> Report:
    """Read a file with the profiles that come with the program; `moved` is told how far it is. Raises NOT_READ."""
    with path.open("rb") as file:
        # Nothing is kept under its digest here, so that it need not be known.
        source = Source(file, path.stat().st_size, sha256="")
        return report_on(source, load_profiles(), Limits(), asked, moved)


def show(name: str, report: Report) -> None:
    """Put a report on the terminal."""
    summary = report.summary
    verdict = Text("can be loaded 可以入账", "green") if summary.loadable else Text("refused 拒收", "bold red")
    console.print(table(f"{plain(name)}", ("", ""), [("verdict 结论", verdict), *_facts(summary)]))
    if summary.controls:
        columns = ("total 合计项", "", "declared 声明", "computed 计算")
        console.print(table("control totals 控制合计", columns, map(_control, summary.controls), right=2))
    if summary.faults:
        title = f"{summary.fault_count} errors 错误" + _first_of(summary.fault_count)
        console.print(table(title, _FAULT_COLUMNS, map(_fault, summary.faults[:_ERRORS_SHOWN])))
    if summary.warnings:
        console.print(table("warnings 提示", _FAULT_COLUMNS, map(_fault, summary.warnings[:_ERRORS_SHOWN])))
    if summary.header_map:
        console.print(table("columns 列", ("field 字段", "header 表头"), summary.header_map.items()))
    if report.draft is not None:
        console.print(table("first rows 前几行", *_draft_rows(report.draft.rows)))
        console.print(Text("a draft of a profile, for a person to complete 解析规则草稿，需人工确认", "bold"))
        console.print(Text(plain(report.draft.yaml)))


_FAULT_COLUMNS = ("code", "line 行", "column 列", "value 值", "rule 规则", "cure 处理")


def _facts(summary: Summary) -> Iterable[tuple[str, str]]:
    rows = summary.rows
    if summary.profile_id:
        yield "profile 版式", f"{summary.profile_id} v{summary.profile_version}"
        yield "channel 渠道", summary.channel or "to be named when it is loaded 入账时指明"
        yield "encoding 编码", summary.encoding or "–"
        yield "account 账户", f"****{summary.account_no[-_SHOWN_OF_ACCOUNT:]}" if summary.account_no else "–"
        yield "days 账单日", _days(summary)
        counts = f"{rows.booked} booked 入账, {rows.neutral} neutral 不动账, {rows.frame} frame 表头表尾"
        yield "rows 行", f"{counts}, {rows.quarantined} quarantined 存疑"
        yield "in 收入", _sums(summary.sums_in)
        yield "out 支出", _sums(summary.sums_out)


def _days(summary: Summary) -> str:
    if summary.first_date is None or summary.last_date is None:
        return "–"
    first, last = summary.first_date.isoformat(), summary.last_date.isoformat()
    return first if first == last else f"{first} – {last}"


def _sums(sums: Mapping[str, int]) -> str:
    return ", ".join(f"{major_text(minor, code)} {code}" for code, minor in sorted(sums.items())) or "0"


def _control(control: ControlTotal) -> tuple[str | Text, ...]:
    ties = Text("ties 相符", "green") if control.ties else Text("differs 不符", "red")
    return control.name, ties, control.declared, control.computed


def _fault(fault: StatementFault) -> tuple[str | Text, ...]:
    return (
        Text(fault.code, "red" if fault.code.startswith("E") else "yellow"),
        "" if fault.line is None else str(fault.line),
        fault.column or "",
        fault.value or "",
        f"{fault.rule}\n{fault.rule_zh}",
        f"{fault.cure}\n{fault.cure_zh}",
    )


def _first_of(count: int) -> str:
    return f", the first {_ERRORS_SHOWN} 前 {_ERRORS_SHOWN} 处" if count > _ERRORS_SHOWN else ""


def _draft_rows(rows: Iterable[Mapping[str, str]]) -> tuple[list[str], list[list[str]]]:
    shown = list(rows)
    names = list(shown[0]) if shown else []
    return [plain(name) for name in names], [[row.get(name, "") for name in names] for row in shown]
