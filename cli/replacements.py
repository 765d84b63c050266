"""`bihuan invoice replace …`: applications about lost and wrong invoices, with proof. A command is one call."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import client, show
from cli.red_letters import steps_table

replace = typer.Typer(no_args_is_help=True, help="Replaces lost and wrong invoices. 发票遗失与更正")
_ROWS_MAX = 200
_MEDIA_TYPES = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(replace, name="replace")


@replace.command("apply")
def apply(
    invoice_id: str,
    kind: Annotated[str, typer.Option(help="LOST or WRONG")],
    why: Annotated[str, typer.Option(help="in the customer's words")],
    proof: Annotated[list[Path], typer.Option(help="a PDF, PNG or JPEG, half a MiB at most; up to five")],
    title: Annotated[str, typer.Option(help="the buyer's name as it shall be; empty when it stays")] = "",
    tax_id: Annotated[str, typer.Option(help="the buyer's tax number as it shall be")] = "",
) -> None:
    """File an application with its proof. 提交申请"""
    body = {
        "invoiceId": invoice_id,
        "kind": f"APPLICATION_KIND_{kind}",
        "why": why,
        "buyerTitle": title,
        "buyerTaxId": tax_id,
        "proofs": [_proof(each) for each in proof],
    }
    _print(client.connect().post("/v1/invoice-applications", body)["application"])


@replace.command("review")
def review(
    application_id: str,
    why: Annotated[str, typer.Option(help="why")],
    remedy: Annotated[str, typer.Option(help="COPY or REISSUE; empty refuses the application")] = "",
) -> None:
    """Decide an application, as somebody else than who filed it. 复核"""
    body = {"remedy": f"REMEDY_{remedy or 'UNSPECIFIED'}", "why": why}
    _print(client.connect().post(f"/v1/invoice-applications/{application_id}:review", body)["application"])


@replace.command("withdraw")
def withdraw(application_id: str, why: Annotated[str, typer.Option(help="why")]) -> None:
    """Take an application back before it is reviewed. 撤回"""
    path = f"/v1/invoice-applications/{application_id}:withdraw"
    _print(client.connect().post(path, {"why": why})["application"])


@replace.command("show")
def show_application(application_id: str) -> None:
    """Show an application with every step: who, when, why. 申请详情"""
    told = client.connect().get(f"/v1/invoice-applications/{application_id}")
    _print(told["application"])
    for one in told.get("proofs", []):
        show.console.print(f"proof 凭证 {show.plain(one['fileName'])} {one['byteCount']} bytes {one['sha256']}")
    show.console.print(steps_table(told.get("steps", []), "APPLICATION_STATE_"))


@replace.command("list")
def list_applications(
    merchant: Annotated[str, typer.Option(help="only of this merchant")] = "",
    state: Annotated[str, typer.Option(help="such as AWAITS_REVIEW; empty for all")] = "",
) -> None:
    """List applications, newest first; the first 200. 申请列表"""
    query = {"merchantId": merchant, "state": f"APPLICATION_STATE_{state}" if state else ""}
    found = client.connect().get("/v1/invoice-applications", pageSize=_ROWS_MAX, **query)
    rows = [
        (
            one["applicationId"],
            one["invoiceId"],
            one["kind"].removeprefix("APPLICATION_KIND_"),
            one["state"].removeprefix("APPLICATION_STATE_"),
            show.plain(one["filedBy"]),
            show.plain(one.get("reviewedBy") or "–"),
        )
        for one in found.get("applications", [])
    ]
    columns = ("application 申请", "invoice 发票", "kind 类别", "state 状态", "filed by 提交人", "reviewed by 复核人")
    show.console.print(show.table("applications 申请", columns, rows))


@replace.command("copy")
def copy(
    application_id: str,
    out: Annotated[Path, typer.Option(help="where to write it")],
) -> None:
    """Write the replacement copy that was granted: the document as the authority has it. 副本"""
    told = client.connect().get(f"/v1/invoice-applications/{application_id}/copy")
    out.write_bytes(base64.b64decode(told["document"]))
    show.console.print(f"{out}: invoice {told['invoiceNumber']}, SHA-256 {told['documentSha256']}")


def _proof(file: Path) -> dict[str, str]:
    media_type = _MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise client.Unable(f"{file}: a proof is a PDF, PNG or JPEG")
    content = base64.b64encode(file.read_bytes()).decode()
    return {"fileName": file.name, "mediaType": media_type, "content": content}


def _print(made: Mapping[str, Any]) -> None:
    state = made["state"].removeprefix("APPLICATION_STATE_")
    show.console.print(f"{made['applicationId']} {state}")
    show.console.print(f"{made['title']}\n{made['titleZh']}")
