"""`bihuan audit …`: who did what, and the proof that nothing of it was changed. It changes nothing itself."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import client, show

audit = typer.Typer(no_args_is_help=True, help="Who did what, and the proof of it. 审计")
_MEANING = {
    "GAP": "links were removed or put between 链上缺号或插号",
    "REMOVED": "the record is gone 记录被删除",
    "CHANGED": "the record or its link was changed, or two changed places 记录被改动或调换",
    "BATCH": "records that were written together are not together any more 同批记录被拆散",
    "SIGNATURE": "no gateway signed it: put in by hand, or written anew 无网关签名，系人工写入或重写",
    "ANCHOR": "the head that was anchored outside is another one 与库外锚点不符",
    "TAIL": "the end was cut off behind this record 此后的记录被截断",
    "SEAL": "a seal is forged, or says otherwise than the chain 月度封存不符",
    "UNLINKED": "a record that is in no chain 链外记录",
}


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(audit, name="audit")


@audit.command("list")
def list_records(
    caller: Annotated[str, typer.Option(help="only of this key or person")] = "",
    method: Annotated[str, typer.Option(help="only of this method, by its full name")] = "",
    about: Annotated[str, typer.Option(help="only about this payment, refund, invoice …")] = "",
    outcome: Annotated[str, typer.Option(help="only with this outcome, such as PERMISSION_DENIED")] = "",
    unmasked: Annotated[bool, typer.Option("--unmasked", help="only sights of unmasked data")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List records, newest first. 审计记录"""
    query = {"callerId": caller, "method": method, "resourceId": about, "outcome": outcome}
    found = client.connect().get("/v1/auditRecords", pageSize=limit, unmaskedOnly="true" if unmasked else "", **query)
    columns = ("time 时间", "caller 调用方", "method 方法", "about 对象", "outcome 结果", "address 地址", "reason 事由")
    show.console.print(show.table("audit", columns, [_row(one) for one in found.get("records", [])]))


@audit.command("verify")
def verify(
    database: Annotated[str, typer.Option(help="postgresql://… to read; without it, the gateway walks")] = "",
    folder: Annotated[Path | None, typer.Option(help="the second place, with anchors and seals")] = None,
    public_key: Annotated[list[Path] | None, typer.Option(help="what proves the signatures; old ones too")] = None,
) -> None:
    """Walk the whole chain, and name the first record that does not fit. 校验审计链

    With --database nobody's word is taken: records, links, signatures, anchors and seals are read and computed here.
    """
    if database:
        count, broken = _walk_database(database, folder, public_key or [])
    else:
        count, broken = _walk_gateway()
    if broken:
        link_no, record_id, why = broken
        typer.secho(f"broken at {link_no} {record_id}: {why}, {_MEANING[why]}", fg="red", err=True)
        raise typer.Exit(1)
    if database and not public_key:
        typer.secho("signatures were not looked at: no --public-key 未校验签名", fg="yellow", err=True)
    typer.echo(f"whole 完整, {count} records")


def _walk_database(url: str, folder: Path | None, public_keys: list[Path]) -> tuple[int, tuple[int, str, str] | None]:
    import asyncio  # noqa: PLC0415  the other commands need no database driver

    from services.gateway.audit_verify import verify_database  # noqa: PLC0415

    verdict = asyncio.run(verify_database(url, folder, public_keys))
    broken = verdict.broken
    return verdict.record_count, (broken.link_no, broken.record_id, broken.why.value) if broken else None


def _walk_gateway() -> tuple[int, tuple[int, str, str] | None]:
    gateway, from_link_no, count = client.connect(), 1, 0
    while from_link_no:
        answer = gateway.get("/v1/auditRecords:verify", fromLinkNo=from_link_no)
        count += int(answer["recordCount"])
        if not answer["intact"]:
            return count, (int(answer["brokenLinkNo"]), answer["brokenRecordId"], answer["why"])
        from_link_no = int(answer["nextLinkNo"])
    return count, None


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    about = " ".join(one["resourceIds"])
    sight = " unmasked 明文" if one["sawUnmasked"] else ""
    method = one["method"].rpartition(".")[2] + sight
    return (
        show.instant(one["recordTime"]),
        one["callerId"],
        method,
        about,
        one["outcome"],
        one["address"],
        one["reason"],
    )
