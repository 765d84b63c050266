"""One contestant as a process of its own: the product's server and handlers, and behind them one way to take in.

`python -m benchmarks.payments.server CONTESTANT URL` prints its port, and serves until it is told to end.
"""

import dataclasses
import sys
from typing import cast

import uvloop

from benchmarks.payments.rivals import RIVALS
from chassis import database, server
from chassis.clock import SystemClock
from chassis.loop import Loop
from services.payments.actions.intake import IntakeActions
from services.payments.app import make_actions
from services.payments.rpc import servicers

_NUMBERING_INTERVAL_SECONDS = 0.2


async def _serve(contestant: str, url: str) -> None:
    engine = database.connect(url, f"bench:{contestant}")
    actions = make_actions(engine, SystemClock())
    ours = actions.intake
    if rival := RIVALS.get(contestant):
        actions = dataclasses.replace(actions, intake=cast("IntakeActions", rival(engine)))
    # Every payment comes into the feed and its day's manifest, whoever took it in.
    loop = Loop("number_feed", actions.feed.number_feed, _NUMBERING_INTERVAL_SECONDS)
    running = await server.start("127.0.0.1:0", servicers(actions), [loop])
    print(running.port, flush=True)
    await server.until_stopped(running)
    await ours.close(5)
    await engine.dispose()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2]))
