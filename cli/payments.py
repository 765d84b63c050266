"""`bihuan record`: tell the platform's payments to Bihuan, one or a file of them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from chassis.money import Money, MoneyError
from cli import client, show

_FILE_HELP = "JSON lines, each a RecordPaymentRequest; the order number makes its Idempotency-Key"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(record)


def record(
    file: Annotated[Path | None, typer.Argument(help=_FILE_HELP, exists=True, dir_okay=False)] = None,
    merchant: Annotated[str, typer.Option(help="merchant_id")] = "",
    order: Annotated[str, typer.Option(help="merchant_order_no")] = "",
    amount: Annotated[str, typer.Option(help="in major units, such as 12.30")] = "",
    currency: Annotated[str, typer.Option()] = "CNY",
    channel: Annotated[str, typer.Option()] = "wechat_pay",
    txn: Annotated[str, typer.Option(help="channel_txn_no")] = "",
    bill: Annotated[str, typer.Option(help="bill_no")] = "",
    pay_time: Annotated[datetime | None, typer.Option(help="when the channel says it succeeded, in UTC")] = None,
) -> None:
    """Record payments that have succeeded at the channel. Recording one twice changes nothing."""
    if file is not None:
        recorded, replayed = record_all(client.connect(), read_file(file))
        show.console.print(f"{recorded} recorded, {replayed} were there already")
        return
    given = {"--merchant": merchant, "--order": order, "--amount": amount, "--txn": txn, "--pay-time": pay_time}
    if missing := [name for name, value in given.items() if not value]:
        raise client.Unable(f"a file, or also {' '.join(missing)}; --pay-time is like 2026-03-01T04:00:00")
    gateway = client.connect()
    body = {
        "merchantId": merchant,
        "merchantOrderNo": order,
        "billNo": bill,
        "channel": channel,
        "channelTxnNo": txn,
        "amount": _amount(amount, currency),
        "payTime": pay_time.replace(tzinfo=UTC).isoformat() if pay_time else "",
    }
    answer = gateway.post("/v1/payments", body)
    payment = answer["payment"]
    word = "was there already" if answer.get("replayed") else "recorded"
    show.console.print(f"{payment['paymentId']} {show.money(payment['amount'])} {word}; trace {payment.get('traceId')}")


def read_file(path: Path) -> list[dict[str, Any]]:
    """The payments of a file of JSON lines, all of them checked for what makes their key. Raises Unable."""
    bodies: list[dict[str, Any]] = []
    try:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            body = json.loads(line)
            if not isinstance(body, dict) or not {"merchantId", "merchantOrderNo"} <= body.keys():
                raise client.Unable(f"{path.name} line {number}: needs merchantId and merchantOrderNo")
            bodies.append(body)
    except ValueError as fault:
        raise client.Unable(f"{path.name} line {len(bodies) + 1}: not JSON in UTF-8: {fault}") from fault
    return bodies


def record_all(gateway: client.Gateway, bodies: list[dict[str, Any]]) -> tuple[int, int]:
    """Record many, with a bar; returns how many were new and how many were there already."""
    replayed = 0
    for body in track(
        bodies, "recording payments", console=show.console, transient=True, disable=not show.console.is_terminal
    ):
        replayed += bool(gateway.post("/v1/payments", body, key_of(body)).get("replayed"))
    return len(bodies) - replayed, replayed


def key_of(body: Mapping[str, Any]) -> str:
    """An Idempotency-Key that is the same each time the same order is sent."""
    business_key = f"{body['merchantId']}\x1f{body['merchantOrderNo']}"
    return hashlib.sha256(business_key.encode()).hexdigest()


def _amount(text: str, currency: str) -> dict[str, str]:
    try:
        amount = Money.from_major(text, currency)
    except MoneyError as fault:
        raise client.Unable(f"--amount: {fault}") from fault
    return {"currencyCode": amount.currency_code, "amountMinor": str(amount.amount_minor)}
