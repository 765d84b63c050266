"""`bihuan webhooks …`: where events are sent, what became of them, and sending them again. It sends nothing itself."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli import client, show

webhooks = typer.Typer(no_args_is_help=True, help="Events that are sent to you: endpoints, deliveries. 事件通知")
_PATH = "/v1/webhookEndpoints"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(webhooks, name="webhooks")


@webhooks.command("create")
def create(
    url: Annotated[str, typer.Argument(help="https://… that is to get the events")],
    merchant: Annotated[list[str] | None, typer.Option(help="again for each; all merchants when none is given")] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="payment.matched, payment.* …; all when none is given")
    ] = None,
    description: Annotated[str, typer.Option(help="what it is, for people")] = "",
) -> None:
    """Make an endpoint and print its secret, which is told once. 新建接收端点"""
    body = {"url": url, "merchantIds": merchant or [], "eventTypes": event or [], "description": description}
    _print_secret(client.connect().post(_PATH, body))


@webhooks.command("list")
def list_endpoints(
    disabled: Annotated[
        bool, typer.Option("--disabled", help="only those that are disabled: what needs a look")
    ] = False,
) -> None:
    """List endpoints, newest first. 端点列表"""
    found = client.connect().get(_PATH, disabledOnly="true" if disabled else "").get("endpoints", [])
    columns = ("endpoint 端点", "url 地址", "merchants 商户", "events 事件", "state 状态")
    show.console.print(show.table("webhook endpoints", columns, map(_endpoint_row, found)))


@webhooks.command("test")
def test(endpoint_id: Annotated[str, typer.Argument(help="as `bihuan webhooks list` tells it")]) -> None:
    """Send webhook.test once, now, and tell what came back; 1 when it did not arrive. 发送测试事件"""
    told = client.connect().post(f"{_PATH}/{endpoint_id}:test", {})
    show.console.print(_attempt(told["attempt"]))
    if told["delivery"]["state"] != "STATE_DELIVERED":
        raise typer.Exit(1)


@webhooks.command("rotate")
def rotate(
    endpoint_id: Annotated[str, typer.Argument(help="as `bihuan webhooks list` tells it")],
    overlap_hours: Annotated[int, typer.Option(min=0, max=168, help="how long the old secret signs too")] = 24,
) -> None:
    """Make a new secret; the old one signs too for the overlap. 轮换密钥"""
    body = {"overlapSeconds": str(overlap_hours * 3_600)}
    _print_secret(client.connect().post(f"{_PATH}/{endpoint_id}:rotateSecret", body))


@webhooks.command("enable")
def enable(endpoint_id: Annotated[str, typer.Argument()]) -> None:
    """Send events there again, and forget that it was failing. 启用"""
    _switch(endpoint_id, is_enabled=True)


@webhooks.command("disable")
def disable(endpoint_id: Annotated[str, typer.Argument()]) -> None:
    """Send nothing there; what happens meanwhile can be replayed for 30 days. 停用"""
    _switch(endpoint_id, is_enabled=False)


@webhooks.command("delete")
def delete(endpoint_id: Annotated[str, typer.Argument()]) -> None:
    """Delete an endpoint; what was on its way fails. 删除"""
    client.connect().delete(f"{_PATH}/{endpoint_id}")
    show.console.print(f"{endpoint_id} is gone")


@webhooks.command("deliveries")
def deliveries(
    endpoint_id: Annotated[str, typer.Argument()],
    state: Annotated[str, typer.Option(help="waiting, delivered or failed")] = "",
    about: Annotated[str, typer.Option(help="only about this payment")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List what was sent or is on its way, newest first. 投递记录"""
    query = {"state": f"STATE_{state.upper()}" if state else "", "objectId": about, "pageSize": limit}
    found = client.connect().get(f"{_PATH}/{endpoint_id}/deliveries", **query).get("deliveries", [])
    columns = ("delivery 投递", "event 事件", "about 对象", "state 状态", "tries 次数", "last 应答", "next 下次")
    show.console.print(show.table("deliveries", columns, map(_delivery_row, found)))


@webhooks.command("show")
def show_delivery(delivery_id: Annotated[str, typer.Argument()]) -> None:
    """Show a delivery and what came back of each try. 投递详情"""
    told = client.connect().get(f"/v1/webhookDeliveries/{delivery_id}")
    one = told["delivery"]
    show.console.print(f"{one['eventId']} {one['eventType']} {one['objectId']}: {_word(one['state'])}")
    for attempt in told.get("attempts", []):
        show.console.print(f"  {attempt['attemptNo']}. {show.instant(attempt['startTime'])} {_attempt(attempt)}")


@webhooks.command("replay")
def replay(
    reference: Annotated[str, typer.Argument(help="a delivery (whd_…), or an endpoint (whe_…) for a time")],
    hours: Annotated[int, typer.Option(min=1, max=720, help="of an endpoint: how far back")] = 24,
    all_of_it: Annotated[bool, typer.Option("--all", help="of an endpoint: what was delivered too")] = False,
) -> None:
    """Send again, with the same ids: one delivery, or what failed or was never sent in the last hours. 重新投递"""
    gateway = client.connect()
    if reference.startswith("whd_"):
        told = gateway.post(f"/v1/webhookDeliveries/{reference}:replay", {})["delivery"]
        show.console.print(f"{reference} is {_word(told['state'])}")
        return
    now = datetime.now(UTC)
    body = {
        "fromTime": f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}",
        "toTime": f"{now + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
        "includeDelivered": all_of_it,
    }
    count, token = 0, ""
    while True:
        told = gateway.post(f"{_PATH}/{reference}:replay", {**body, "pageToken": token})
        count += told.get("deliveryCount", 0)
        if not (token := told.get("nextPageToken", "")):
            break
    show.console.print(f"{count} deliveries are on their way again")


def _switch(endpoint_id: str, *, is_enabled: bool) -> None:
    gateway = client.connect()
    was = gateway.get(f"{_PATH}/{endpoint_id}")["endpoint"]
    body = {name: was[name] for name in ("url", "description", "eventTypes")}
    now = gateway.put(f"{_PATH}/{endpoint_id}", {**body, "isEnabled": is_enabled})["endpoint"]
    show.console.print(f"{endpoint_id} is {_word(now['state'])}")


def _print_secret(made: dict[str, Any]) -> None:
    show.console.print(f"{made['endpoint']['endpointId']}; its secret is told this once:")
    typer.echo(made["secret"])


def _endpoint_row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["endpointId"],
        show.plain(one["url"]),
        " ".join(one["merchantIds"]) or "all",
        " ".join(one["eventTypes"]) or "all",
        f"{_word(one['state'])} {one['disableCause']}".strip(),
    )


def _delivery_row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["deliveryId"],
        one["eventType"],
        one["objectId"],
        _word(one["state"]),
        str(one["tryCount"]),
        str(one["lastStatusCode"] or "–"),
        show.instant(one.get("nextTryTime", "")),
    )


def _attempt(attempt: dict[str, Any]) -> str:
    came = attempt["fault"] or str(attempt["statusCode"])
    return f"{came} after {attempt['durationMilliseconds']} ms {show.plain(attempt['answerStart'])}".rstrip()


def _word(state: str) -> str:
    return state.removeprefix("STATE_").lower()
