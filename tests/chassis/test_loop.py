"""chassis.loop: it goes on, and it stops when told."""

import asyncio

import structlog

from chassis.errors import Kind, plain_fault
from chassis.loop import Loop
from tests.support.eventually import eventually


async def _run_until(loop: Loop, reached: asyncio.Event) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(loop.run(stop))
    await asyncio.wait_for(reached.wait(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_a_turn_that_did_something_is_followed_at_once():
    turns, reached = [], asyncio.Event()

    async def turn() -> int:
        turns.append(1)
        if len(turns) == 50:
            reached.set()
        return 1 if len(turns) < 50 else 0

    await _run_until(Loop("busy", turn, interval_seconds=3600), reached)

    assert len(turns) == 50


async def test_a_loop_survives_whatever_its_turn_raises():
    turns, reached = [], asyncio.Event()

    async def turn() -> int:
        turns.append(1)
        if len(turns) > 2:
            reached.set()
            return 0
        raise plain_fault(Kind.UNAVAILABLE) if len(turns) == 1 else ZeroDivisionError

    await _run_until(Loop("unlucky", turn, interval_seconds=0.001), reached)


async def test_a_peer_that_cannot_be_reached_is_logged_once():
    turns = []

    async def turn() -> int:
        turns.append(1)
        raise OSError

    stop = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(Loop("lonely", turn, interval_seconds=0.0001).run(stop))
        await eventually(lambda: len(turns) >= 4)
        stop.set()
        await running

    assert [entry["event"] for entry in logs] == ["loop waits"]
