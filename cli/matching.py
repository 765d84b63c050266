"""`bihuan match`: payments against lines from two Parquet files, without any service. It decides nothing itself."""

from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cli import show

if TYPE_CHECKING:
    from services.reconciler.rules.engine import Asked
    from services.reconciler.rules.results import Summary
    from services.reconciler.rules.rule_set import RuleSet

_COLOUR = {"MATCHED": "green", "SUGGESTED": "yellow", "BUFFERED": "cyan", "EXCEPTION": "red"}


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(match)


class EngineName(StrEnum):
    """What a plan can run on; all of them give the same result."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"


def match(
    payments: Annotated[str, typer.Option(help="Parquet, as the payments frame; with Spark any address it reads.")],
    lines: Annotated[str, typer.Option(help="Parquet, as the lines frame.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Where results, plan and summary go.")],
    rules: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A rule set; else ours.")] = None,
    as_of: Annotated[datetime | None, typer.Option(help="For which moment; of the time zone of this machine.")] = None,
    memory_mib: Annotated[int, typer.Option(min=64, help="DuckDB: all that it may take.")] = 1024,
    threads: Annotated[int, typer.Option(min=1, help="DuckDB: at once.")] = 2,
    engine: Annotated[EngineName, typer.Option(help="What it runs on; the result is the same.")] = EngineName.DUCKDB,
    database: Annotated[str, typer.Option(help="PostgreSQL: its URL; else one that goes with the command.")] = "",
    master: Annotated[str, typer.Option(help="Spark: where; else what spark-submit says.")] = "",
    work: Annotated[str, typer.Option(help="Spark: a folder that driver and executors both reach.")] = "",
    conf: Annotated[list[str] | None, typer.Option(help="Spark: one of its settings, as name=value.")] = None,
) -> None:
    """Match payments with statement lines by a rule set, each row into exactly one place."""
    # Only this command needs the engine, which a terminal that talks to the gateway may not have.
    from services.reconciler.rules.engine import Asked  # noqa: PLC0415
    from services.reconciler.rules.frame_file import FrameInvalid  # noqa: PLC0415
    from services.reconciler.rules.rule_files import DEFAULT, RuleSetInvalid, load_rule_set  # noqa: PLC0415

    try:
        wanted = (load_rule_set(rules or DEFAULT), payments, lines, out, Asked(as_of.astimezone() if as_of else None))
        match engine:
            case EngineName.DUCKDB:
                summary = _on_duckdb(*wanted, memory_mib, threads)
            case EngineName.POSTGRES:
                summary = _on_postgres(*wanted, database)
            case EngineName.SPARK:
                summary = _on_spark(*wanted, master, work, conf or [])
    except (RuleSetInvalid, FrameInvalid) as fault:
        typer.secho(f"refused: {fault}", fg="red", err=True)
        raise typer.Exit(1) from fault
    show.console.print(_table(summary))
    show.console.print(f"digest {summary.digest}\nrule set {summary.rule_set_hash}, {summary.engine}\nin {out}")


def _on_duckdb(
    rule_set: "RuleSet", payments: str, lines: str, out: Path, asked: "Asked", memory_mib: int, threads: int
) -> "Summary":
    from services.reconciler.rules.duckdb_engine import Limits, match_files  # noqa: PLC0415

    limits = Limits(memory_mib, threads)
    return match_files(rule_set, _file(payments), _file(lines), out, asked=asked, limits=limits)


def _on_postgres(rule_set: "RuleSet", payments: str, lines: str, out: Path, asked: "Asked", database: str) -> "Summary":
    from chassis.local_postgres import local_postgres  # noqa: PLC0415
    from services.reconciler.rules.postgres_engine import match_files  # noqa: PLC0415

    with ExitStack() as stack:
        url = database or stack.enter_context(local_postgres()).url("postgres")
        return match_files(rule_set, _file(payments), _file(lines), out, url=url, asked=asked)


def _on_spark(
    rule_set: "RuleSet", payments: str, lines: str, out: Path, asked: "Asked", master: str, work: str, conf: list[str]
) -> "Summary":
    from services.reconciler.rules.spark_engine import match_files  # noqa: PLC0415

    config = {name: value for name, _, value in (each.partition("=") for each in conf)}
    place = work or str(out.resolve())
    return match_files(rule_set, payments, lines, out, work=place, master=master or None, asked=asked, config=config)


def _file(name: str) -> Path:
    if not Path(name).is_file():
        raise typer.BadParameter(f"{name} is no file")
    return Path(name)


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
