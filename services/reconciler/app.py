"""The reconciler, wired: read top to bottom. It holds no rule."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from chassis import database, server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.loop import Loop
from services.reconciler import rpc, worker
from services.reconciler.actions.arrival import ArrivalActions
from services.reconciler.actions.exception import ExceptionActions
from services.reconciler.actions.explanation import ExplanationActions
from services.reconciler.actions.feed import FeedActions
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.file_reader import FileReader
from services.reconciler.actions.forgetting import ForgettingActions
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.past_slice import PastSlices
from services.reconciler.actions.reconciliation import ReconciliationActions
from services.reconciler.actions.regression import RegressionActions
from services.reconciler.actions.rule_set import RuleSetActions
from services.reconciler.actions.run import RunActions
from services.reconciler.actions.run_inputs import RunInputsActions
from services.reconciler.actions.sealing import SealingActions
from services.reconciler.actions.statement import StatementActions
from services.reconciler.actions.suggestion import SuggestionActions
from services.reconciler.actions.trial import TrialActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.config import Config
from services.reconciler.fetch import FetchLimits
from services.reconciler.fetch.fetchers import fetchers_of
from services.reconciler.fetch.source import FetchSource
from services.reconciler.fetch.sources import read_sources
from services.reconciler.matcher import Matcher, MatchLimits
from services.reconciler.rpc.feed import feed_servicer
from services.reconciler.statements import Limits, load_profiles
from services.reconciler.upload import Uploads

_EXIT_CONFIG = 2
# Who may call, by the names in their certificates: the door, and the customer's own services.
_CALLERS = ("gateway", "platform")


async def run() -> None:
    """Serve until SIGTERM or SIGINT; exits with 2 when the environment makes no configuration."""
    try:
        config = read_config(Config, "BIHUAN_RECONCILER", os.environ)
        ring = KeyRing.read(config.body_key_file)
        sources = read_sources(Path(config.sources)) if config.sources else ()
    except (ConfigError, ValueError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(_EXIT_CONFIG)

    end_telemetry = telemetry.set_up("reconciler", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "reconciler")
    payments = PaymentsClient(config.payments_target, config.payments_timeout_seconds)
    try:
        servicers, loops = _wired(config, ring, sources, database.sessions(engine), payments)
        running = await server.start(config.listen, servicers, loops, callers=_CALLERS)
        await server.until_stopped(running)
    finally:
        await payments.close()
        await engine.dispose()
        end_telemetry()


def _wired(
    config: Config, ring: KeyRing, sources: Sequence[FetchSource], sessions: Sessions, payments: PaymentsClient
) -> tuple[list[server.Servicer], list[Loop]]:
    """What is served, and what runs."""
    clock = SystemClock()
    mirror, arrival = MirrorActions(sessions, payments, clock), ArrivalActions(sessions, clock)
    inputs = RunInputsActions(sessions, payments, mirror, clock, config.match_seconds_max)
    match_limits = MatchLimits(config.match_seconds_max, config.match_memory_mib, config.match_threads)
    reconciliation = ReconciliationActions(sessions, inputs, Matcher(match_limits), clock, config.run_lease_seconds)
    file_limits = Limits(bytes_max=config.file_bytes_max, packed_bytes_max=config.packed_bytes_max)
    reader = FileReader(load_profiles(), file_limits, config.file_seconds_max)
    ingest = IngestActions(sessions, reader, ring, clock)
    kept = UploadActions(sessions, ring, clock, config.upload_keep_seconds)
    uploads = Uploads(config.file_bytes_max)
    limits = FetchLimits(config.file_bytes_max, config.fetch_seconds_max)
    fetchers = fetchers_of(sources, limits)
    fetches = FetchActions(sessions, sources, fetchers, ingest, clock, limits, config.file_seconds_max * 2)
    feed = FeedActions(sessions, clock, config.feed_keep_seconds)
    servicers = [
        *rpc.servicers(
            rpc.StatementServicer(StatementActions(sessions), ingest, kept, reader, uploads),
            RunActions(sessions, clock),
            fetches,
        ),
        *rpc.clearing_servicers(
            ExceptionActions(sessions, clock), SuggestionActions(sessions, clock), ExplanationActions(sessions)
        ),
        rpc.rule_set_servicer(RuleSetActions(sessions, clock), RegressionActions(sessions, clock)),
        rpc.arrival_servicer(arrival),
        feed_servicer(feed),
    ]
    loops = worker.loops(mirror, arrival, reconciliation, kept, SealingActions(sessions, ring), fetches, config)
    return servicers, [*loops, *_loops_of_the_past(config, sessions, clock), worker.feed_loop(feed, config)]


def _loops_of_the_past(config: Config, sessions: Sessions, clock: Clock) -> list[Loop]:
    past = PastSlices(sessions, config.match_seconds_max)
    trials = TrialActions(sessions, clock, past.read, part_seconds_max=config.match_seconds_max)
    forgetting = ForgettingActions(
        sessions,
        clock,
        dry_run_keep_seconds=config.dry_run_keep_seconds,
        superseded_keep_seconds=config.superseded_keep_seconds,
    )
    return [worker.regression_loop(trials, config), *worker.forgetting_loops(forgetting, config)]
