"""chassis.side_by_side."""

import asyncio

import pytest

from chassis.side_by_side import side_by_side


async def test_what_came_of_each_stands_in_their_order_however_long_each_took():
    last_may_end = asyncio.Event()

    async def do(one: int) -> int:
        if one == 3:
            last_may_end.set()
        await last_may_end.wait()
        return one * 10

    assert await side_by_side(do, [1, 2, 3], at_once=3) == [10, 20, 30]


async def test_no_more_are_under_way_than_may_be():
    under_way, most = 0, 0

    async def do(one: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await side_by_side(do, range(20), at_once=3)

    assert most == 3


async def test_one_that_fails_keeps_no_other_from_its_end_and_is_told_when_all_have_ended():
    ended: list[int] = []

    async def do(one: int) -> None:
        if one < 2:
            raise ValueError(one)
        await asyncio.sleep(0)
        ended.append(one)

    with pytest.raises(ValueError, match="0"):
        await side_by_side(do, range(5), at_once=2)

    assert ended == [2, 3, 4]


async def test_who_is_stopped_leaves_none_behind():
    started, ended = asyncio.Event(), []

    async def do(one: int) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(one)

    turn = asyncio.create_task(side_by_side(do, [1, 2], at_once=2))
    await started.wait()
    await asyncio.sleep(0)
    turn.cancel()

    with pytest.raises(asyncio.CancelledError):
        await turn
    assert sorted(ended) == [1, 2]
