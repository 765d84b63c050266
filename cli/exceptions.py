"""`bihuan exceptions …`, `suggestions …`, `explain`: clearing what does not agree. A command is one call."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from cli import client, show

exceptions = typer.Typer(no_args_is_help=True, help="What does not agree, and who clears it. 对账差异")
suggestions = typer.Typer(no_args_is_help=True, help="What is probably the same money. 待确认匹配")
_IDS_MAX = 1_000

Note = Annotated[str, typer.Option(help="why; it is kept")]


class Order(StrEnum):
    """The contract's orders of a list, in short."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SMALLEST = "smallest"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(exceptions, name="exceptions")
    app.add_typer(suggestions, name="suggestions")
    app.command()(explain)


@exceptions.command("list")
def list_exceptions(
    run_id: Annotated[str, typer.Option("--run")] = "",
    channel: Annotated[str, typer.Option()] = "",
    first_date: Annotated[str, typer.Option("--from", help="business day, YYYY-MM-DD")] = "",
    last_date: Annotated[str, typer.Option("--to", help="business day, itself included")] = "",
    exception_class: Annotated[str, typer.Option("--class", help="such as PLATFORM_ONLY")] = "",
    state: Annotated[str, typer.Option(help="OPEN, ASSIGNED, PENDING_CONFIRMATION, CONFIRMED or RESOLVED")] = "",
    assignee: Annotated[str, typer.Option()] = "",
    merchant: Annotated[str, typer.Option(help="merchant_id")] = "",
    payment_id: Annotated[str, typer.Option()] = "",
    min_minor: Annotated[int, typer.Option(min=0, help="amount in minor units, from")] = 0,
    max_minor: Annotated[int, typer.Option(min=0, help="amount in minor units, up to")] = 0,
    age_hours: Annotated[int, typer.Option(min=0, help="found at least so long ago")] = 0,
    order: Annotated[Order, typer.Option()] = Order.NEWEST,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="how many at most")] = 200,
) -> None:
    """List what does not agree. 差异列表"""
    asked = {
        "runId": run_id,
        "channel": channel,
        "businessDateFrom": first_date,
        "businessDateTo": last_date,
        "exceptionClass": _named("EXCEPTION_CLASS", exception_class),
        "state": _named("STATE", state),
        "assignee": assignee,
        "merchantId": merchant,
        "paymentId": payment_id,
        "amountMinorFrom": min_minor,
        "amountMinorTo": max_minor,
        "ageHoursMin": age_hours,
        "order": "" if order is Order.NEWEST else f"ORDER_{order.name}_FIRST",
    }
    answer = client.connect().get("/v1/exceptions", pageSize=limit, **asked)
    found = answer.get("exceptions", [])
    columns = ("exception", "class 类别", "order 订单号", "state 状态", "who 处理人", "books 账面", "channel 渠道")
    more = ", and more" if answer.get("nextPageToken") else ""
    show.console.print(show.table(f"{len(found)} exceptions{more} 对账差异", columns, map(_row, found), right=2))


def _row(one: Mapping[str, Any]) -> tuple[str | Text, ...]:
    name = one["exceptionClass"].removeprefix("EXCEPTION_CLASS_")
    return (
        one["exceptionId"],
        Text(f"{name}\n{one.get('exceptionClassZh', '')}", "red"),
        one.get("merchantOrderNo", ""),
        one["state"].removeprefix("STATE_"),
        one.get("assignee", ""),
        show.money(one.get("bookAmount")),
        show.money(one.get("channelAmount")),
    )


@exceptions.command("show")
def show_exception(exception_id: str) -> None:
    """Show one exception with why, and what was done about it. 差异详情"""
    answer = client.connect().get(f"/v1/exceptions/{quote(exception_id, safe='')}")
    one = answer["exception"]
    rows = [
        ("class 类别", f"{one['exceptionClass'].removeprefix('EXCEPTION_CLASS_')} {one.get('exceptionClassZh', '')}"),
        ("state 状态", one["state"].removeprefix("STATE_")),
        ("day 业务日期", f"{one['channel']} {one['businessDate']}"),
        ("books 账面", f"{show.money(one.get('bookAmount'))} {one.get('paymentId', '')}"),
        ("channel 渠道", f"{show.money(one.get('channelAmount'))} {one.get('lineId', '')}"),
        ("why 说明", f"{one.get('explanation', '')}\n{one.get('explanationZh', '')}"),
        ("who 处理人", one.get("assignee", "") or "–"),
        *(_done(action) for action in answer.get("actions", [])),
    ]
    show.console.print(show.table(exception_id, ("", ""), rows))


