"""Wires invoice_sync, read from top to bottom. It decides nothing."""

import os
import random
import sys
from pathlib import Path

from chassis import database, garbage, server, telemetry
from chassis.clock import SystemClock
from chassis.config import ConfigError, read_config
from chassis.crypto import KeyRing
from services.invoice_sync import clients, crash, rpc, worker
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.config import PREASSIGNED, Config
from services.invoice_sync.rpc.feed import feed_servicer
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import trusting

_EXIT_CONFIG = 2
# Who may call, by the names in their certificates: the door, and the customer's own services.
_CALLERS = ("gateway", "platform")
# Uploads and verifications at once each take a connection for a moment, and calls of others do too.
_CONNECTIONS = 16
_CLOSE_SECONDS = 3.0


async def run() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 2 when the environment makes no configuration."""
    try:
        config = read_config(Config, "BIHUAN_INVOICE_SYNC", os.environ)
        tax = _tax_system(config)
        ring = KeyRing.read(config.body_key_file)
    except (ConfigError, ValueError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(_EXIT_CONFIG)

    garbage.collect_seldom()
    end_telemetry = telemetry.set_up("invoice_sync", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "invoice_sync", _CONNECTIONS)
    payments = clients.connect(config.payments_target)
    sessions, clock = database.sessions(engine), SystemClock()
    tools = make_tools(
        sessions,
        ring,
        clock,
        random.random,
        config.timers(),
        config.routing(),
        config.gate_policy(),
        crash.at(config.crash_at),
        config.number_policy(),
    )

    issue, probe = IssueActions(tools), ProbeActions(tax, tools)
    told = FeedActions(sessions, clock, config.feed_keep_seconds)
    sweep = SweepActions(OwnPass(issue, tools), BooksPass(tax, tools), ArchivePass(tools), tools)
    upload, verify = UploadActions(tax, tools, config.batch_size()), VerifyActions(tax, tools)
    numbers = NumberActions(tax, tools)
    actions = rpc.Actions(
        issue=issue,
        numbers=numbers,
        correct=CorrectActions(tools),
        read=ReadActions(sessions, clock),
        diagnose=DiagnoseActions(probe, tools),
        audit=AuditActions(tools),
        gates=GateAdminActions(tools),
        probe=probe,
        sweep=sweep,
    )
    feed = clients.PaymentFeed(payments)
    topped_up = numbers if config.numbering == PREASSIGNED else None
    loops = [*worker.loops(feed, issue, upload, verify, sweep, probe, config, topped_up), worker.feed_loop(told)]
    try:
        servicers = [*rpc.servicers(actions), feed_servicer(told)]
        running = await server.start(config.listen, servicers, loops, callers=_CALLERS)
        await server.until_stopped(running)
    finally:
        await tools.close(_CLOSE_SECONDS)
        await payments.close()
        await tax.close()
        await engine.dispose()
        end_telemetry()


def _tax_system(config: Config) -> SandboxTaxSystem:
    credentials = {}
    if config.credential_file:
        credentials[config.credential_id] = CredentialFile(Path(config.credential_file))
    return SandboxTaxSystem(
        config.tax_url,
        trust=trusting(config.tax_ca_file),
        credentials=credentials,
        places=config.places.split(","),
    )
