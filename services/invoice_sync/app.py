"""Wires invoice_sync, read from top to bottom. It decides nothing."""

import os
import random
import sys
from pathlib import Path

import grpc
import structlog

from chassis import database, garbage, server, telemetry
from chassis.clock import SystemClock
from chassis.config import ConfigError, read_config
from chassis.crypto import KeyRing, read_keys
from chassis.loop import Loop
from services.invoice_sync import clients, crash, rpc, worker
from services.invoice_sync.actions.abandon import AbandonActions
from services.invoice_sync.actions.applications import ApplicationActions
from services.invoice_sync.actions.archive import ArchiveActions
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.bulk_intake import BulkIntake
from services.invoice_sync.actions.bulk_read import BulkReadActions
from services.invoice_sync.actions.bulk_work import BulkWork
from services.invoice_sync.actions.confirm import ConfirmActions
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.links import LinkActions, LinkPolicy
from services.invoice_sync.actions.manual import ManualActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.papers import PaperActions, PaperTools
from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.recognize import RecognizeActions
from services.invoice_sync.actions.red_adoption import RedAdoption
from services.invoice_sync.actions.red_letters import RedLetterActions
from services.invoice_sync.actions.red_work import RedWork
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.request import RequestActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import Tools, make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.config import PREASSIGNED, Config
from services.invoice_sync.paper.pdf import Copier, NoFonts
from services.invoice_sync.paper.places import open_places
from services.invoice_sync.recognition.reader import Reader
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
_log = structlog.get_logger()


async def run() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 2 when the environment makes no configuration."""
    try:
        config = read_config(Config, "BIHUAN_INVOICE_SYNC", os.environ)
        tax = _tax_system(config)
        ring = KeyRing.read(config.body_key_file)
        paper_tools, link_policy = _paper_tools(config), _link_policy(config)
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
        config.check_policy(),
    )

    servicers, loops = _wired(config, tax, tools, payments, paper_tools, link_policy)
    try:
        running = await server.start(config.listen, servicers, loops, callers=_CALLERS)
        await server.until_stopped(running)
    finally:
        await tools.close(_CLOSE_SECONDS)
        await payments.close()
        await tax.close()
        await engine.dispose()
        end_telemetry()


def _wired(
    config: Config,
    tax: SandboxTaxSystem,
    tools: Tools,
    payments: grpc.aio.Channel,
    paper_tools: PaperTools,
    link_policy: LinkPolicy,
) -> tuple[list[server.Servicer], list[Loop]]:
    """What is served and what runs by itself, each with what it needs."""
    issue, probe = IssueActions(tools), ProbeActions(tax, tools)
    told = FeedActions(tools.sessions, tools.clock, config.feed_keep_seconds)
    sweep = SweepActions(OwnPass(issue, tools), BooksPass(tax, tools), ArchivePass(tools), tools)
    upload, verify = UploadActions(tax, tools, config.batch_size()), VerifyActions(tax, tools)
    numbers, parity = NumberActions(tax, tools), ParityActions(tax, tools)
    papers, archive = PaperActions(tools, paper_tools), ArchiveActions(tools, paper_tools)
    links = LinkActions(papers, link_policy, tools)
    deliver = DeliverActions(papers, links, config.relay(), config.mail_policy(), tools)
    diagnose, applications = DiagnoseActions(probe, tools), ApplicationActions(tools)
    actions = rpc.Actions(
        issue=issue,
        numbers=numbers,
        correct=CorrectActions(tools),
        read=ReadActions(tools.sessions, tools.clock),
        diagnose=diagnose,
        audit=AuditActions(tools),
        gates=GateAdminActions(tools),
        probe=probe,
        sweep=sweep,
        papers=papers,
        archive=archive,
        deliver=deliver,
        links=links,
        parity=parity,
        manual=ManualActions(tools),
        abandon=AbandonActions(tools),
        recognize=RecognizeActions(Reader(), diagnose),
        request=RequestActions(issue, deliver, tools),
        confirm=ConfirmActions(issue, deliver, tools),
        bulk_intake=BulkIntake(tools),
        bulk_read=BulkReadActions(tools),
        letters=RedLetterActions(tools),
        reissue=ReissueActions(tools),
        applications=applications,
    )
    feed = clients.PaymentFeed(payments)
    topped_up = numbers if config.numbering == PREASSIGNED else None
    loops = [*worker.loops(feed, issue, upload, verify, sweep, probe, config, topped_up), worker.feed_loop(told)]
    loops += worker.red_loops(RedWork(tax, tools), RedAdoption(tax, tools), applications, config)
    loops.append(worker.parity_loop(parity, config))
    loops += worker.paper_loops(papers, archive, deliver, config)
    loops += worker.bulk_loops(BulkWork(deliver, tools, config.bulk_keep_seconds), config)
    return [*rpc.servicers(actions), feed_servicer(told)], loops


def _paper_tools(config: Config) -> PaperTools:
    try:
        copier = Copier(Path(config.font_folder))
    except NoFonts as fault:
        _log.warning("no PDF copies are made", why=str(fault))
        copier = None
    return PaperTools(copier, tuple(open_places(config.archive_urls(), config.s3_access())), config.archive_policy())


def _link_policy(config: Config) -> LinkPolicy:
    keys = read_keys(Path(config.link_key_file)) if config.link_key_file else {}
    return LinkPolicy(config.public_url, keys, config.status_link_seconds, config.download_link_seconds)


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