def _done(action: Mapping[str, Any]) -> tuple[str, str]:
    what = (action.get("kind") or action.get("state", "")).removeprefix("KIND_").removeprefix("STATE_")
    to = f" to {action['assignee']}" if action.get("assignee") else ""
    return show.instant(action["createTime"]), f"{what}{to} by {action['operator']}: {action.get('note', '')}"


@exceptions.command("assign")
def assign_exceptions(exception_ids: list[str], to: Annotated[str, typer.Option()], note: Note = "") -> None:
    """Give exceptions to somebody; with --to "" to nobody. 指派差异"""
    body = {"exceptionIds": exception_ids, "assignee": to, "note": note}
    _print_results(client.connect().post("/v1/exceptions:assign", body), "exceptionId")


@exceptions.command("confirm")
def confirm_exceptions(
    exception_ids: Annotated[list[str] | None, typer.Argument()] = None,
    run_id: Annotated[str, typer.Option("--run", help="instead of ids: all of this run")] = "",
    exception_class: Annotated[str, typer.Option("--class", help="instead of ids: all of this class")] = "",
    channel: Annotated[str, typer.Option(help="instead of ids: all of this channel")] = "",
    max_minor: Annotated[int, typer.Option(min=0, help="with a filter: only up to this amount")] = 0,
    expected_count: Annotated[int, typer.Option(min=0, help="with a filter: how many it has to find")] = 0,
    note: Note = "",
) -> None:
    """Confirm exceptions by their ids, or all that a filter finds if they are as many as expected. 确认差异"""
    body: dict[str, Any] = {"note": note}
    chosen = {
        "runId": run_id,
        "channel": channel,
        "exceptionClass": _named("EXCEPTION_CLASS", exception_class),
        "amountMinorTo": str(max_minor) if max_minor else "",
    }
    if exception_ids:
        body["exceptionIds"] = exception_ids
    else:
        body |= {
            "filter": {name: value for name, value in chosen.items() if value},
            "expectedCount": str(expected_count),
        }
    _print_results(client.connect().post("/v1/exceptions:confirm", body), "exceptionId")


@exceptions.command("summary")
def summarize_exceptions(
    channel: Annotated[str, typer.Option()] = "",
    first_date: Annotated[str, typer.Option("--from", help="business day, YYYY-MM-DD")] = "",
    last_date: Annotated[str, typer.Option("--to", help="business day, itself included")] = "",
    run_id: Annotated[str, typer.Option("--run")] = "",
) -> None:
    """Count exceptions with their money, by class and state. 差异汇总"""
    asked = {
        "filter.channel": channel,
        "filter.businessDateFrom": first_date,
        "filter.businessDateTo": last_date,
        "filter.runId": run_id,
    }
    parts = client.connect().get("/v1/exceptions:summary", **asked).get("summaries", [])
    rows = [
        (
            Text(one["exceptionClass"].removeprefix("EXCEPTION_CLASS_"), "red"),
            one["exceptionClassZh"],
            one["state"].removeprefix("STATE_"),
            one["exceptionCount"],
            show.sums(one.get("bookSums", [])),
            show.sums(one.get("channelSums", [])),
        )
        for one in parts
    ]
    columns = ("class", "类别", "state 状态", "rows 笔数", "books 账面", "channel 渠道")
    show.console.print(show.table("exceptions 差异汇总", columns, rows, right=3))


