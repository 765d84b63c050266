"""`bihuan archive …`: how the copies of invoices stand, and the drill that restores some of them."""

import os
import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import addresses, client, show

archive = typer.Typer(no_args_is_help=True, help="The archive of invoices: its copies, and the restore drill. 归档")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(archive, name="archive")


@archive.command("status")
def status() -> None:
    """Count the copies in each place by state, and tell when the oldest was last read whole. 归档状况"""
    found = client.connect().get("/v1/archive").get("totals", [])
    rows = [
        (
            one["place"],
            one["state"].removeprefix("COPY_STATE_"),
            one["copyCount"],
            show.instant(one.get("oldestVerifyTime", "")),
        )
        for one in found
    ]
    show.console.print(show.table("archive", ("place 位置", "state 状态", "copies 副本", "oldest 最久未校验"), rows))


@archive.command("papers")
def papers(invoice_id: Annotated[str, typer.Argument(help="the invoice")]) -> None:
    """List the files of an invoice with their hashes and copies. 发票文件"""
    found = client.connect().get(f"/v1/invoices/{invoice_id}/papers").get("papers", [])
    rows = [
        (
            f"v{one['version']} {one['kind'].removeprefix('PAPER_KIND_')}",
            one["sha256"],
            " ".join(f"{copy['place']}:{copy['state'].removeprefix('COPY_STATE_')}" for copy in one.get("copies", [])),
        )
        for one in found
    ]
    show.console.print(show.table(invoice_id, ("file 文件", "SHA-256", "copies 副本"), rows))


@archive.command("drill")
def drill(
    folder: Annotated[Path, typer.Option(help="an empty folder, or one that is not there yet")],
    sample: Annotated[int, typer.Option(min=1, max=10_000, help="how many files")] = 20,
    place: Annotated[str, typer.Option(help="first or second; both when none is given")] = "",
    salt: Annotated[str, typer.Option(help="draws the sample; the same draws the same")] = "",
) -> None:
    """Restore a sample of the archive into an empty folder and compare it with what was kept. 恢复演练

    It reads the database and the places of the archive itself, by the settings of invoice_sync in the environment
    (BIHUAN_INVOICE_SYNC_…), or of the local stack. It exits with 1 when anything did not come back the same.
    """
    rows = _drilled(_environment(), folder, sample, place, salt or secrets.token_hex(8))
    for row in rows:
        if row.outcome.value != "SAME":
            typer.secho(
                f"{row.place} {row.invoice_id} v{row.version} {row.kind}: {row.outcome.value}", fg="red", err=True
            )
    counts = Counter((row.place, row.outcome.value) for row in rows)
    columns = ("place 位置", "outcome 结果", "files 文件")
    shown = [(where, what, str(count)) for (where, what), count in sorted(counts.items())]
    show.console.print(show.table(f"restored into {folder}", columns, shown))
    if not rows or any(row.outcome.value != "SAME" for row in rows):
        raise typer.Exit(1)


def _drilled(environment: Mapping[str, str], folder: Path, sample: int, place: str, salt: str) -> list[Any]:
    import asyncio  # noqa: PLC0415  the other commands need no database driver

    from chassis import database  # noqa: PLC0415
    from chassis.config import ConfigError, read_config  # noqa: PLC0415
    from chassis.crypto import KeyRing  # noqa: PLC0415
    from services.invoice_sync.actions.drill import DrillFault, drill  # noqa: PLC0415
    from services.invoice_sync.config import Config  # noqa: PLC0415
    from services.invoice_sync.paper.places import open_places  # noqa: PLC0415

    try:
        config = read_config(Config, "BIHUAN_INVOICE_SYNC", environment)
        places = [one for one in open_places(config.archive_urls(), config.s3_access()) if place in ("", one.name)]
        ring = KeyRing.read(config.body_key_file)
    except (ConfigError, ValueError, OSError) as fault:
        raise client.Unable(str(fault)) from fault

    async def run() -> list[Any]:
        engine = database.connect(config.database_url, "archive drill", 1)
        try:
            return list(await drill(database.sessions(engine), ring, places, folder, sample, salt))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (DrillFault, OSError) as fault:
        raise client.Unable(str(fault)) from fault


def _environment() -> Mapping[str, str]:
    if "BIHUAN_INVOICE_SYNC_DATABASE_URL" in os.environ or not client.STACK_FILE.exists():
        return os.environ
    local = addresses.load(client.STACK_FILE)
    return {f"BIHUAN_INVOICE_SYNC_{name}": value for name, value in addresses.archive_settings(local).items()}
