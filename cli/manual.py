"""`bihuan manual …`: invoices that people carry to the authority by hand, and invoices that two persons leave."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import client, show

manual = typer.Typer(no_args_is_help=True, help="Upload by hand, when the way to the authority is out. 人工上传")
_By = Annotated[str, typer.Option("--by", help="who does it; a key's own name goes before it")]
_Reason = Annotated[str, typer.Option(help="why; whoever asks later reads it")]
_Package = Annotated[str, typer.Argument(help="as `bihuan manual list` tells it")]


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(manual, name="manual")


@manual.command("export")
def export(
    seller: Annotated[str, typer.Option(help="the seller's tax number")],
    reason: _Reason,
    out: Annotated[Path, typer.Option(help="the file to write; its checklist goes beside it, as .checklist.txt")],
    by: _By = "cli",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many invoices at most")] = 1000,
    request: Annotated[str, typer.Option(help="of an export whose answer was lost: its request id")] = "",
) -> None:
    """Export what waits for a seller, with its checklist; nothing sends it from here any more. 导出待上传发票"""
    key, checklist = request or str(uuid.uuid4()), out.with_name(f"{out.name}.checklist.txt")
    for path in (out, checklist):
        if path.exists():
            raise typer.BadParameter(f"{path} is there already")
    show.console.print(f"request {key}", markup=False)
    body = {"sellerTaxId": seller, "operator": by, "reason": reason, "limit": limit}
    made = client.connect().post("/v1/manual-packages", body, key)
    out.write_bytes(client.raw(made["content"]))
    checklist.write_text(made["checklist"], "utf-8")
    show.console.print(made["checklist"], markup=False)
    show.console.print(f"{made['package']['packageId']} → {out}", markup=False)


@manual.command("import")
def import_receipt(
    package_id: _Package,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the receipt, as it came")],
    by: _By = "cli",
) -> None:
    """Import a receipt: its invoices are asked for at once, and count when the authority shows them. 导入回执"""
    made = client.connect().upload("/v1/manual-receipts", file, packageId=package_id, operator=by)
    word = " was imported before 此前已导入" if made.get("replayed") else ""
    taken, refused = made.get("takenCount", 0), made.get("refusedCount", 0)
    show.console.print(f"{package_id}: {taken} taken 受理, {refused} refused 拒绝{word}", markup=False)
    show.console.print("It counts as booked when the authority shows it. 以税局主库查到为准。")


@manual.command("release")
def release(package_id: _Package, reason: _Reason, by: _By = "cli") -> None:
    """Give a package back: nobody carries it there. What is proved absent is sent by itself. 释放上传包"""
    body = {"operator": by, "reason": reason}
    made = client.connect().post(f"/v1/manual-packages/{package_id}:release", body)
    show.console.print(f"{package_id}: {made.get('releasedCount', 0)} released 已释放", markup=False)


@manual.command("show")
def show_package(package_id: _Package) -> None:
    """Show a package: where each of its invoices stands, and who did what. 查看上传包"""
    answer = client.connect().get(f"/v1/manual-packages/{package_id}")
    show.console.print(show.table(package_id, _COLUMNS, [_line(answer["package"])], right=3))
    rows = [
        (
            str(one["itemNo"]),
            one["invoiceId"],
            one["syncState"].removeprefix("SYNC_STATE_"),
            one.get("invoiceNumber", "") or "–",
            " ".join(filter(None, (one.get("receiptStatus"), one.get("receiptNumber"), one.get("receiptCode")))) or "–",
            show.money(one["amount"]),
        )
        for one in answer.get("items", [])
    ]
    columns = ("no 序号", "invoice 发票", "state 状态", "number 号码", "receipt 回执", "amount 金额")
    show.console.print(show.table("invoices 发票", columns, rows, right=1))
    steps = [
        (show.instant(one["stepTime"]), one["kind"], one["operator"], one["reason"], str(one.get("invoiceCount", 0)))
        for one in answer["package"].get("steps", [])
    ]
    headings = ("when 时间", "step 步骤", "by 操作人", "reason 原因", "invoices 份数")
    show.console.print(show.table("steps 步骤", headings, steps, right=1))


@manual.command("list")
def list_packages(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """List packages, newest first. 上传包列表"""
    found = client.connect().get("/v1/manual-packages", pageSize=limit).get("packages", [])
    show.console.print(show.table("packages 上传包", _COLUMNS, map(_line, found), right=3))


@manual.command("abandon")
def abandon(invoice_id: str, reason: _Reason, by: _By = "cli") -> None:
    """Propose to leave an invoice for good; another person decides. 申请放弃发票"""
    body = {"invoiceId": invoice_id, "operator": by, "reason": reason}
    _tell(client.connect().post("/v1/abandonments", body)["abandonment"])


@manual.command("decide")
def decide(
    abandonment_id: str,
    reason: _Reason,
    approve: Annotated[bool, typer.Option("--approve/--decline", help="leave it for good, or do not")],
    by: _By = "cli",
) -> None:
    """Decide a proposal to leave an invoice; never by who proposed it. 决定放弃申请"""
    body = {"operator": by, "reason": reason, "approve": approve}
    _tell(client.connect().post(f"/v1/abandonments/{abandonment_id}:decide", body)["abandonment"])


_COLUMNS = ("package 上传包", "by 导出人", "when 时间", "open 未完成", "booked 已入库", "sum 金额")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["packageId"],
        one["exportBy"],
        show.instant(one["exportTime"]),
        f"{one.get('openCount', 0)} of {one['invoiceCount']}",
        str(one.get("bookedCount", 0)),
        show.money(one["amount"]),
    )


def _tell(made: dict[str, Any]) -> None:
    state = made["state"].removeprefix("STATE_")
    show.console.print(f"{made['abandonmentId']} {made['invoiceId']}: {state}", markup=False)
