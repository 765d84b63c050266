"""SIGKILL of the real process at every point around a commit or a call, and at any moment: the invariants stand."""

import asyncio
import random
from collections import Counter

import pytest

from services.invoice_sync.crash import POINTS
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.tax_sandbox import SELLER_TAX_ID
from tests.support.witness import witness

LEASE_SECONDS = 3
IN_A_GROUP = 3
KILLED = 137
SEED = 20260301


@pytest.mark.timeout(900)
async def test_wherever_the_process_is_killed_nothing_is_sent_unwritten_or_twice(processes, steering, size):
    moments, kills = random.Random(SEED), 1 + size // 1_000
    orders: list[str] = []
    processes.start("payments")
    processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
    await processes.set_profile("city-water", SELLER_TAX_ID)
    processes.end("invoice_sync")

    async def more_work() -> None:
        group = [f"ORDER{len(orders) + no}" for no in range(IN_A_GROUP)]
        await steering.plan("DROP_BEFORE_COMMIT", order_no=group[0], times=1)
        await processes.record_payments(["city-water"], group)
        orders.extend(group)

    broken, deaths = {}, []
    for point in POINTS:
        await more_work()
        processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS), CRASH_AT=point)
        deaths.append(await processes.until_dead("invoice_sync", timeout_seconds=60))
        broken[point] = (await witness(processes)).broken(LEASE_SECONDS)
    for kill in range(kills):
        await more_work()
        processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
        await processes.answers()
        await asyncio.sleep(moments.uniform(0, 1.5))
        processes.kill("invoice_sync")
        broken[f"kill {kill}"] = (await witness(processes)).broken(LEASE_SECONDS)
    processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
    await eventually(lambda: all_booked(processes, len(orders)), timeout_seconds=120)

    end = await witness(processes)
    assert deaths == [KILLED] * len(POINTS)
    assert broken == {point: {} for point in broken}
    assert end.broken(LEASE_SECONDS) == {}
    assert Counter(row["order_no"] for rows in end.book.values() for row in rows) == dict.fromkeys(orders, 1)


async def all_booked(processes: Processes, how_many: int) -> bool:
    return await processes.count("SELECT count(*) FROM standing WHERE sync_state = 'BOOKED'") == how_many
