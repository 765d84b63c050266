"""`bihuan reconcile` and `exceptions`: where the books and what the channels say disagree."""

import time
from typing import Annotated, Any

import typer
from rich.text import Text

from cli import client, show

_RUN_SECONDS = 600.0
_ENDED = ("STATE_SUCCEEDED", "STATE_FAILED")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(reconcile)
    app.command()(exceptions)


def reconcile(channel: str, business_date: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")]) -> None:
    """Compare the books with a channel's statements for one business day."""
    gateway = client.connect()
    run = run_and_wait(gateway, channel, business_date)
    if run["state"] != "STATE_SUCCEEDED":
        raise client.GatewayError(f"{run.get('failureReason')}: {run.get('failureMessage')}")
    show.console.print(show.run_table(run))


def run_and_wait(gateway: client.Gateway, channel: str, business_date: str) -> dict[str, Any]:
    """Start a run and follow it to its end, with a bar. Raises GatewayError when it takes over ten minutes."""
    run = gateway.post("/v1/runs", {"channel": channel, "businessDate": business_date})["run"]
    deadline = time.monotonic() + _RUN_SECONDS
    with show.progress() as progress:
        task = progress.add_task(f"reconciling {channel} {business_date}", total=None)
        while run["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise client.GatewayError(
                    f"run {run['runId']} has not ended; ask again with GET /v1/runs/{run['runId']}"
                )
            time.sleep(0.1)
            run = gateway.get(f"/v1/runs/{run['runId']}")["run"]
            progress.update(task, completed=int(run.get("rowsDone", 0)), total=int(run.get("rowsTotal", 0)) or None)
    ended: dict[str, Any] = run
    return ended


def exceptions(
    run_id: Annotated[str, typer.Option("--run")] = "", payment_id: Annotated[str, typer.Option()] = ""
) -> None:
    """List what does not agree, newest first."""
    found = client.connect().pages("/v1/exceptions", "exceptions", runId=run_id, paymentId=payment_id)
    rows = [
        (
            Text(one["exceptionClass"].removeprefix("EXCEPTION_CLASS_"), "red"),
            one.get("exceptionClassZh", ""),
            one.get("merchantOrderNo", ""),
            one["state"].removeprefix("STATE_"),
            show.money(one.get("bookAmount")),
            show.money(one.get("channelAmount")),
        )
        for one in found
    ]
    columns = ("class", "类别", "order 订单号", "state", "books 账面", "channel 渠道")
    show.console.print(show.table(f"{len(rows)} exceptions 对账差异", columns, rows, right=2))
