"""chassis.batch: many callers, few flushes, and to each its own answer."""

import asyncio
import contextvars
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.batch import BatchClosed, BatchCut, Batcher, BatchFull, BatchLate
from tests.support.eventually import eventually


class Poison(Exception):
    """The data is at fault."""


class Sink:
    """Where a flush goes: it holds each one until it is let through."""

    def __init__(self, *, held: bool = False):
        self.batches: list[list[int]] = []
        self.may_pass = asyncio.Event()
        if not held:
            self.may_pass.set()

    async def flush(self, items: list[int]) -> list[int | Exception]:
        self.batches.append(items)
        await asyncio.wait_for(self.may_pass.wait(), 60)
        return [item * 10 for item in items]


def batcher_of(flush, **limits):
    return Batcher(flush, **{"size_max": 8, "waiting_max": 1000} | limits)


async def first_in_flight(batcher, sink):
    """A caller whose flush is held, so that those who come now have to wait."""
    caller = asyncio.create_task(batcher.add(0))
    await eventually(lambda: sink.batches == [[0]])
    return caller


async def test_what_arrives_during_a_flush_goes_together_in_the_next_and_in_order():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    first = await first_in_flight(batcher, sink)

    callers = [asyncio.create_task(batcher.add(n)) for n in range(1, 12)]
    await eventually(lambda: batcher.waiting_count == 11)
    sink.may_pass.set()

    assert await asyncio.gather(first, *callers) == [n * 10 for n in range(12)]
    assert sink.batches == [[0], [1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11]]
    assert (batcher.counts.item_count, batcher.counts.flush_count) == (12, 3)


async def test_who_comes_alone_never_lingers():
    sink = Sink()
    batcher = batcher_of(sink.flush, linger_seconds=3600)

    assert [await asyncio.wait_for(batcher.add(n), 60) for n in range(5)] == [0, 10, 20, 30, 40]
    assert sink.batches == [[0], [1], [2], [3], [4]]


async def test_after_company_a_batch_lingers_until_it_is_whole():
    sink = Sink()
    batcher = batcher_of(sink.flush, linger_seconds=3600, size_max=3)
    await asyncio.gather(batcher.add(1), batcher.add(2))

    early = asyncio.create_task(batcher.add(3))
    for _ in range(20):
        await asyncio.sleep(0)
    assert sink.batches == [[1, 2]]

    await asyncio.wait_for(asyncio.gather(early, batcher.add(4), batcher.add(5)), 60)
    assert sink.batches == [[1, 2], [3, 4, 5]]


async def test_after_company_a_lone_caller_is_flushed_when_the_linger_is_over():
    sink = Sink()
    batcher = batcher_of(sink.flush, linger_seconds=0.001)
    await asyncio.gather(batcher.add(1), batcher.add(2))

    assert await asyncio.wait_for(batcher.add(3), 60) == 30


async def test_a_further_flush_starts_beside_the_first_only_with_a_whole_batch():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush, size_max=3, in_flight_max=2)
    callers = [await first_in_flight(batcher, sink)]

    callers += [asyncio.create_task(batcher.add(n)) for n in (1, 2)]
    await eventually(lambda: batcher.waiting_count == 2)
    assert sink.batches == [[0]]
    callers += [asyncio.create_task(batcher.add(n)) for n in range(3, 8)]
    await eventually(lambda: batcher.waiting_count == 4)
    assert sink.batches == [[0], [1, 2, 3]]

    sink.may_pass.set()
    assert await asyncio.gather(*callers) == [n * 10 for n in range(8)]


async def test_where_less_is_enough_a_flush_starts_beside_the_first_with_all_that_wait():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush, in_flight_max=2, enough=2)
    callers = [await first_in_flight(batcher, sink)]

    callers.append(asyncio.create_task(batcher.add(1)))
    await eventually(lambda: batcher.waiting_count == 1)
    assert sink.batches == [[0]]
    callers.append(asyncio.create_task(batcher.add(2)))
    await eventually(lambda: sink.batches == [[0], [1, 2]])
    callers += [asyncio.create_task(batcher.add(n)) for n in range(3, 10)]
    await eventually(lambda: batcher.waiting_count == 7)

    sink.may_pass.set()
    assert await asyncio.gather(*callers) == [n * 10 for n in range(10)]
    assert sink.batches == [[0], [1, 2], [3, 4, 5, 6, 7, 8, 9]]


