"""`bihuan invoice red …`: red letters into the books, and what comes free by them. A command is one call."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from cli import client, invoice_confirm, show

red = typer.Typer(no_args_is_help=True, help="Takes invoices back by red letters. 红字发票")
_ROWS_MAX = 200


class Reason(StrEnum):
    """The contract's RedReason, in short."""

    RETURN = "RETURN"
    MISTAKE = "MISTAKE"
    SERVICE_ENDED = "SERVICE_ENDED"
    ALLOWANCE = "ALLOWANCE"


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(red, name="red")


@red.command("request")
def request(
    invoice_id: str,
    reason: Annotated[Reason, typer.Option(help="why it is taken back")],
    amount_minor: Annotated[int, typer.Option(help="how much, in minor units; all that is left when not given")] = 0,
    note: Annotated[str, typer.Option(help="in your own words")] = "",
) -> None:
    """Ask for a red letter for a booked invoice. 申请红字"""
    body = {
        "invoiceId": invoice_id,
        "reason": f"RED_REASON_{reason.value}",
        "amountMinor": str(amount_minor),
        "note": note,
    }
    _print(client.connect().post("/v1/red-letters", body)["redLetter"])


@red.command("confirm")
def confirm(red_letter_id: str, why: Annotated[str, typer.Option(help="why")]) -> None:
    """Confirm what the buyer applied for. 确认"""
    _move(red_letter_id, "CONFIRM", why)


@red.command("refuse")
def refuse(red_letter_id: str, why: Annotated[str, typer.Option(help="why")]) -> None:
    """Refuse what the buyer applied for. 拒绝"""
    _move(red_letter_id, "REFUSE", why)


@red.command("withdraw")
def withdraw(red_letter_id: str, why: Annotated[str, typer.Option(help="why")]) -> None:
    """Take back what you applied for, before a red invoice used it. 撤销"""
    _move(red_letter_id, "WITHDRAW", why)


@red.command("show")
def show_letter(red_letter_id: str) -> None:
    """Show a red letter with every step: who, when, why. 红字流程"""
    told = client.connect().get(f"/v1/red-letters/{red_letter_id}")
    _print(told["redLetter"])
    show.console.print(steps_table(told.get("steps", []), "RED_STATE_"))


@red.command("list")
def list_letters(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    invoice: Annotated[str, typer.Option(help="only of this blue invoice")] = "",
    state: Annotated[str, typer.Option(help="such as AWAITING_SELLER; empty for all")] = "",
) -> None:
    """List red letters, newest first; the first 200. 红字列表"""
    query = {"merchantId": merchant, "invoiceId": invoice, "state": f"RED_STATE_{state}" if state else ""}
    found = client.connect().get("/v1/red-letters", pageSize=_ROWS_MAX, **query)
    rows = [
        (
            one["redLetterId"],
            one["invoiceId"],
            _short(one["state"], "RED_STATE_"),
            _short(one["appliedBy"], "RED_SIDE_"),
            show.instant(one.get("expireTime", "")),
            show.money(one["amount"]),
        )
        for one in found.get("redLetters", [])
    ]
    columns = ("red letter 红字流程", "invoice 蓝字发票", "state 状态", "by 申请方", "void at 作废时间", "amount 金额")
    show.console.print(show.table("red letters 红字发票", columns, rows, right=1))


@red.command("money")
def money(payment_id: str) -> None:
    """Show what of a payment is invoiced, taken back, to be taken back, and may be invoiced. 可开票金额"""
    told = client.connect().get(f"/v1/payments/{payment_id}/invoiceable")["invoiceable"]
    names = {
        "amount": "paid 支付",
        "refundedAmount": "went back 已退",
        "invoicedAmount": "invoiced 已开票",
        "redAmount": "taken back 已冲红",
        "redRequiredAmount": "to be taken back 待冲红",
        "leftAmount": "may be invoiced 可开票",
    }
    rows = [(word, show.money(told.get(name))) for name, word in names.items()]
    show.console.print(show.table(payment_id, ("", "amount 金额"), rows, right=1))


@red.command("remainder")
def remainder(
    payment_id: str,
    title: Annotated[str, typer.Option(help="the buyer's name as it shall stand on the invoice")],
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number; none for a person")] = "",
) -> None:
    """Invoice all of a payment that no invoice holds; a large amount awaits a second person. 余额开票"""
    body = {"buyerTitle": title, "buyerTaxId": tax_id}
    answer = client.connect().post(f"/v1/payments/{payment_id}:invoiceRemainder", body)
    if "invoice" not in answer:
        show.console.print(invoice_confirm.line(answer["confirmation"]), markup=False)
        return
    made = answer["invoice"]
    show.console.print(f"{made['invoiceId']} {show.money(made['amount'])} {made['syncState']}")


def steps_table(steps: list[Mapping[str, Any]], prefix: str) -> Table:
    """Every step of a red letter or an application."""
    rows = [
        (
            str(one["stepNo"]),
            show.instant(one["stepTime"]),
            show.plain(one["operator"]),
            _short(one["state"], prefix),
            show.plain(one.get("why", "")),
        )
        for one in steps
    ]
    return show.table("steps 步骤", ("no", "when 时间", "who 操作人", "state 状态", "why 原因"), rows)


def _move(red_letter_id: str, move: str, why: str) -> None:
    body = {"move": f"RED_MOVE_{move}", "why": why}
    _print(client.connect().post(f"/v1/red-letters/{red_letter_id}:move", body)["redLetter"])


def _print(letter: Mapping[str, Any]) -> None:
    state = _short(letter["state"], "RED_STATE_")
    show.console.print(f"{letter['redLetterId']} {show.money(letter['amount'])} {state}")
    show.console.print(f"{letter['title']}\n{letter['titleZh']}")


def _short(name: str, prefix: str) -> str:
    return name.removeprefix(prefix)
