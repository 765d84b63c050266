"""`bihuan invoice batch`, `release`, `cancel`: invoices that are asked for by a file, and what became of each row."""

import base64
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import client, show

_LOOK_SECONDS = 0.5
_WATCH_SECONDS_MAX = 3_600
_SHOWN_MAX = 20
_FORMATS = {".csv": "FORMAT_CSV", ".xlsx": "FORMAT_XLSX"}
_COLUMNS = ("row 行", "column 列", "value 值", "rule 规则", "what is wrong 问题", "cure 处理办法")


def add_to(group: typer.Typer) -> None:
    """Add these words to the group of invoices."""
    group.command()(batch)
    group.command()(release)
    group.command()(cancel)


def batch(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX, at most 10,000 rows")],
    merchant: Annotated[str, typer.Option(help="the merchant whose payments the rows name")],
    hold: Annotated[bool, typer.Option("--hold", help="ask for nothing while any row is wrong")] = False,
    wait: Annotated[bool, typer.Option(help="wait until each row has its result")] = True,
    result: Annotated[Path | None, typer.Option(help="where to write the results, .csv or .xlsx")] = None,
) -> None:
    """Ask for the invoices of a file's rows. The same file twice changes nothing. 批量开票申请

    It ends with 1 when a row was refused.
    """
    if result is not None and result.suffix.lower() not in _FORMATS:
        raise typer.BadParameter("--result is a .csv or an .xlsx")
    gateway = client.connect()
    mode = "MODE_HOLD_ALL" if hold else "MODE_ACCEPT_GOOD"
    said = {"merchantId": merchant, "mode": mode, "fileName": file.name}
    known = gateway.upload("/v1/bulk-requests:upload", file, **said)["bulkRequest"]
    if wait:
        known = _watched(gateway, known)
    show.console.print(line(known), markup=False)
    if int(known.get("refusedCount", 0)):
        show.console.print(_wrong(gateway, known))
    if result is not None:
        result.write_bytes(_file(gateway, known, _FORMATS[result.suffix.lower()]))
    if int(known.get("refusedCount", 0)):
        raise typer.Exit(1)


def release(bulk_request_id: str) -> None:
    """Ask for the good rows of a file that is held. 放行"""
    _decide(bulk_request_id, "release")


def cancel(bulk_request_id: str) -> None:
    """Give up a file that is held: nothing is asked for. 取消"""
    _decide(bulk_request_id, "cancel")


def line(known: Mapping[str, Any]) -> str:
    """One line of where a file stands."""
    counts = {name: int(known.get(f"{name}Count", 0)) for name in ("row", "invoiced", "awaiting", "refused")}
    return show.plain(
        f"{known['bulkRequestId']} {known['state'].removeprefix('STATE_')}: {counts['row']} rows, "
        f"{counts['invoiced']} invoiced, {counts['awaiting']} await a second person, {counts['refused']} refused"
    )


def _decide(bulk_request_id: str, word: str) -> None:
    known = client.connect().post(f"/v1/bulk-requests/{bulk_request_id}:{word}", {})["bulkRequest"]
    show.console.print(line(known), markup=False)


def _watched(gateway: client.Gateway, known: dict[str, Any]) -> dict[str, Any]:
    """The request when it moves no more, or after an hour; a bar shows how far it is."""
    ends_at = time.monotonic() + _WATCH_SECONDS_MAX
    with show.progress() as progress:
        task = progress.add_task(show.plain(known["fileName"] or known["bulkRequestId"]), total=int(known["rowCount"]))
        while known["state"] == "STATE_REQUESTING" and time.monotonic() < ends_at:
            time.sleep(_LOOK_SECONDS)
            known = gateway.get(f"/v1/bulk-requests/{known['bulkRequestId']}")["bulkRequest"]
            progress.update(task, completed=int(known.get("doneCount", 0)))
    return known


def _wrong(gateway: client.Gateway, known: Mapping[str, Any]) -> Any:
    """The first refused rows, each with what is wrong and the cure."""
    path = f"/v1/bulk-requests/{known['bulkRequestId']}/rows"
    rows = gateway.get(path, outcome="OUTCOME_REFUSED", pageSize=_SHOWN_MAX).get("rows", [])
    told = [_row(row, each) for row in rows for each in row.get("findings", [])]
    title = f"the first {len(rows)} of {known['refusedCount']} refused rows; --result writes all"
    return show.table(title, _COLUMNS, told)


def _row(row: Mapping[str, Any], each: Mapping[str, Any]) -> tuple[str, ...]:
    finding = each["finding"]
    return (
        str(row["rowNo"]),
        show.plain(each.get("column", "")),
        show.plain(each.get("value", "")),
        finding["rule"],
        f"{finding['message']}\n{finding['messageZh']}",
        f"{finding['cure']}\n{finding['cureZh']}",
    )


def _file(gateway: client.Gateway, known: Mapping[str, Any], kind: str) -> bytes:
    answer = gateway.get(f"/v1/bulk-requests/{known['bulkRequestId']}:file", format=kind)
    return base64.b64decode(answer["content"])
