"""`bihuan invoice`, `why`, `trace`: where an invoice stands, why it is not in the tax system, what happened to it."""

import json
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from chassis.money import Money, MoneyError
from cli import client, show, spans


class IssuePolicy(StrEnum):
    """The contract's IssuePolicy, in short."""

    ON_SUCCESS = "ON_SUCCESS"
    ON_RECONCILIATION = "ON_RECONCILIATION"
    ON_REQUEST = "ON_REQUEST"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(invoice)
    app.command()(merchant)
    app.command()(why)
    app.command()(trace)


def invoice(
    payment_id: str,
    title: Annotated[str, typer.Option(help="the buyer's name as it shall stand on the invoice")] = "个人",
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number; none for a person")] = "",
) -> None:
    """Ask for the invoice of a payment. Asking twice for the same changes nothing."""
    body = {"paymentId": payment_id, "buyerTitle": title, "buyerTaxId": tax_id}
    answer = client.connect().post("/v1/invoices", body)
    made = answer["invoice"]
    word = "was asked for already" if answer.get("replayed") else "will be sent"
    show.console.print(f"{made['invoiceId']} {show.money(made['amount'])} {made['syncState']} {word}")


def merchant(
    merchant_id: str,
    policy: Annotated[IssuePolicy, typer.Option(help="when an invoice is issued without being asked for")],
    name: Annotated[str, typer.Option(help="the seller's name on its invoices")],
    tax_id: Annotated[str, typer.Option(help="the seller's tax number")],
) -> None:
    """Set when a merchant's invoices are issued, and in whose name."""
    body = {
        "merchantId": merchant_id,
        "issuePolicy": f"ISSUE_POLICY_{policy.value}",
        "sellerName": name,
        "sellerTaxId": tax_id,
    }
    client.connect().put(f"/v1/merchants/{merchant_id}/profile", body)
    show.console.print(f"{merchant_id}: {policy.value}")


def why(
    reference: Annotated[str, typer.Argument(help="invoice id, invoice number, payment id or order number")],
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    buyer_tax_id: Annotated[str, typer.Option(help="the buyer's tax number that was asked with")] = "",
    amount: Annotated[str, typer.Option(help="the amount that was asked with, tax included, such as 12.30")] = "",
    issue_date: Annotated[str, typer.Option(help="the day that was asked with, YYYY-MM-DD")] = "",
) -> None:
    """Tell why an invoice is not in the tax system, or that it is, with proof and the remedy. 为什么查不到"""
    claim = {
        "buyerTaxId": buyer_tax_id,
        "amountMinor": str(_fen(amount)) if amount else "",
        "issueDate": issue_date,
    }
    found = client.connect().get(f"/v1/diagnoses/{quote(reference, safe='')}", **claim)["diagnosis"]
    if as_json:
        typer.echo(json.dumps(show.diagnosis_json(found), ensure_ascii=False, indent=2))
    else:
        show.console.print(show.diagnosis_table(found))


def _fen(text: str) -> int:
    try:
        return Money.from_major(text, "CNY").amount_minor
    except MoneyError as fault:
        raise client.GatewayError(f"--amount: {fault}") from fault


def trace(
    reference: Annotated[str, typer.Argument(help="invoice id, invoice number, payment id or order number")],
) -> None:
    """Print the trace of an invoice, from the gateway to the tax system."""
    trace_id, records = trace_of(client.connect(), reference)
    if not records:
        raise client.GatewayError(f"trace {trace_id} is not among the traces that this machine keeps")
    show.console.print(show.trace_tree(trace_id, spans.trees(records)))


def trace_of(gateway: client.Gateway, reference: str) -> tuple[str, list[spans.SpanRecord]]:
    """The trace id of an invoice and its spans. Raises GatewayError when there is no invoice or it was not traced."""
    found: dict[str, Any] = gateway.get(f"/v1/diagnoses/{quote(reference, safe='')}")["diagnosis"]
    if not found.get("invoiceId"):
        raise client.GatewayError(f"there is no invoice for {reference}: {found['title']}")
    made = gateway.get(f"/v1/invoices/{found['invoiceId']}")["invoice"]
    if not made.get("traceId"):
        raise client.GatewayError(f"invoice {found['invoiceId']} was not traced")
    return made["traceId"], spans.read_trace(client.traces_folder(), made["traceId"])
