"""Two sweepers at once do no harm, and one of them leads."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.moved_clock import MovedClock, running_at_moved_clock

LEASE_SECONDS = 60
SWALLOWED = [f"SWALLOWED-{no}" for no in range(12)]


@pytest.fixture
async def system(processes, steering) -> AsyncIterator[MovedClock]:
    async with running_at_moved_clock(processes, steering) as running:
        yield running


async def test_two_sweepers_at_once_send_each_absent_invoice_again_once(system):
    await system.booked("BEFORE")
    for order in SWALLOWED:
        await system.steering.plan("ACK_WITHOUT_BOOKING", order_no=order, times=1)
    await system.issued(*SWALLOWED)
    for _ in range(5):
        await system.pass_time(301, swept=False)

    one, other = await asyncio.gather(system.sweeper().sweep(), system.sweeper().sweep())
    await system.until_state("BOOKED", SWALLOWED)

    both = await system.witness()
    assert one.counts.resent_count + other.counts.resent_count == len(SWALLOWED)
    assert {len(both.heard[each.key]) for each in both.ours.values() if each.order_no in SWALLOWED} == {2}
    assert both.broken(LEASE_SECONDS) == {}


async def test_of_two_sweepers_one_leads(system):
    sweepers = [system.sweeper(), system.sweeper()]

    turns = [await asyncio.gather(*(each.sweep_if_leading() for each in sweepers)) for _ in range(3)]

    led = [[swept is not None for swept in turn] for turn in turns]
    assert led in ([[True, False]] * 3, [[False, True]] * 3)
