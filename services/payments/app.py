"""Wires the payments service, read from top to bottom. It decides nothing."""

import os
import sys

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database, server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from services.payments import rpc
from services.payments.actions.feed import FeedActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.config import Config

_EXIT_CONFIG = 2


async def run() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 2 when the environment makes no configuration."""
    try:
        config = read_config(Config, "BIHUAN_PAYMENTS", os.environ)
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(_EXIT_CONFIG)

    end_telemetry = telemetry.set_up("payments", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "payments")
    actions = make_actions(engine, SystemClock())
    try:
        running = await server.start(config.listen, rpc.servicers(actions))
        await server.until_stopped(running)
    finally:
        await engine.dispose()
        end_telemetry()


def make_actions(engine: AsyncEngine, clock: Clock) -> rpc.Actions:
    """What the handlers call, on a database."""
    sessions = database.sessions(engine)
    return rpc.Actions(
        payments=PaymentActions(sessions, clock),
        reconciliations=ReconciliationActions(sessions, clock),
        feed=FeedActions(sessions),
    )
