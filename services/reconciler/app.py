"""The reconciler, wired: read top to bottom. It holds no rule."""

import os
import sys

from chassis import database, server, telemetry
from chassis.clock import SystemClock
from chassis.config import ConfigError, read_config
from services.reconciler import rpc, worker
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.reconciliation import ReconciliationActions
from services.reconciler.actions.run import RunActions
from services.reconciler.actions.statement import StatementActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.config import Config
from services.reconciler.statements import load_profiles

_EXIT_CONFIG = 2


async def run() -> None:
    """Serve until SIGTERM or SIGINT; exits with 2 when the environment makes no configuration."""
    try:
        config = read_config(Config, "BIHUAN_RECONCILER", os.environ)
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(_EXIT_CONFIG)

    end_telemetry = telemetry.set_up("reconciler", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "reconciler")
    sessions = database.sessions(engine)
    clock = SystemClock()
    payments = PaymentsClient(config.payments_target, config.payments_timeout_seconds)
    mirror = MirrorActions(sessions, payments, clock)
    reconciliation = ReconciliationActions(sessions, payments, mirror, clock, config.run_lease_seconds)
    statements = StatementActions(sessions, load_profiles(), clock)
    runs = RunActions(sessions, clock)
    try:
        loops = worker.loops(mirror, reconciliation, config)
        running = await server.start(config.listen, rpc.servicers(statements, runs), loops)
        await server.until_stopped(running)
    finally:
        await payments.close()
        await engine.dispose()
        end_telemetry()
