"""`bihuan parity`: the control totals of a day or a month, ours against the authority's, down to the invoice."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from chassis.money import Money
from cli import client, show

parity = typer.Typer(no_args_is_help=True, help="Control totals, ours against the authority's. 控制总额核对")
_STATES = {
    "STATE_AGREES": Text("agrees 一致", "green"),
    "STATE_UNSETTLED": Text("under way 在途", "yellow"),
    "STATE_DIFFERS": Text("differs 有差异", "red"),
    "STATE_NOT_NAMED": Text("differs, not all traced 有差异，未全部定位", "red"),
}


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(parity, name="parity")


@parity.command("run")
def run(
    period: Annotated[str, typer.Argument(help="a day, 2026-03-01, or a month, 2026-03")],
    seller: Annotated[str, typer.Option(help="the seller's tax number")],
) -> None:
    """Compare now; ends with 1 when something differs. 立即核对"""
    answer = client.connect().post("/v1/parity-runs", {"sellerTaxId": seller, "period": period})
    if answer.get("repeatedResult"):
        show.console.print("the same as the last comparison of this period 与上次核对结果相同")
    _show(answer["run"], answer.get("differences", []))


@parity.command("show")
def show_run(run_id: Annotated[str, typer.Argument(help="as `bihuan parity list` tells it")]) -> None:
    """Show a comparison with all of its differences. 查看核对结果"""
    gateway = client.connect()
    answer = gateway.get(f"/v1/parity-runs/{run_id}")
    _show(answer["run"], gateway.pages(f"/v1/parity-runs/{run_id}", "differences"))


@parity.command("list")
def list_runs(
    seller: Annotated[str, typer.Option(help="only of this seller, by tax number")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """List comparisons, newest first. 核对记录"""
    found = client.connect().get("/v1/parity-runs", sellerTaxId=seller, pageSize=limit).get("runs", [])
    rows = [
        (
            one["runId"],
            one["period"],
            one["sellerTaxId"],
            _STATES[one["state"]],
            "whole 完整" if one.get("complete") else "so far 截至目前",
            show.instant(one.get("checkTime", "")),
            str(one.get("differenceCount", 0)),
        )
        for one in found
    ]
    columns = ("run 编号", "period 期间", "seller 销售方", "result 结果", "", "checked 核对时间", "differ 差异")
    show.console.print(show.table("control totals 控制总额", columns, rows, right=1))


def _show(made: Mapping[str, Any], differences: Sequence[Mapping[str, Any]]) -> None:
    sides = (("ours 我方", made.get("ours", {})), ("authority 税局", made.get("theirs", {})))
    rows = [(name, *_sums(side)) for name, side in sides]
    rows += [
        (f"{one['day']} {name}", *_sums(one.get(side, {})))
        for one in made.get("days", [])
        if not one.get("equal")
        for side, name in (("ours", "ours 我方"), ("theirs", "authority 税局"))
    ]
    whole = "whole 完整" if made.get("complete") else "so far 截至目前"
    columns = ("", "blue 蓝字", "sum 金额", "red 红字", "sum 金额")
    show.console.print(show.table(f"{made['period']} · {whole} · {made['runId']}", columns, rows, right=4))
    show.console.print(_STATES[made["state"]])
    if waiting := made.get("waitingCount"):
        show.console.print(f"{waiting} of the period are in no book yet 本期尚未入库 {waiting} 张")
    if differences:
        headings = ("class 类型", "day 日期", "invoice 发票", "remedy 处理", "ours 我方", "authority 税局")
        show.console.print(show.table("differences 差异", headings, map(_difference, differences), right=2))
    if made["state"] in ("STATE_DIFFERS", "STATE_NOT_NAMED"):
        raise typer.Exit(1)


def _sums(side: Mapping[str, Any]) -> tuple[str, str, str, str]:
    blue, red = int(side.get("blueMinor", 0)), int(side.get("redMinor", 0))
    return str(side.get("blueCount", 0)), _yuan(blue), str(side.get("redCount", 0)), _yuan(red)


def _difference(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one["differenceClass"].removeprefix("DIFFERENCE_CLASS_"),
        one["issueDate"],
        "\n".join(filter(None, (one.get("invoiceNumber"), one.get("invoiceId")))),
        f"{one['remedy']}\n{one['remedyZh']}",
        _side(one.get("oursMinor"), one.get("oursState", "")),
        _side(one.get("theirsMinor"), one.get("theirsState", "")),
    )


def _side(minor: str | None, state: str) -> str:
    return "–" if minor is None else f"{_yuan(int(minor))}\n{state}"


def _yuan(minor: int) -> str:
    return str(Money("CNY", minor))
