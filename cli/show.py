"""Puts answers on the terminal: tables, trees, money. It asks nothing and decides nothing."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from chassis.money import Money
from cli.spans import SpanNode

# Into a file or a pipe a line may be as long as a table needs; a terminal keeps its own width.
console = Console() if sys.stdout.isatty() else Console(width=120)
_CONFIDENCE = {
    "CONFIDENCE_PROVED": "proved 已证实",
    "CONFIDENCE_LIKELY": "likely 很可能",
    "CONFIDENCE_OPEN": "open 待定",
}


def money(amount: Mapping[str, Any] | None) -> str:
    """A Money of the API for people: "12.30 CNY"; a dash when there is none."""
    if not amount:
        return "–"
    return str(Money(amount["currencyCode"], int(amount.get("amountMinor", 0))))


def sums(amounts: Iterable[Mapping[str, Any]]) -> str:
    """Several sums, one for each currency; zero when there are none."""
    return ", ".join(money(amount) for amount in amounts) or "0"


def plain(text: str) -> str:
    """Text from a file or a peer, without what a terminal would obey: control and format characters show as ␦."""
    return "".join(sign if sign == "\n" or sign.isprintable() else "\u2426" for sign in text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: int = 0) -> Table:
    """A table; its last `right` columns are numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", show_header=any(columns))
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number >= len(columns) - right else "left", overflow="fold")
    for row in rows:
        # Cells are text as it is: what stands in a file or came from a peer is no markup.
        made.add_row(*(Text(plain(cell)) if isinstance(cell, str) else cell for cell in row))
    return made


def progress() -> Progress:
    """A bar that goes away when it is done; none where nobody watches."""
    return Progress(console=console, transient=True, disable=not console.is_terminal)


_DISPOSITION_ZH = {
    "MATCHED": "已对平",
    "SUGGESTED": "待确认",
    "BUFFERED": "缓冲",
    "EXCEPTION": "差异",
    "IGNORED_BY_RULE": "按规则忽略",
}


def run_table(run: Mapping[str, Any]) -> Table:
    """What one reconciliation run found: all rows by what became of them, then the exceptions in red."""
    totals = run.get("totals", {})
    rows: list[Sequence[str | Text]] = [("all 合计", "", *_both_sides(totals))]
    for one in totals.get("dispositions", []):
        name = one["disposition"].removeprefix("DISPOSITION_")
        rows.append((Text(f"{name} {_DISPOSITION_ZH[name]}"), one.get("groupCount", "0"), *_both_sides(one)))
        if name == "MATCHED":
            rows.append(("  across the cut-off 跨日", totals.get("crossDayCount", "0"), *[""] * 4))
    for one in totals.get("exceptions", []):
        name = one["exceptionClass"].removeprefix("EXCEPTION_CLASS_")
        told = Text(f"  {name} {one.get('exceptionClassZh', '')}\n  {one.get('exceptionClassEn', '')}", "red")
        money = {"paymentSums": one.get("bookSums", []), "lineSums": one.get("channelSums", []), **one}
        rows.append((told, Text(one["exceptionCount"], "red"), *_both_sides(money)))
    dry = " · DRY RUN 试跑" if run.get("mode") == "MODE_DRY_RUN" else ""
    title = f"{run['channel']} {run['businessDate']} · {run['state'].removeprefix('STATE_')}{dry}"
    columns = ("", "groups 组", "payments 账面笔数", "books 账面金额", "lines 账单行数", "channel 渠道金额")
    return table(title, columns, rows, right=5)


