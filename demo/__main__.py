"""`make demo`: starts the whole system, plays one day through it, prints one screen, and stops all that it started."""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from bihuan_client import BihuanError

from cli import show, spans
from cli.client import Gateway, Unable
from cli.stack import Stack, running_stack
from cli.stopping import stop_in_order
from demo.day import DemoDay, generate_day
from demo.faults import TaxSandbox
from demo.real_file import day_of_file
from demo.report import Report, TraceTold, make_report
from demo.run import play
from demo.screen import screen
from services.reconciler.statements import StatementRefused

BUSINESS_DATE = date(2026, 3, 1)
_TRACE_SECONDS = 30.0
_THROUGH_ALL = ["gateway", "invoice_sync", "payments", "reconciler", "tax_sandbox"]
_FROM_THE_REQUEST = ["gateway", "invoice_sync", "tax_sandbox"]
# A day in a minute: what takes ten minutes at a real authority takes a second here.
_HURRY = {
    "BIHUAN_INVOICE_SYNC_SETTLE_SECONDS": "1.0",
    "BIHUAN_INVOICE_SYNC_SWEEP_INTERVAL_SECONDS": "1.0",
    "BIHUAN_TAX_SANDBOX_BOOKING_DELAY_SECONDS": "0.3",
}


def main(
    statement: Annotated[Path | None, typer.Option(help="a real WeChat Pay or Alipay merchant bill")] = None,
    seed: Annotated[int, typer.Option(help="equal seeds make equal days")] = 7,
    rows: Annotated[int, typer.Option(help="statement lines of each channel")] = 150,
    report_file: Annotated[Path | None, typer.Option("--report", help="write the numbers here as JSON")] = None,
) -> None:
    """Play one day from payment to booked invoice; ends with 1 when anything does not add up."""
    stop_in_order()
    try:
        day = day_of_file(seed, statement) if statement else generate_day(seed, BUSINESS_DATE, rows)
        with _stack() as stack:
            report = _show(stack, day)
    except KeyboardInterrupt:
        show.console.print("stopped; nothing is left running")
        sys.exit(130)
    except (BihuanError, Unable, StatementRefused, ValueError) as fault:
        show.console.print(f"[red]the demo stopped: {fault}[/red]")
        sys.exit(1)
    if report_file:
        report_file.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2), "utf-8")
    sys.exit(0 if report.adds_up else 1)


@contextlib.contextmanager
def _stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="bihuan-demo-") as folder:
        show.console.print("starting PostgreSQL and the services …", style="dim")
        with running_stack(Path(folder), _HURRY) as stack:
            yield stack


def _show(stack: Stack, day: DemoDay) -> Report:
    where = stack.addresses
    gateway, tax = Gateway(where.gateway_url, where.token()), TaxSandbox(where.tax_sandbox_url, where.tax_ca_file)
    played = play(gateway, tax, day)
    told = gateway.get(f"/v1/invoices/{played.told_invoice_id}")["invoice"]
    expected = _THROUGH_ALL if told["issuedBy"] != "ISSUE_POLICY_ON_REQUEST" else _FROM_THE_REQUEST
    trace = _trace(Path(where.traces_folder), told["traceId"], expected)
    state = told["syncState"].removeprefix("SYNC_STATE_")
    services = sorted({span.service for span in trace})
    report = make_report(
        day,
        played.runs,
        played.exceptions,
        played.invoice_totals,
        tax.book(),
        tax.shown(),
        played.invoices_expected,
        TraceTold(f"{state} {told['submitCount']}", services, expected),
    )
    found = gateway.get(f"/v1/diagnoses/{told['invoiceId']}")["diagnosis"]
    trace_id, roots = told["traceId"], spans.trees(trace)
    show.console.print(screen(report, played.statements, found, trace_id, roots))
    return report


def _trace(folder: Path, trace_id: str, services: list[str]) -> list[spans.SpanRecord]:
    """The trace, when each of the services has written its part of it, or as it is after some seconds."""
    deadline = time.monotonic() + _TRACE_SECONDS
    while True:
        trace = spans.read_trace(folder, trace_id)
        if {span.service for span in trace} >= set(services) or time.monotonic() > deadline:
            return trace
        time.sleep(0.1)


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
