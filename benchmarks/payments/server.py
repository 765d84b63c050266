"""One contestant as a process of its own: the product's server and handlers, and behind them one way to take in.

`python -m benchmarks.payments.server CONTESTANT URL` prints its port, and serves until it is told to end.
"""

import dataclasses
import sys
from typing import cast

import uvloop

from benchmarks.payments.rivals import RIVALS
from chassis import database, garbage, server
from chassis.clock import SystemClock
from services.payments import worker
from services.payments.actions.intake import IntakeActions
from services.payments.actions.storage import StorageActions
from services.payments.app import make_actions
from services.payments.config import Config
from services.payments.rpc import servicers


async def _serve(contestant: str, url: str) -> None:
    garbage.collect_seldom()
    config, clock = Config(database_url=url), SystemClock()
    engine = database.connect(url, f"bench:{contestant}")
    actions = make_actions(engine, clock)
    ours = actions.intake
    if rival := RIVALS.get(contestant):
        actions = dataclasses.replace(actions, intake=cast("IntakeActions", rival(engine)))
    # Whoever took a payment in, it comes into the feed, its day's manifest and its bill.
    storage = StorageActions(database.sessions(engine), clock, config.retention_months)
    loops = worker.loops(actions.bill_follow, actions.ask, actions.refunds, actions.callbacks, storage, config)
    running = await server.start("127.0.0.1:0", servicers(actions), loops)
    print(running.port, flush=True)
    await server.until_stopped(running)
    await ours.close(5)
    await engine.dispose()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2]))