def _both_sides(totals: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (
        totals.get("paymentCount", "0"),
        sums(totals.get("paymentSums", [])),
        totals.get("lineCount", "0"),
        sums(totals.get("lineSums", [])),
    )


def diagnosis_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """A diagnosis for programs: the same keys whatever the cause is, an empty one where there is nothing to say."""
    fields = ("source", "rowId", "occurTime", "fact", "factZh", "traceId")
    return {
        "cause": found["cause"],
        "confidence": found["confidence"].removeprefix("CONFIDENCE_").lower(),
        "evidence": [{_snake(name): row.get(name, "") for name in fields} for row in found.get("evidence", [])],
        "remedy": found["remedy"],
        "text_customer": found.get("textCustomer", ""),
        "text_authority": found.get("textAuthority", ""),
        "action": {
            "kind": found["action"].removeprefix("ACTION_"),
            "call": found.get("remedyCall", ""),
            "owner": found.get("owner", ""),
        },
        "invoice_id": found.get("invoiceId", ""),
        "suggestion": found.get("suggestion", ""),
        "what_would_change": found.get("whatWouldChange", ""),
    }


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def diagnosis_table(found: Mapping[str, Any]) -> Table:
    """Why, with the rows that prove it and the remedy; first of all what was probably meant."""
    meant = found.get("suggestion", "")
    rows: list[Sequence[str | Text]] = [
        *([("did you mean 您是否要查", Text(f"{meant}?", "bold yellow"))] if meant else []),
        ("cause 原因", Text(f"{found['cause']}  {found['title']}\n{found['titleZh']}", "bold")),
        ("confidence 把握", _CONFIDENCE.get(found["confidence"], "")),
        *(
            (
                f"evidence 证据 {number}",
                f"{instant(one.get('occurTime', ''))} [{one['source']}] {one['fact']}\n{one['factZh']}",
            )
            for number, one in enumerate(found.get("evidence", []), 1)
        ),
        ("remedy 处理", f"{found['remedy']}\n{found['remedyZh']}"),
        ("by whom, and how 由谁如何处理", f"{found.get('owner', '')}  {found.get('remedyCall', '')}".strip()),
        ("to the customer 告知客户", _lines(found.get("textCustomer"), found.get("textCustomerEn"))),
        ("to the authority 告知税局", found.get("textAuthority") or "–"),
        ("what would change it 何时改判", _lines(found.get("whatWouldChange"), found.get("whatWouldChangeZh"))),
    ]
    return table(f"why {found.get('invoiceId') or found.get('paymentId', '')}", ("", ""), rows)


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)


def causes_table(found: Iterable[Mapping[str, Any]]) -> Table:
    """Many diagnoses in short, one line each."""
    rows = [
        (
            Text(one["cause"], "bold"),
            one.get("invoiceId") or one.get("paymentId", ""),
            one.get("invoiceNumber", ""),
            f"{one['title']}\n{one['titleZh']}",
            one.get("remedyCall", ""),
        )
        for one in found
    ]
    return table("", ("cause 原因", "invoice 发票", "number 发票号码", "why 说明", "call 操作"), rows)


def attempts_table(attempts: Iterable[Mapping[str, Any]]) -> Table:
    """Calls to the authority, one line each."""
    rows = [
        (
            instant(one["startTime"]),
            f"{one['invoiceId']} #{one['attemptNo']}",
            one["operation"].removeprefix("OPERATION_"),
            one.get("outcome", "").removeprefix("OUTCOME_"),
            f"{one.get('httpStatus', 0) or ''} {one.get('authorityCode', '')}".strip(),
            one.get("pointsTo", ""),
        )
        for one in attempts
    ]
    return table("", ("when 时间", "invoice 发票", "call 调用", "outcome 结果", "code 代码", "points to 指向"), rows)


def durations_table(statistics: Iterable[Mapping[str, Any]]) -> Table:
    """How long calls took, by operation and outcome."""
    rows = [
        (
            one["operation"].removeprefix("OPERATION_"),
            one.get("outcome", "").removeprefix("OUTCOME_"),
            one.get("attemptCount", "0"),
            *(f"{one.get(name, 0)} ms" for name in ("p50Ms", "p95Ms", "p99Ms", "maxMs")),
        )
        for one in statistics
    ]
    return table("", ("call 调用", "outcome 结果", "count 次数", "p50", "p95", "p99", "max"), rows, right=5)


def state(invoice: Mapping[str, Any]) -> str:
    """Where an invoice stands, and what holds it."""
    held = f" ({invoice['heldBy']})" if invoice.get("heldBy") else ""
    return str(invoice["syncState"]).removeprefix("SYNC_STATE_") + held


def trace_tree(trace_id: str, roots: Sequence[SpanNode]) -> Tree:
    """A trace as a tree: service, name, when it began after the first, how long it took."""
    tree = Tree(f"[bold]trace {trace_id}[/bold]")
    begin = min((root.span.start_ns for root in roots), default=0)
    for root in roots:
        _branch(tree, root, begin)
    return tree


def _branch(tree: Tree, node: SpanNode, begin: int) -> None:
    span = node.span
    text = Text.assemble(
        (f"{span.service}: ", "cyan"),
        span.name,
        (
            f"  +{(span.start_ns - begin) / 1e6:.0f}\u00a0ms,\u00a0{(span.end_ns - span.start_ns) / 1e6:.1f}\u00a0ms",
            "dim",
        ),
    )
    if span.error:
        text.append(f"  {span.error}", "red")
    branch = tree.add(text)
    for child in node.children:
        _branch(branch, child, begin)


def instant(text: str) -> str:
    """An instant of the API for people: in UTC, and saying so; a dash when there is none."""
    return f"{text[:19].replace('T', ' ')} UTC" if text else "–"
