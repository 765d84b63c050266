"""`bihuan invoice`, `why`, `trace`: where an invoice stands, why it is not in the tax system, what happened to it."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from typer.core import TyperGroup

from chassis.money import Money, MoneyError
from cli import client, invoice_batch, invoice_confirm, recognition_view, red_letters, replacements, show, spans

_BLOCK_BYTES = 256 * 1024


class IssuePolicy(StrEnum):
    """The contract's IssuePolicy, in short."""

    ON_SUCCESS = "ON_SUCCESS"
    ON_RECONCILIATION = "ON_RECONCILIATION"
    ON_REQUEST = "ON_REQUEST"


_HELP = "Ask for the invoice of a payment: bihuan invoice PAYMENT_ID. Or for many, by a file. 申请开票"


class _PaymentOrWord(TyperGroup):
    """A word of the group, or else a payment, whose invoice is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["request", *args]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    group = typer.Typer(cls=_PaymentOrWord, no_args_is_help=True, help=_HELP)
    group.command("request")(invoice)
    invoice_batch.add_to(group)
    invoice_confirm.add_to(group)
    red_letters.add_to(group)
    replacements.add_to(group)
    app.add_typer(group, name="invoice")
    app.command()(merchant)
    app.command()(why)
    app.command()(trace)


def invoice(
    payment_id: str,
    title: Annotated[str, typer.Option(help="the buyer's name as it shall stand on the invoice")] = "个人",
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number; none for a person")] = "",
    natural_person: Annotated[bool, typer.Option(help="the buyer is a natural person")] = False,
) -> None:
    """Ask for the invoice of a payment. Asking twice for the same changes nothing."""
    body = {"paymentId": payment_id, "buyerTitle": title, "buyerTaxId": tax_id, "naturalPerson": natural_person}
    answer = client.connect().post("/v1/invoices", body)
    if "invoice" not in answer:
        show.console.print(invoice_confirm.line(answer["confirmation"]), markup=False)
        return
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
    reference: Annotated[str, typer.Argument(help="invoice id, invoice number, payment id or order number")] = "",
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="in its place the invoice: XML, OFD, PDF, picture")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    buyer_tax_id: Annotated[str, typer.Option(help="the buyer's tax number that was asked with")] = "",
    amount: Annotated[str, typer.Option(help="the amount that was asked with, tax included, such as 12.30")] = "",
    issue_date: Annotated[str, typer.Option(help="the day that was asked with, YYYY-MM-DD")] = "",
) -> None:
    """Tell why an invoice is not in the tax system, or that it is, with proof and the remedy. 为什么查不到"""
    if bool(reference) == bool(file):
        raise typer.BadParameter("give a reference, or a file with --file")
    if file:
        _why_file(file, as_json=as_json)
        return
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


def _why_file(file: Path, *, as_json: bool) -> None:
    """What stands on an invoice's file, and why that invoice is not there."""
    answer = client.connect().upload("/v1/diagnoses:file", file, fileName=file.name)
    found = answer.get("diagnoses", [])
    if as_json:
        told = {"recognition": answer["recognition"], "diagnoses": [show.diagnosis_json(each) for each in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    show.console.print(recognition_view.table(file.name, answer["recognition"]))
    for each in found:
        show.console.print(show.diagnosis_table(each))


def _fen(text: str) -> int:
    try:
        return Money.from_major(text, "CNY").amount_minor
    except MoneyError as fault:
        raise client.Unable(f"--amount: {fault}") from fault


def trace(
    reference: Annotated[str, typer.Argument(help="invoice id, invoice number, payment id or order number")],
) -> None:
    """Print the trace of an invoice, from the gateway to the tax system."""
    trace_id, records = trace_of(client.connect(), reference)
    if not records:
        raise client.Unable(f"trace {trace_id} is not among the traces that this machine keeps")
    show.console.print(show.trace_tree(trace_id, spans.trees(records)))


def trace_of(gateway: client.Gateway, reference: str) -> tuple[str, list[spans.SpanRecord]]:
    """The trace id of an invoice and its spans. Raises Unable when there is no invoice or it was not traced."""
    found: dict[str, Any] = gateway.get(f"/v1/diagnoses/{quote(reference, safe='')}")["diagnosis"]
    if not found.get("invoiceId"):
        raise client.Unable(f"there is no invoice for {reference}: {found['title']}")
    made = gateway.get(f"/v1/invoices/{found['invoiceId']}")["invoice"]
    if not made.get("traceId"):
        raise client.Unable(f"invoice {found['invoiceId']} was not traced")
    return made["traceId"], spans.read_trace(client.traces_folder(), made["traceId"])