@suggestions.command("list")
def list_suggestions(
    run_id: Annotated[str, typer.Option("--run")] = "",
    channel: Annotated[str, typer.Option()] = "",
    state: Annotated[str, typer.Option(help="OPEN, PENDING_CONFIRMATION, CONFIRMED or DECLINED; else OPEN")] = "OPEN",
    rule_id: Annotated[str, typer.Option("--rule")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = 200,
) -> None:
    """List what waits for a person's word. 待确认列表"""
    asked = {"runId": run_id, "channel": channel, "state": _named("STATE", state), "ruleId": rule_id}
    found = client.connect().get("/v1/suggestions", pageSize=limit, **asked).get("suggestions", [])
    rows = [
        (
            one["suggestionId"],
            one["ruleId"],
            f"{', '.join(one.get('paymentIds', []))}\n{', '.join(one.get('lineIds', []))}",
            one["state"].removeprefix("STATE_"),
            show.money(one.get("bookAmount")),
            show.money(one.get("channelAmount")),
        )
        for one in found
    ]
    columns = ("suggestion", "rule 规则", "rows 记录", "state 状态", "books 账面", "channel 渠道")
    show.console.print(show.table(f"{len(found)} suggestions 待确认匹配", columns, rows, right=2))


@suggestions.command("confirm")
def confirm_suggestions(suggestion_ids: list[str], note: Note = "") -> None:
    """Confirm suggestions: payments hears of them as of any match. 确认匹配"""
    body = {"suggestionIds": suggestion_ids, "note": note}
    _print_results(client.connect().post("/v1/suggestions:confirm", body), "suggestionId")


@suggestions.command("decline")
def decline_suggestions(suggestion_ids: list[str], note: Note = "") -> None:
    """Decline suggestions: each row becomes an exception of its own side. 拒绝匹配"""
    body = {"suggestionIds": suggestion_ids, "note": note}
    _print_results(client.connect().post("/v1/suggestions:decline", body), "suggestionId")


def explain(
    reference: Annotated[str, typer.Argument(help="payment, refund, line, match, suggestion or exception id")],
) -> None:
    """Tell why a row is where it is: rule, keys, what came second, which rules passed it by. 对账依据"""
    found = client.connect().get(f"/v1/{_kind(reference)}/{quote(reference, safe='')}:explain")["explanation"]
    rule = found.get("rule", {})
    rows = [
        ("in short 结论", f"{found['summary']}\n{found['summaryZh']}"),
        ("rule 规则", f"{rule.get('ruleId', '–')} ({rule.get('ruleSetId', '')} {rule.get('ruleSetVersion', '')})"),
        *((f"key {key['key']}", _key(key)) for key in found.get("keys", [])),
        *(("payment 支付单", _told(row)) for row in found.get("payments", [])),
        *(("line 账单行", _told(row)) for row in found.get("lines", [])),
        *([("second 次选", _told(found["runnerUp"]))] if "runnerUp" in found else []),
        *(("candidate 候选", one) for one in found.get("candidates", [])),
        *(
            (f"passed 未采用 {one['ruleId']}", f"{one['reason']}\n{one['reasonZh']}")
            for one in found.get("passedRules", [])
        ),
    ]
    show.console.print(show.table(f"{found['channel']} {found['businessDate']} {reference}", ("", ""), rows))


def _kind(reference: str) -> str:
    kinds = {"run_": "matches", "exc_": "exceptions", "stm_": "statementLines"}
    return kinds.get(reference[:4], "payments")


def _key(key: Mapping[str, Any]) -> str:
    sign = "=" if key.get("isEqual") else "≠"
    return f"{key.get('paymentValue', '') or '–'} {sign} {key.get('lineValue', '') or '–'}"


def _told(row: Mapping[str, Any]) -> str:
    numbers = " ".join(filter(None, (row.get("channelTxnNo"), row.get("merchantOrderNo"))))
    return f"{row['rowId']} {row['kind']} {show.money(row.get('amount'))} {show.instant(row.get('time', ''))} {numbers}"


def _named(prefix: str, name: str) -> str:
    return f"{prefix}_{name.upper()}" if name else ""


def _print_results(answer: Mapping[str, Any], id_name: str) -> None:
    """Each row with what became of it; a refusal ends the command with 1, after all are shown."""
    results: Iterable[Mapping[str, Any]] = answer.get("results", [])
    rows = [
        (
            one[id_name],
            one.get("state", "").removeprefix("STATE_") or "–",
            Text(f"{one['message']}\n{one['messageZh']}", "red") if one.get("refusal") else "",
        )
        for one in results
    ]
    again = ", done before" if answer.get("replayed") else ""
    show.console.print(show.table(f"{len(rows)} rows{again}", ("id", "state 状态", "refused 未执行"), rows))
    if any(one.get("refusal") for one in results):
        raise typer.Exit(1)