async def test_a_flush_beside_others_waits_for_as_many_as_these_have():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush, in_flight_max=3, enough=2)
    callers = [asyncio.create_task(batcher.add(n)) for n in range(4)]
    await eventually(lambda: sink.batches == [[0, 1], [2, 3]])

    callers += [asyncio.create_task(batcher.add(n)) for n in range(4, 7)]
    await eventually(lambda: batcher.waiting_count == 3)
    assert len(sink.batches) == 2
    callers.append(asyncio.create_task(batcher.add(7)))
    await eventually(lambda: sink.batches == [[0, 1], [2, 3], [4, 5, 6, 7]])

    sink.may_pass.set()
    assert await asyncio.gather(*callers) == [n * 10 for n in range(8)]


async def test_who_has_no_task_of_its_own_is_told_by_a_future():
    sink = Sink()
    batcher = batcher_of(sink.flush)
    told = [batcher.submit(n) for n in range(3)]

    assert await asyncio.gather(*told) == [0, 10, 20]
    assert sink.batches == [[0, 1, 2]]
    await batcher.close(1)
    with pytest.raises(BatchClosed):
        batcher.submit(3)


async def test_an_answer_that_is_an_exception_is_its_callers_alone():
    async def flush(items):
        return [Poison(item) if item == 2 else item for item in items]

    batcher = batcher_of(flush)
    answers = await asyncio.gather(*(batcher.add(n) for n in range(4)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [int, int, Poison, int]


async def test_when_a_flush_raises_all_of_its_callers_get_that():
    batches = []

    async def flush(items):
        batches.append(items)
        raise ConnectionError("gone")

    batcher = batcher_of(flush, split_on=(Poison,))
    answers = await asyncio.gather(*(batcher.add(n) for n in range(4)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError] * 4
    assert batches == [[0, 1, 2, 3]]


async def test_an_answer_too_few_is_a_fault_for_all_and_nobody_waits_for_ever():
    async def flush(items):
        return items[1:]

    batcher = batcher_of(flush)
    answers = await asyncio.wait_for(asyncio.gather(batcher.add(1), batcher.add(2), return_exceptions=True), 60)

    assert [type(answer) for answer in answers] == [AssertionError] * 2


@given(st.sets(st.integers(0, 31)), st.integers(1, 32))
@settings(deadline=None, max_examples=60)
def test_poison_is_alone_in_the_end_and_all_others_are_written_once(poison, size_max):
    written = []

    async def flush(items):
        if poison & set(items):
            raise Poison
        written.extend(items)
        return items

    async def run():
        batcher = batcher_of(flush, size_max=size_max, split_on=(Poison,))
        return await asyncio.gather(*(batcher.add(n) for n in range(32)), return_exceptions=True)

    answers = asyncio.run(run())

    assert written == [n for n in range(32) if n not in poison]
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Poison)] == sorted(poison)


async def test_one_more_than_may_wait_is_refused_and_a_caller_who_leaves_makes_room():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush, size_max=2, waiting_max=2)
    first = await first_in_flight(batcher, sink)
    leaver, stayer = (asyncio.create_task(batcher.add(n)) for n in (1, 2))
    await eventually(lambda: batcher.waiting_count == 2)

    with pytest.raises(BatchFull):
        await batcher.add(3)
    leaver.cancel()
    await eventually(leaver.done)
    late = asyncio.create_task(batcher.add(4))
    await eventually(lambda: batcher.waiting_count == 2)
    sink.may_pass.set()

    assert await asyncio.gather(first, stayer, late) == [0, 20, 40]
    assert sink.batches == [[0], [2, 4]]
    assert (batcher.counts.full_count, batcher.counts.dropped_count) == (1, 1)


async def test_a_caller_who_leaves_in_the_very_turn_of_the_flush_is_not_written():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    first = await first_in_flight(batcher, sink)
    leaver = asyncio.create_task(batcher.add(1))
    await eventually(lambda: batcher.waiting_count == 1)

    leaver.cancel()
    sink.may_pass.set()
    await first
    with pytest.raises(asyncio.CancelledError):
        await leaver

    assert await batcher.add(2) == 20
    assert sink.batches == [[0], [2]]


async def test_a_flush_goes_on_without_a_caller_who_leaves_during_it():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    leaver, stayer = (asyncio.create_task(batcher.add(n)) for n in (1, 2))
    await eventually(lambda: sink.batches == [[1, 2]])

    leaver.cancel()
    await eventually(leaver.done)
    sink.may_pass.set()

    assert await stayer == 20


