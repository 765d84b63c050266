"""The demo's one screen. It shows a report and decides nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from chassis.money import Money
from cli import show
from cli.spans import SpanNode
from demo.faults import PLANS
from demo.report import Report

_ZH = {
    "CHANNEL_ONLY": "长款·平台漏单",
    "PLATFORM_ONLY": "短款·渠道漏单",
    "AMOUNT_CHANNEL_OVER": "长款·金额不符(渠道多)",
    "AMOUNT_CHANNEL_SHORT": "短款·金额不符(渠道少)",
    "DUPLICATE_PAYMENT": "重复缴费",
    "REFUND_CHANNEL_ONLY": "渠道有退款平台无",
    "CROSS_DAY": "跨日(已对平)",
}


def screen(
    report: Report,
    statements: Sequence[str],
    found: Mapping[str, Any],
    trace_id: str,
    roots: Sequence[SpanNode],
) -> Group:
    """Counts, money, exceptions planted beside found, invoices by state, why for one invoice, and its trace."""
    return Group(
        Rule("Bihuan 闭环: one day, from payment to booked invoice"),
        *map(Text, statements),
        _sides(report),
        _exceptions(report),
        _invoices(report),
        _bad_day(report),
        show.diagnosis_table(found),
        show.trace_tree(trace_id, roots),
        _checks(report),
    )


def _cny(minor: int) -> str:
    return str(Money("CNY", minor))


def _sides(report: Report) -> Table:
    rows = [
        ("payments recorded 平台支付", str(report.payments), _cny(report.payments_minor)),
        ("statement lines 渠道账单", str(report.lines), _cny(report.lines_minor)),
        ("matched 已对平", str(report.matched), _cny(report.matched_minor)),
    ]
    return show.table("Reconciliation 对账", ("", "rows", "money"), rows, right=2)


def _exceptions(report: Report) -> Table:
    rows = []
    for name in sorted({*report.planted, *report.found}):
        planted, found = report.planted.get(name, 0), report.found.get(name, 0)
        style = "" if name == "CROSS_DAY" else "red"
        money = _cny(report.found_minor[name]) if name in report.found_minor else ""
        verdict = "=" if planted == found else "DIFFERS"
        cells = (name, _ZH.get(name, ""), str(planted), str(found), money, verdict)
        rows.append([Text(cell, style) for cell in cells])
    columns = ("exception", "差异", "planted", "found", "money", "")
    return show.table("Exceptions planted and found 植入与发现的对账差异", columns, rows, right=4)


def _invoices(report: Report) -> Table:
    rows = [(state, str(count), _cny(report.invoices_minor[state])) for state, count in sorted(report.invoices.items())]
    rows.append(("in the authority's book 税局已入库", str(report.booked), _cny(report.booked_minor)))
    return show.table("Invoices 发票", ("state", "invoices", "money"), rows, right=2)


def _bad_day(report: Report) -> Table:
    rows = [(plan.title, str(report.faults_shown.get(plan.fault, 0))) for plan in PLANS]
    return show.table("What the tax authority did wrong 税局侧故障", ("fault", "times"), rows, right=1)


def _checks(report: Report) -> Text:
    wrong = [check for check in report.checks if not check.holds]
    if not wrong:
        return Text(f"{len(report.checks)} of {len(report.checks)} checks hold: counts and money add up.", "bold green")
    lines = [f"DOES NOT ADD UP: {check.name}: expected {check.expected}, found {check.found}" for check in wrong]
    return Text("\n".join(lines), "bold red")
