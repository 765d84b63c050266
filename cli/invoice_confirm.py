"""`bihuan invoice confirmations`, `confirm`, `refuse`: what a second person decides before an invoice is issued."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli import client, show

_Reason = Annotated[str, typer.Option(help="why, such as what it was compared with")]
_COLUMNS = ("confirmation 复核", "payment 支付", "amount 金额", "buyer 购买方", "what is risky 原因", "asked by 申请人")


def add_to(group: typer.Typer) -> None:
    """Add these words to the group of invoices."""
    group.command()(confirmations)
    group.command()(confirm)
    group.command()(refuse)


def confirmations(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    every: Annotated[bool, typer.Option("--all", help="those that were decided, too")] = False,
) -> None:
    """List what awaits a second person, newest first. 待复核的开票申请"""
    state = "" if every else "STATE_AWAITS_CONFIRMATION"
    found = client.connect().pages("/v1/invoice-confirmations", "confirmations", merchantId=merchant, state=state)
    show.console.print(show.table(f"{len(found)} confirmations", _COLUMNS, map(_row, found)))


def confirm(confirmation_id: str, reason: _Reason) -> None:
    """Confirm what somebody else asked for: its invoice is issued at once. 确认"""
    _decide(confirmation_id, "confirm", reason)


def refuse(confirmation_id: str, reason: _Reason) -> None:
    """Refuse what somebody else asked for. 拒绝"""
    _decide(confirmation_id, "refuse", reason)


def line(confirmation: Mapping[str, Any]) -> str:
    """A few lines of what was set aside."""
    state = confirmation["state"].removeprefix("STATE_")
    why = "\n".join(f"  {_why(each)}" for each in confirmation.get("findings", []))
    return show.plain(f"{confirmation['confirmationId']} {state}, nothing is issued yet") + f"\n{why}"


def _decide(confirmation_id: str, word: str, reason: str) -> None:
    body = {"reason": reason}
    decided = client.connect().post(f"/v1/invoice-confirmations/{confirmation_id}:{word}", body)["confirmation"]
    invoice_id = decided.get("invoiceId", "")
    show.console.print(
        f"{confirmation_id} {decided['state'].removeprefix('STATE_')} {invoice_id}".rstrip(), markup=False
    )


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{one['confirmationId']}\n{one['state'].removeprefix('STATE_')}",
        one["paymentId"],
        show.money(one["amount"]),
        show.plain(f"{one['buyerTitle']}\n{one.get('buyerTaxId', '')}".rstrip()),
        "\n".join(_why(each) for each in one.get("findings", [])),
        show.plain(one["requestedBy"]),
    )


def _why(finding: Mapping[str, Any]) -> str:
    return show.plain(f"{finding['rule']}: {finding['message']} {finding['messageZh']}")
