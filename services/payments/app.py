"""Wires the payments service, read from top to bottom. It decides nothing."""

import os
import sys

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database, server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from services.payments import rpc, worker
from services.payments.actions.bill import BillActions
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.actions.duplicate import DuplicateActions
from services.payments.actions.feed import FeedActions
from services.payments.actions.intake import IntakeActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.actions.refund import RefundActions
from services.payments.actions.takeback import TakebackActions
from services.payments.channels.accounts import Accounts
from services.payments.config import Config
from services.payments.domain.fee import FeeRules

_EXIT_CONFIG = 2
_CLOSE_SECONDS = 5.0


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
        loops = worker.loops(actions.bill_follow, config)
        running = await server.start(config.listen, rpc.servicers(actions), loops)
        await server.until_stopped(running)
    finally:
        await actions.intake.close(_CLOSE_SECONDS)
        await engine.dispose()
        end_telemetry()


def make_actions(
    engine: AsyncEngine, clock: Clock, accounts: Accounts | None = None, fees: FeeRules | None = None
) -> rpc.Actions:
    """What the handlers call, on a database. Without accounts no channel is asked, without rules no fee is known."""
    accounts, fees = accounts or Accounts(), fees or FeeRules()
    sessions = database.sessions(engine)
    feed = FeedActions(sessions)
    bill_follow = BillFollowActions(sessions, clock, feed)
    return rpc.Actions(
        intake=IntakeActions(engine, clock, fees),
        payments=PaymentActions(sessions),
        reconciliations=ReconciliationActions(sessions, clock),
        feed=feed,
        refunds=RefundActions(sessions, clock, accounts),
        takebacks=TakebackActions(sessions, clock),
        bills=BillActions(sessions, clock, bill_follow),
        duplicates=DuplicateActions(sessions, clock, bill_follow),
        bill_follow=bill_follow,
    )
