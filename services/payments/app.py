"""Wires the payments service, read from top to bottom. It decides nothing."""

import os
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database, garbage, server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from chassis.crypto import KeyRing
from services.payments import fee_rules, rpc, worker
from services.payments.actions.ask import AskActions
from services.payments.actions.bill import BillActions
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.actions.callback import CallbackActions
from services.payments.actions.channel_settling import Rules
from services.payments.actions.duplicate import DuplicateActions
from services.payments.actions.export import ExportActions
from services.payments.actions.feed import FeedActions
from services.payments.actions.imports import ImportActions
from services.payments.actions.intake import Batching, IntakeActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.actions.refund import RefundActions
from services.payments.actions.split_order import SplitOrderActions
from services.payments.actions.start import StartActions
from services.payments.actions.storage import StorageActions
from services.payments.actions.takeback import TakebackActions
from services.payments.channels.accounts import Accounts, read_accounts
from services.payments.config import Config
from services.payments.domain.channel_order import PollTimers
from services.payments.domain.fee import FeeRules
from services.payments.domain.refund import RefundTimers
from services.payments.store.columnar import Columnar

_EXIT_CONFIG = 2
# Who may call, by the names in their certificates: the door, who follows the feed, and the customer's own services.
_CALLERS = ("gateway", "reconciler", "invoice-sync", "platform")
_CLOSE_SECONDS = 5.0


async def run() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 2 when the environment makes no configuration."""
    clock = SystemClock()
    try:
        config = read_config(Config, "BIHUAN_PAYMENTS", os.environ)
        accounts, ring = _channels(config, clock)
    except (ConfigError, ValueError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(_EXIT_CONFIG)

    garbage.collect_seldom()
    end_telemetry = telemetry.set_up("payments", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "payments")
    fees = fee_rules.read(Path(config.fee_rules_file)) if config.fee_rules_file else FeeRules()
    batching = Batching.for_calls(config.calls_in_flight_max)
    actions = make_actions(engine, clock, accounts, fees, ring, batching)
    try:
        storage = StorageActions(database.sessions(engine), clock, config.retention_months)
        loops = worker.loops(actions.bill_follow, actions.ask, actions.refunds, actions.callbacks, storage, config)
        running = await server.start(
            config.listen,
            rpc.servicers(actions),
            loops,
            calls_in_flight_max=config.calls_in_flight_max,
            callers=_CALLERS,
        )
        await server.until_stopped(running)
    finally:
        await actions.intake.close(_CLOSE_SECONDS)
        await actions.callbacks.refused.close()
        await actions.exports.close()
        await accounts.close()
        await engine.dispose()
        end_telemetry()


def make_actions(
    engine: AsyncEngine,
    clock: Clock,
    accounts: Accounts | None = None,
    fees: FeeRules | None = None,
    ring: KeyRing | None = None,
    batching: Batching | None = None,
) -> rpc.Actions:
    """What the handlers call, on a database. Without accounts no channel is asked, without rules no fee is known.

    `ring` seals what channels send; there must be one where there are accounts that channels call back.
    """
    accounts, fees = accounts or Accounts(), fees or FeeRules()
    rules = Rules(PollTimers(), fees)
    sessions = database.sessions(engine)
    feed = FeedActions(sessions)
    columnar = Columnar(engine.url)
    bill_follow = BillFollowActions(sessions, clock, feed)
    return rpc.Actions(
        intake=IntakeActions(engine, clock, fees, batching or Batching()),
        payments=PaymentActions(sessions),
        reconciliations=ReconciliationActions(sessions, clock),
        feed=feed,
        start=StartActions(sessions, clock, accounts, rules),
        ask=AskActions(sessions, clock, accounts, rules),
        callbacks=CallbackActions(sessions, clock, accounts, ring, rules, RefundTimers()),
        refunds=RefundActions(sessions, clock, accounts),
        takebacks=TakebackActions(sessions, clock),
        split_orders=SplitOrderActions(sessions, clock),
        bills=BillActions(sessions, clock, bill_follow),
        duplicates=DuplicateActions(sessions, clock, bill_follow),
        bill_follow=bill_follow,
        imports=ImportActions(columnar, sessions, clock, fees),
        exports=ExportActions(columnar, feed.number_feed),
    )


def _channels(config: Config, clock: Clock) -> tuple[Accounts, KeyRing | None]:
    """The accounts at channels, and the keys that seal what these send. Raises ValueError, OSError."""
    ring = KeyRing.read(Path(config.body_key_file)) if config.body_key_file else None
    if not config.channel_accounts_file:
        return Accounts(), ring
    if ring is None:
        raise ValueError("BIHUAN_PAYMENTS_BODY_KEY_FILE must be set where BIHUAN_PAYMENTS_CHANNEL_ACCOUNTS_FILE is")
    return read_accounts(Path(config.channel_accounts_file), clock), ring
