"""`bihuan rules`: how finance writes, checks, compares and activates rules of reconciliation. It decides nothing."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from bihuan_client import Refused
from rich.text import Text

from cli import client, show

_REPORT_SECONDS = 1800.0
_ENDED = ("STATE_SUCCEEDED", "STATE_FAILED")
_SIDES = {"P": "books 账面", "L": "channel 渠道"}
_Set = Annotated[str, typer.Argument(metavar="SET", help="default, or a channel with rules of its own")]
_Rows = Annotated[int, typer.Option(min=0, max=1000, help="how many changed rows to show")]

rules = typer.Typer(no_args_is_help=True, help="Rule sets of reconciliation and their versions. 对账规则")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(rules, name="rules")


@rules.command()
def check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Read a rule set here and now, and tell every fault with its cure. Nothing is stored; 1 if there is one."""
    # Only this command needs the compiler, which a terminal that talks to the gateway may not have.
    from services.reconciler.rules.rule_files import RuleSetInvalid, load_rule_set  # noqa: PLC0415

    try:
        found = load_rule_set(file)
    except RuleSetInvalid as refused:
        _show_faults(
            [
                {"ruleId": one.rule, "field": one.field, "said": one.said, "saidZh": one.said_zh}
                | {"cure": one.cure, "cureZh": one.cure_zh}
                for one in refused.found
            ]
        )
        raise typer.Exit(1) from None
    show.console.print(f"{found.id} version {found.version}: {len(found.rules)} rules, no fault 无误")
    show.console.print(f"hash {found.content_hash}")


@rules.command()
def create(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    note: Annotated[str, typer.Option()] = "",
) -> None:
    """Store a rule set as a version, which decides nothing yet."""
    body = {"yaml": file.read_text("utf-8"), "note": note}
    gateway = client.connect()
    try:
        made = gateway.post("/v1/ruleSetVersions", body)
    except Refused as fault:
        if fault.reason == "RULE_SET_REFUSED":
            _show_faults(gateway.post("/v1/ruleSets:check", {"yaml": body["yaml"]})["faults"])
        raise
    show.console.print(_version_line(made["ruleSetVersion"]), markup=False)


@rules.command("list")
def list_versions(set_id: Annotated[str, typer.Option("--set", help="only of this set")] = "") -> None:
    """List versions, the newest of each set first."""
    found = client.connect().pages("/v1/ruleSetVersions", "ruleSetVersions", ruleSetId=set_id)
    rows = [
        (
            one["ruleSetId"],
            str(one["version"]),
            _state(one),
            one["effectiveFrom"],
            f"{one['createdBy']} / {one.get('activatedBy') or '–'}",
            one.get("note", ""),
        )
        for one in found
    ]
    columns = ("set 规则", "version 版本", "state 状态", "from 生效日", "made / activated by 创建 / 生效", "note 说明")
    show.console.print(show.table(f"{len(rows)} versions", columns, rows))


@rules.command("show")
def show_version(
    set_id: _Set = "default",
    version: Annotated[int, typer.Argument(help="0 for the one that decides today")] = 0,
    yaml: Annotated[bool, typer.Option("--yaml", help="only its text")] = False,
) -> None:
    """Show a version: its rules by name, and its thresholds in words."""
    found = client.connect().get(f"/v1/ruleSets/{set_id}/versions/{version}")["ruleSetVersion"]
    if yaml:
        typer.echo(found["yaml"], nl=False)
        return
    show.console.print(_version_line(found), markup=False)
    rows = [
        (
            one["ruleId"],
            f"{one.get('name', '')}\n{one.get('nameZh', '')}",
            one["kind"],
            "posts 过账" if one.get("posts") else "",
        )
        for one in found.get("rules", [])
    ]
    show.console.print(show.table(f"{len(rows)} rules, in order", ("rule 规则", "what 含义", "kind 类型", ""), rows))
    said = [*found.get("ignoreRules", []), *([found["secondConfirmation"]] if "secondConfirmation" in found else [])]
    for one in said:
        show.console.print(f"{one['said']}\n{one['saidZh']}", markup=False, soft_wrap=True)


@rules.command()
def diff(
    set_id: _Set,
    version: int,
    base: Annotated[int, typer.Option(help="the version to hold it against; else the one it replaces")] = 0,
) -> None:
    """Tell rule by rule what a version says otherwise."""
    told = client.connect().get(f"/v1/ruleSets/{set_id}/versions/{version}/diff", baseVersion=base)
    rows = [
        (Text(f"{change['said']}\n{change['saidZh']}", "bold"), _fields(change.get("fields", [])))
        for change in told.get("changes", [])
    ]
    title = f"{set_id} {version} against {told['baseRuleSetId']} {told['baseVersion']}"
    show.console.print(show.table(f"{title}: {len(rows)} changes", ("what 变更", "from → to 由 → 至"), rows))


@rules.command()
def regress(set_id: _Set, version: int, rows: _Rows = 20) -> None:
    """Report what a version changes on past days and on rows whose truth is known; 1 if it may not be activated."""
    gateway = client.connect()
    started = gateway.post(f"/v1/ruleSets/{set_id}/versions/{version}:regress", {})["regression"]
    _wait(gateway, started)
    _report(gateway, started["regressionId"], rows)