async def test_an_item_whose_time_is_up_before_its_batch_is_not_written():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    first = await first_in_flight(batcher, sink)
    late = asyncio.create_task(batcher.add(1, within_seconds=0.0))
    patient = asyncio.create_task(batcher.add(2, within_seconds=3600))
    await eventually(lambda: batcher.waiting_count == 2)

    sink.may_pass.set()

    with pytest.raises(BatchLate):
        await late
    assert await asyncio.gather(first, patient) == [0, 20]
    assert sink.batches == [[0], [2]]


async def test_closing_flushes_what_waits_without_lingering_and_takes_nothing_more():
    sink = Sink()
    batcher = batcher_of(sink.flush, linger_seconds=3600, size_max=3)
    await asyncio.gather(batcher.add(1), batcher.add(2))
    waiting = asyncio.create_task(batcher.add(3))
    await eventually(lambda: batcher.waiting_count == 1)

    await batcher.close(within_seconds=5)

    assert await asyncio.wait_for(waiting, 60) == 30
    with pytest.raises(BatchClosed):
        await batcher.add(4)


async def test_closing_empties_a_queue_of_many_batches():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush, size_max=2)
    callers = [await first_in_flight(batcher, sink)]
    callers += [asyncio.create_task(batcher.add(n)) for n in range(1, 20)]
    await eventually(lambda: batcher.waiting_count == 19)

    closing = asyncio.create_task(batcher.close(within_seconds=5))
    sink.may_pass.set()
    await closing

    assert await asyncio.wait_for(asyncio.gather(*callers), 60) == [n * 10 for n in range(20)]


async def test_what_closing_has_no_time_for_is_told_apart_in_unknown_and_not_done():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    first = await first_in_flight(batcher, sink)
    second = asyncio.create_task(batcher.add(1))
    await eventually(lambda: batcher.waiting_count == 1)

    await batcher.close(within_seconds=0.0)

    with pytest.raises(BatchCut):
        await first
    with pytest.raises(BatchClosed):
        await second
    assert sink.batches == [[0]]


async def test_a_flush_that_had_no_turn_yet_is_cut_off_too():
    sink = Sink(held=True)
    batcher = batcher_of(sink.flush)
    caller = asyncio.create_task(batcher.add(1))
    await asyncio.sleep(0)

    await batcher.close(within_seconds=0.0)

    with pytest.raises(BatchCut):
        await caller


async def test_a_flush_is_not_in_the_context_of_one_of_its_callers():
    whose = contextvars.ContextVar("whose", default="nobody's")
    seen = []

    async def flush(items):
        seen.append(whose.get())
        return items

    batcher = batcher_of(flush)
    whose.set("a caller's")
    await batcher.add(1)

    assert seen == ["nobody's"]


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 3), st.sampled_from([0.0, 0.0005]))
@settings(deadline=None, max_examples=25)
def test_under_any_load_nothing_is_lost_and_nothing_is_written_twice(seed, size_max, in_flight_max, linger_seconds):
    chance = random.Random(seed)
    written, biggest, flying, flying_max = [], 0, 0, 0

    async def flush(items):
        nonlocal biggest, flying, flying_max
        flying += 1
        flying_max, biggest = max(flying_max, flying), max(biggest, len(items))
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        flying -= 1
        if any(item % 17 == 0 for item in items):
            raise Poison
        written.extend(items)
        return [Poison(item) if item % 13 == 0 else -item for item in items]

    async def caller(batcher, item):
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)
        return await batcher.add(item)

    async def run():
        limits = {"size_max": size_max, "in_flight_max": in_flight_max, "linger_seconds": linger_seconds}
        batcher = batcher_of(flush, split_on=(Poison,), **limits)
        callers = [asyncio.create_task(caller(batcher, item)) for item in range(1, 120)]
        for _ in range(3):
            await asyncio.sleep(0)
            chance.choice(callers).cancel()
        return await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), 60)

    answers = asyncio.run(run())

    assert len(written) == len(set(written))
    assert biggest <= size_max
    assert flying_max <= in_flight_max
    for item, answer in enumerate(answers, start=1):
        if isinstance(answer, asyncio.CancelledError):
            continue
        assert (item in written) == (item % 17 != 0)
        assert isinstance(answer, Poison) if item % 13 == 0 or item % 17 == 0 else answer == -item
