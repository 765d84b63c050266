"""`bihuan deliver …` and `bihuan link`: invoices to people by mail and by signed link. A command is one call."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import client, show

deliver = typer.Typer(no_args_is_help=True, help="Invoices by mail: send, send again, list, take in a bounce. 投递")


class Purpose(StrEnum):
    """What a link is for."""

    STATUS = "STATUS"
    DOWNLOAD = "DOWNLOAD"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(deliver, name="deliver")
    app.command()(link)


@deliver.command("send")
def send(
    invoice_id: str,
    to: Annotated[str, typer.Option(help="the e-mail address")],
    reason: Annotated[str, typer.Option(help="why, for the record")],
) -> None:
    """Have an invoice's XML and PDF sent to an address, as soon as there are any. 发送"""
    made = client.connect().post(f"/v1/invoices/{invoice_id}/deliveries", {"email": to, "reason": reason})
    _print(made["delivery"])


@deliver.command("resend")
def resend(delivery_id: str, reason: Annotated[str, typer.Option(help="why, for the record")]) -> None:
    """Send the same to the same address once more. 重发"""
    _print(client.connect().post(f"/v1/deliveries/{delivery_id}:resend", {"reason": reason})["delivery"])


@deliver.command("list")
def list_deliveries(invoice_id: str) -> None:
    """List the deliveries of an invoice with all that happened, newest first. 投递列表"""
    for one in client.connect().get(f"/v1/invoices/{invoice_id}/deliveries").get("deliveries", []):
        _print(one)


@deliver.command("report")
def report(
    message: Annotated[Path, typer.Argument(help="a delivery report as it came; - for standard input")],
) -> None:
    """Take in a bounce, or another delivery report, about a mail of ours. 登记退信"""
    raw = sys.stdin.buffer.read() if str(message) == "-" else message.read_bytes()
    told = client.connect().post("/v1/deliveryReports", {"message": raw.decode("utf-8", "replace")})
    _print(told["delivery"])


def link(
    invoice_id: str,
    reason: Annotated[str, typer.Option(help="why, for the record")],
    purpose: Annotated[Purpose, typer.Option(help="to see the state, or to download the files")] = Purpose.STATUS,
    days: Annotated[int, typer.Option(min=0, max=400, help="how long it opens; 0 as the settings say")] = 0,
) -> None:
    """Make a link by which a buyer sees an invoice without a login. 免登录链接"""
    body = {"purpose": f"LINK_PURPOSE_{purpose.value}", "validSeconds": str(days * 86_400), "reason": reason}
    made = client.connect().post_once(f"/v1/invoices/{invoice_id}/links", body)
    typer.echo(made["url"])
    typer.echo(f"until {show.instant(made['expireTime'])}", err=True)


def _print(delivery: dict[str, Any]) -> None:
    state = delivery["state"].removeprefix("DELIVERY_STATE_")
    show.console.print(f"{delivery['deliveryId']} {delivery['maskedAddress']} {state} {delivery.get('lastAnswer', '')}")
    for step in delivery.get("steps", []):
        told = " ".join(filter(None, (step.get("operator", ""), step.get("detail", ""))))
        show.console.print(f"  {show.instant(step['eventTime'])} {step['kind']} {told}")
