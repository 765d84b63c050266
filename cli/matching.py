"""`bihuan match`: payments against lines from two Parquet files, without any service. It decides nothing itself."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cli import show

if TYPE_CHECKING:
    from services.reconciler.rules.results import Summary

_COLOUR = {"MATCHED": "green", "SUGGESTED": "yellow", "BUFFERED": "cyan", "EXCEPTION": "red"}


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(match)


def match(
    payments: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Parquet, as the payments frame.")],
    lines: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Parquet, as the lines frame.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Where results, plan and summary go.")],
    rules: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A rule set; else ours.")] = None,
    as_of: Annotated[datetime | None, typer.Option(help="For which moment; of the time zone of this machine.")] = None,
    memory_mib: Annotated[int, typer.Option(min=64)] = 1024,
    threads: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Match payments with statement lines by a rule set, each row into exactly one place."""
    # Only this command needs the engine, which a terminal that talks to the gateway may not have.
    from services.reconciler.rules.duckdb_engine import Limits, match_files  # noqa: PLC0415
    from services.reconciler.rules.engine import Asked  # noqa: PLC0415
    from services.reconciler.rules.frame_file import FrameInvalid  # noqa: PLC0415
    from services.reconciler.rules.rule_files import DEFAULT, RuleSetInvalid, load_rule_set  # noqa: PLC0415

    limits = Limits(memory_mib, threads)
    try:
        moment = as_of.astimezone() if as_of else None
        summary = match_files(load_rule_set(rules or DEFAULT), payments, lines, out, asked=Asked(moment), limits=limits)
    except (RuleSetInvalid, FrameInvalid) as fault:
        typer.secho(f"refused: {fault}", fg="red", err=True)
        raise typer.Exit(1) from fault
    show.console.print(_table(summary))
    show.console.print(f"digest {summary.digest}\nrule set {summary.rule_set_hash}, {summary.engine}\nin {out}")


def _table(summary: "Summary") -> object:
    rows = [
        (
            {"P": "payments 账面", "L": "lines 渠道"}[total["side"]],
            Text(total["disposition"], _COLOUR.get(total["disposition"], "")),
            total["exception_class"],
            total["currency_code"],
            str(total["row_count"]),
            str(total["amount_minor"]),
        )
        for total in summary.totals
    ]
    title = f"{summary.payment_count} payments, {summary.line_count} lines"
    return show.table(
        title, ("side", "disposition", "class 类别", "currency", "rows 笔数", "minor units"), rows, right=2
    )
