"""The `bihuan` command: its groups, and how a fault reaches the person at the terminal."""

import sys
from typing import NoReturn

import typer
from bihuan_client import NoAnswer, Refused

from cli import (
    archive,
    audit,
    bills,
    deliveries,
    exceptions,
    invoices,
    keys,
    local,
    manual,
    matching,
    parity,
    payments,
    reconciliation,
    rules,
    statements,
    sync,
    webhooks,
)
from cli.client import Unable

_HELP = "Bihuan 闭环: payments in, reconciled, and every invoice in the tax system, with proof."
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=_HELP)
_DAILY = (local, payments, bills, statements, reconciliation, exceptions, matching, rules, invoices)
_GROUPS = (*_DAILY, parity, manual, deliveries, archive, sync, audit, keys, webhooks)
for group in _GROUPS:
    group.add_to(app)


def run() -> None:
    """Run the command line; a refusal ends it with 1 and its sentence on standard error."""
    try:
        app()
    except Refused as fault:
        _end(f"refused: {fault.problem.detail if fault.reason else fault}", fault.trace_id)
    except NoAnswer as fault:
        _end(str(fault), fault.trace_id)
    except Unable as fault:
        _end(f"refused: {fault}")


def _end(why: str, trace_id: str = "") -> NoReturn:
    typer.secho(why, fg="red", err=True)
    if trace_id:
        typer.secho(f"  trace {trace_id}", fg="red", err=True)
    sys.exit(1)
