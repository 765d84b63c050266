"""`bihuan sync …`: what operators and finance ask of the way to the tax system. A command is one call or one list."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.text import Text

from cli import client, show

sync = typer.Typer(no_args_is_help=True, help="The way to the tax system: what waits, what shuts it. 税务通道")
_SINCE_HOURS = 24


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(sync, name="sync")


@sync.command("missing")
def missing(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    cause: Annotated[str, typer.Option(help="only with this cause, such as D2")] = "",
) -> None:
    """List what is not in the tax system, each with its cause. 未入库清单"""
    found = client.connect().pages("/v1/diagnoses", "diagnoses", size=200, merchantId=merchant, cause=cause)
    show.console.print(show.causes_table(found))


@sync.command("buyer")
def buyer(
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number")] = "",
    title: Annotated[str, typer.Option(help="the buyer's name as it stands on the invoice")] = "",
) -> None:
    """Tell where every invoice of a buyer stands; what is not in the system comes first. 按购买方查询"""
    body = {"buyerTaxId": tax_id, "buyerTitle": title}
    found = client.connect().post("/v1/diagnoses:buyer", body).get("diagnoses", [])
    show.console.print(show.causes_table(found))


@sync.command("correct")
def correct(
    invoice_id: str,
    title: Annotated[str, typer.Option(help="the buyer's name as it shall stand on the invoice")],
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number; none for a person")] = "",
) -> None:
    """Correct an invoice that was refused, and send the corrected one. 更正重发"""
    body = {"buyerTitle": title, "buyerTaxId": tax_id}
    made = client.connect().post(f"/v1/invoices/{invoice_id}:correct", body)["invoice"]
    show.console.print(f"{made['invoiceId']} version {made['version']} {show.state(made)}")


@sync.command("gates")
def gates() -> None:
    """List the ways to the authorities: what waits before each, and what shuts it. 通道状态"""
    found = client.connect().get("/v1/gates").get("gates", [])
    rows = [
        (
            one["route"],
            one.get("breakerState", ""),
            _holds(one.get("holds", [])),
            show.instant(one.get("lastClaimTime", "")),
            str(one.get("waitingCount", 0)),
        )
        for one in found
    ]
    columns = ("route 通道", "breaker 熔断", "holds 暂停", "last claim 最近取件", "waiting 待发")
    show.console.print(show.table("gates", columns, rows, right=1))


@sync.command("hold")
def hold(
    route: Annotated[str, typer.Argument(help="as `bihuan sync gates` tells it")],
    reason: Annotated[str, typer.Option(help="why; whoever asks later reads it")],
    seller: Annotated[str, typer.Option(help="only for this seller, by tax number")] = "",
) -> None:
    """Shut a gate: nothing more is sent through it until it is lifted. 暂停通道"""
    body = {"route": route, "reason": reason, "sellerTaxId": seller}
    made = client.connect().post("/v1/holds", body)["hold"]
    show.console.print(f"{made['holdId']} {made['route']}: {made['reason']}")


@sync.command("lift")
def lift(hold_id: Annotated[str, typer.Argument(help="as `bihuan sync gates` tells it")]) -> None:
    """Lift a hold. 解除暂停"""
    lifted = client.connect().post(f"/v1/holds/{hold_id}:lift", {}).get("lifted")
    show.console.print(f"{hold_id} {'is lifted' if lifted else 'was not in force'}")


@sync.command("probe")
def probe(
    history: Annotated[bool, typer.Option(help="list earlier probes and ask nothing")] = False,
    route: Annotated[str, typer.Option(help="only of this route")] = "",
) -> None:
    """Ask each authority's interface whether it is up. 接口探测"""
    gateway = client.connect()
    if history:
        found = gateway.get("/v1/probes", pageSize=100, route=route).get("probes", [])
    else:
        found = gateway.post_once("/v1/probes", {"route": route}).get("probes", [])
    rows = [
        (
            show.instant(one["startTime"]),
            one["route"],
            one["kind"],
            Text("up 正常", "green") if one.get("up") else Text(f"down 异常: {one.get('message', '')}", "red"),
            f"{one.get('clockOffsetMs', 0)} ms",
            f"{one.get('durationMs', 0)} ms",
        )
        for one in found
    ]
    columns = ("when 时间", "route 通道", "kind 类型", "state 状态", "clock 时钟差", "took 耗时")
    show.console.print(show.table("probes", columns, rows, right=2))


@sync.command("log")
def log(
    cause: Annotated[str, typer.Option(help="only what points to this cause, such as B2")] = "",
    code: Annotated[str, typer.Option(help="only with this code of the authority")] = "",
    outcome: Annotated[str, typer.Option(help="only with this outcome, such as UNKNOWN")] = "",
    seller: Annotated[str, typer.Option(help="only of this seller, by tax number")] = "",
    hours: Annotated[int, typer.Option(min=1, help="how far back")] = _SINCE_HOURS,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """Search the transfer log, with how long the calls took. 传输日志"""
    since = datetime.now(UTC) - timedelta(hours=hours)
    body = {
        "pageSize": limit,
        "fromTime": since.isoformat(),
        "sellerTaxId": seller,
        "authorityCode": code,
        "cause": cause,
        **({"outcome": f"OUTCOME_{outcome.upper()}"} if outcome else {}),
    }
    answer = client.connect().post("/v1/attempts:search", body)
    show.console.print(show.attempts_table(answer.get("attempts", [])))
    show.console.print(show.durations_table(answer.get("statistics", [])))


@sync.command("attempts")
def attempts(invoice_id: str) -> None:
    """List every call about one invoice, and whether their log is whole. 单张发票的传输记录"""
    gateway = client.connect()
    found = gateway.get(f"/v1/invoices/{invoice_id}/attempts").get("attempts", [])
    show.console.print(show.attempts_table(found))
    checked = gateway.get(f"/v1/invoices/{invoice_id}/log:verify")
    word = (
        "whole 完整" if checked.get("intact") else f"broken at {checked.get('brokenAttemptNo')}: {checked.get('why')}"
    )
    show.console.print(f"log {word}, {checked.get('attemptCount', 0)} attempts, head {checked.get('logHead', '')[:12]}")


@sync.command("cases")
def cases(
    every: Annotated[bool, typer.Option("--all", help="closed ones too")] = False,
) -> None:
    """List what a person should see: foreign records, differing totals, mismatches. 异常单"""
    found = client.connect().pages("/v1/cases", "cases", openOnly="" if every else "true")
    rows = [
        (
            show.instant(one["openTime"]),
            one["kind"],
            one.get("invoiceId") or one.get("issueDate", ""),
            f"{one['fact']}\n{one['factZh']}",
            "closed 已关闭" if one.get("closeTime") else "open 待处理",
        )
        for one in found
    ]
    columns = ("opened 时间", "kind 类型", "about 对象", "fact 事实", "state 状态")
    show.console.print(show.table("cases", columns, rows))


@sync.command("sweep")
def sweep() -> None:
    """Sweep now, and print the report. 立即巡检"""
    made = client.connect().post("/v1/sweeps", {})["sweep"]
    show.console.print(Text(f"{made.get('report', '')}\n{made.get('reportZh', '')}"))


def _holds(holds: Sequence[Mapping[str, Any]]) -> str:
    """One line for each hold, with the id that lifts it."""
    return "\n".join(f"{one['kind'].removeprefix('KIND_')} {one['holdId']}: {one['reason']}" for one in holds) or "–"
