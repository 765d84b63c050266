"""`bihuan bill …`: how far bills are paid, why one still says unpaid, what was paid twice. A command is one call."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table
from rich.text import Text

from cli import client, show

bill = typer.Typer(no_args_is_help=True, help="What customers owe, and how far it is paid. 账单")
_ROWS_MAX = 200


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(bill, name="bill")


@bill.command("show")
def show_bill(
    merchant: Annotated[str, typer.Argument(help="merchant_id")],
    bill_no: Annotated[str, typer.Argument(help="the number on the bill")],
) -> None:
    """Show a bill: how far it is paid, by what, why it stands so, and what to do. 账单查询"""
    path = f"/v1/merchants/{quote(merchant, safe='')}/bills/{quote(bill_no, safe='')}"
    found = client.connect().get(path)
    show.console.print(_bill_table(found["bill"], found["answer"]))
    if payments := found.get("payments"):
        show.console.print(_payments_table(payments))
    if near := found.get("nearPayments"):
        show.console.print(_near_table(near))


@bill.command("list")
def list_bills(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    state: Annotated[str, typer.Option(help="UNPAID, PARTLY_PAID, PAID, RECONCILED, OVERPAID or CANCELLED")] = "",
    overdue_on: Annotated[str, typer.Option(help="only what was due before this day and is not paid")] = "",
) -> None:
    """List bills, newest first; the first 200. 账单列表"""
    query = {"merchantId": merchant, "state": f"STATE_{state}" if state else "", "overdueOn": overdue_on}
    found = client.connect().get("/v1/bills", pageSize=_ROWS_MAX, **query)
    rows = [
        (
            one["merchantId"],
            one["billNo"],
            one["category"].removeprefix("CATEGORY_"),
            one.get("dueDate") or "–",
            _state(one),
            show.money(one["amount"]),
            show.money(one["paidAmount"]),
        )
        for one in found.get("bills", [])
    ]
    columns = ("merchant 商户", "bill 账单号", "for 费种", "due 截止日", "state 状态", "owed 应缴", "paid 已缴")
    show.console.print(show.table(_title("bills", found), columns, rows, right=2))


@bill.command("duplicates")
def list_duplicates(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    state: Annotated[str, typer.Option(help="OPEN, REFUNDED or DISMISSED; empty for all")] = "OPEN",
) -> None:
    """List what was paid twice, each with the refund that is proposed; the first 200. 重复缴费"""
    query = {"merchantId": merchant, "state": f"STATE_{state}" if state else ""}
    found = client.connect().get("/v1/duplicates", pageSize=_ROWS_MAX, **query)
    rows = [
        (
            one["duplicateId"],
            f"{one['merchantId']} {one['billNo']}",
            one["state"].removeprefix("STATE_"),
            f"{one['channel']} {one['paymentId']}",
            ", ".join(f"{each['channel']} {each['paymentId']}" for each in one.get("coveringPayments", [])) or "–",
            show.money(one["proposedRefundAmount"]),
        )
        for one in found.get("duplicates", [])
    ]
    columns = ("case 记录", "bill 账单", "state 状态", "too many 多缴", "paid by 已由", "refund 建议退款")
    show.console.print(show.table(_title("duplicate payments", found), columns, rows, right=1))


@bill.command("dismiss")
def dismiss(
    duplicate_id: Annotated[str, typer.Argument(help="as `bihuan bill duplicates` tells it")],
    reason: Annotated[str, typer.Option(help="why nothing is refunded")],
) -> None:
    """Close a duplicate payment without a refund; whose key it is decided. 不予退款"""
    closed = client.connect().post(f"/v1/duplicates/{duplicate_id}:dismiss", {"reason": reason})["duplicate"]
    show.console.print(f"{closed['duplicateId']} is dismissed: {closed['dismissReason']}")


def _bill_table(found: Mapping[str, Any], answer: Mapping[str, Any]) -> Table:
    rows: list[tuple[str, str | Text]] = [
        ("state 状态", Text(_state(found), "bold")),
        ("owed 应缴", show.money(found["amount"])),
        ("paid 已缴", show.money(found["paidAmount"])),
        ("confirmed 已对账", show.money(found["reconciledAmount"])),
        ("due 截止日", found.get("dueDate") or "–"),
        ("account 户号", found.get("payerAccount") or "–"),
        ("why 说明", f"{answer['fact']}\n{answer['factZh']}"),
        ("what to do 处理", f"{answer['remedy']}\n{answer['remedyZh']}"),
    ]
    return show.table(f"bill {found['merchantId']} {found['billNo']}", ("", ""), rows)


def _payments_table(payments: Iterable[Mapping[str, Any]]) -> Table:
    rows = [
        (
            show.instant(one.get("payTime", "")),
            f"{one['paymentId']}\n{one['channel']} {one.get('channelTxnNo', '')}",
            f"{one['fact']}\n{one['factZh']}",
            show.money(one["amount"]),
            show.money(one["countedAmount"]),
        )
        for one in payments
    ]
    columns = ("paid at 时间", "payment 支付单", "why 说明", "amount 金额", "counts 计入")
    return show.table("payments that name it", columns, rows, right=2)


def _near_table(near: Iterable[Mapping[str, Any]]) -> Table:
    rows = [
        (
            Text(f"{one['billNo']}?", "bold yellow"),
            one["slip"].removeprefix("SLIP_"),
            one["paymentId"],
            show.instant(one.get("payTime", "")),
            show.money(one["amount"]),
        )
        for one in near
    ]
    columns = ("number 号码", "slip 差错", "payment 支付单", "paid at 时间", "amount 金额")
    return show.table("paid under a number that no bill needs", columns, rows, right=1)


def _state(found: Mapping[str, Any]) -> str:
    return str(found["state"]).removeprefix("STATE_")


def _title(what: str, found: Mapping[str, Any]) -> str:
    return f"{what}, the newest" if found.get("nextPageToken") else what
