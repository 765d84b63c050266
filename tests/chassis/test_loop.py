"""chassis.loop: it goes on, and it stops when told."""

import asyncio

import pytest
import structlog

from chassis import database
from chassis.errors import Fault, Kind, plain_fault
from chassis.loop import Loop, rest_seconds_max
from tests.support.eventually import eventually
from tests.support.storage import NAME, refusal_of_a_name


async def _run_until(loop: Loop, reached: asyncio.Event) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(loop.run(stop))
    await asyncio.wait_for(reached.wait(), 60)
    stop.set()
    await asyncio.wait_for(running, 60)


async def test_a_turn_that_did_something_is_followed_at_once():
    turns, reached = [], asyncio.Event()

    async def turn() -> int:
        turns.append(1)
        if len(turns) == 50:
            reached.set()
        return 1 if len(turns) < 50 else 0

    await _run_until(Loop("busy", turn, interval_seconds=3600), reached)

    assert len(turns) == 50


async def test_a_turn_that_was_not_whole_is_followed_by_a_rest():
    turns, stop = [], asyncio.Event()

    async def turn() -> int:
        turns.append(1)
        return 10 if len(turns) < 3 else 9

    running = asyncio.create_task(Loop("in batches", turn, interval_seconds=3600, whole=10).run(stop))
    await eventually(lambda: len(turns) >= 3)
    done, _ = await asyncio.wait([running], timeout=0.05)
    stop.set()
    await asyncio.wait_for(running, 60)

    assert (done, len(turns)) == (set(), 3)


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


async def _logs_of(raised: Exception, times: int) -> list[dict[str, object]]:
    turns = []

    async def turn() -> int:
        turns.append(1)
        raise raised

    stop = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(Loop("poor", turn, interval_seconds=0.0001).run(stop))
        await eventually(lambda: len(turns) >= times)
        stop.set()
        await running
    return logs


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.DEADLINE, Kind.OVERLOADED])
async def test_a_fault_that_may_pass_is_logged_once(kind):
    logs = await _logs_of(plain_fault(kind), times=4)

    assert [(entry["event"], entry["error"]) for entry in logs] == [("loop waits", plain_fault(kind).reason)]


async def test_a_fault_that_does_not_pass_is_told_with_reason_and_words_ever_more_seldom():
    logs = await _logs_of(Fault(Kind.INVALID, "INVALID_FIELD", "bill_no: is empty", "为空"), times=8)

    assert [entry["failed_count"] for entry in logs][:4] == [1, 2, 4, 8]
    assert {(entry["event"], entry["reason"], entry["message"]) for entry in logs} == {
        ("loop turn failed", "INVALID_FIELD", "bill_no: is empty")
    }


async def test_a_row_that_the_database_refuses_is_told_without_its_contents(postgres):
    engine = database.connect(postgres.url("postgres"), "test")

    logs = await _logs_of(await refusal_of_a_name(engine), times=2)

    await engine.dispose()
    assert [(entry["sqlstate"], entry["constraint"]) for entry in logs][:2] == [("23514", "short")] * 2
    assert NAME not in str(logs)


async def test_what_fails_in_earnest_is_told_though_the_peer_was_lost_before():
    turns, reached = [], asyncio.Event()

    async def turn() -> int:
        turns.append(1)
        if len(turns) == 5:
            reached.set()
            return 0
        raise OSError if len(turns) < 3 else ZeroDivisionError

    with structlog.testing.capture_logs() as logs:
        await _run_until(Loop("worse", turn, interval_seconds=0.0001), reached)

    assert [(entry["event"], entry.get("failed_count")) for entry in logs] == [
        ("loop waits", None),
        ("loop turn failed", 3),
        ("loop turn failed", 4),
        ("loop goes on", 4),
    ]


@pytest.mark.parametrize(
    ("interval_seconds", "failed_count", "expected"),
    [(0.5, 0, 0.5), (0.5, 3, 4.0), (0.5, 99, 30.0), (30.0, 0, 30.0), (3600.0, 0, 3600.0), (3600.0, 99, 3600.0)],
)
def test_a_loop_rests_longer_after_failures_and_never_less_than_its_interval(interval_seconds, failed_count, expected):
    assert rest_seconds_max(interval_seconds, failed_count) == expected