@rules.command()
def report(regression_id: str, rows: _Rows = 20) -> None:
    """Show a report again; 1 if it lets nothing be activated."""
    _report(client.connect(), regression_id, rows)


@rules.command()
def activate(
    set_id: _Set,
    version: int,
    regression: Annotated[str, typer.Option(help="the report that was read")],
    effective_from: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="else as the version says")] = "",
) -> None:
    """Let a version decide from a business date on; by another person than who made it."""
    body = {"regressionId": regression, "effectiveFrom": effective_from}
    done = client.connect().post(f"/v1/ruleSets/{set_id}/versions/{version}:activate", body)
    show.console.print(_version_line(done["ruleSetVersion"]), markup=False)


@rules.command()
def retire(set_id: _Set, version: int) -> None:
    """Let a version decide no more; its days are those of the version before it."""
    done = client.connect().post(f"/v1/ruleSets/{set_id}/versions/{version}:retire", {})
    show.console.print(_version_line(done["ruleSetVersion"]), markup=False)


def _wait(gateway: client.Gateway, regression: Mapping[str, Any]) -> None:
    path, deadline = f"/v1/regressions/{regression['regressionId']}", time.monotonic() + _REPORT_SECONDS
    with show.progress() as progress:
        task = progress.add_task(f"trying version {regression['version']}", total=None)
        while regression["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise client.Unable(f"{path} has not ended; look at it with `bihuan rules report`")
            time.sleep(0.2)
            regression = gateway.get(path, pageSize=1)["regression"]
            progress.update(
                task, completed=regression.get("partsDone", 0), total=regression.get("partsTotal", 0) or None
            )


def _report(gateway: client.Gateway, regression_id: str, rows: int) -> None:
    told = gateway.get(f"/v1/regressions/{regression_id}", pageSize=max(rows, 1))
    regression = told["regression"]
    parts: list[Sequence[str | Text]] = [_suite_row(one) for one in regression.get("suites", [])]
    parts += [_slice_row(one) for one in regression.get("slices", [])]
    columns = ("tried on 回归范围", "inputs 输入", "payments 支付", "lines 账单行", "changed 变化", "wrong posts 错账")
    against = f"{regression['baselineRuleSetId']} {regression['baselineVersion']}"
    title = f"{regression['ruleSetId']} {regression['version']} against {against}"
    show.console.print(show.table(title, columns, parts, right=4))
    if rows and told.get("rows"):
        show.console.print(_rows_table(told["rows"][:rows], regression))
    passes = regression.get("passes", False)
    verdict = f"{regression['verdict']}\n{regression['verdictZh']}"
    show.console.print(Text(verdict, "green" if passes else "bold red"), soft_wrap=True)
    show.console.print(f"report {regression_id}", markup=False, soft_wrap=True)
    if not passes:
        raise typer.Exit(1)


def _suite_row(one: Mapping[str, Any]) -> Sequence[str]:
    wrong = f"{one.get('wrongAutoPosts', '0')} (was {one.get('baselineWrongAutoPosts', '0')})"
    return (f"labelled set {one['name']}, seed {one['seed']}", "", *_counts(one), wrong)


def _slice_row(one: Mapping[str, Any]) -> Sequence[str | Text]:
    inputs = Text("changed 已变化", "yellow") if one.get("inputsChanged") else "same 相同"
    return (f"{one['channel']} {one['businessDate']}", inputs, *_counts(one), "")


def _counts(one: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(one.get(name, "0")) for name in ("paymentCount", "lineCount", "changedRows"))


def _rows_table(rows: Sequence[Mapping[str, Any]], regression: Mapping[str, Any]) -> object:
    cells = [
        (
            f"{row['source']}\n{_SIDES[row['side']]} {row['rowId']}",
            show.money(row.get("amount")),
            _place(row["old"]),
            _place(row["new"]),
        )
        for row in rows
    ]
    title = f"the first {len(rows)} of {regression.get('changedRows', '0')} rows that end in another place"
    return show.table(title, ("row 行", "money 金额", "was 原", "becomes 现"), cells)


def _place(place: Mapping[str, str]) -> str:
    decided = f"{place['disposition']} {place.get('exceptionClass', '')}".strip()
    return f"{decided}\nby {place['ruleId']}, group {place['groupId']}"


def _fields(changes: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(f"{one['field']}: {one.get('old') or '–'} → {one.get('new') or '–'}" for one in changes)


def _state(one: Mapping[str, Any]) -> str:
    return str(one["state"]).removeprefix("STATE_")


def _version_line(one: Mapping[str, Any]) -> str:
    by = f", activated by {one['activatedBy']}" if one.get("activatedBy") else ""
    return show.plain(
        f"{one['ruleSetId']} version {one['version']}: {_state(one)} from {one['effectiveFrom']}, "
        f"made by {one['createdBy']}{by}\nhash {one['contentHash']}"
    )


def _show_faults(faults: Sequence[Mapping[str, str]]) -> None:
    rows = [
        (
            one.get("ruleId") or "the set",
            one.get("field", ""),
            f"{one['said']}\n{one['saidZh']}",
            f"{one['cure']}\n{one['cureZh']}",
        )
        for one in faults
    ]
    columns = ("rule 规则", "field 字段", "what is wrong 问题", "cure 处理")
    show.console.print(show.table(f"{len(rows)} faults", columns, rows))
