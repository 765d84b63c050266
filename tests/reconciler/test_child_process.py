"""Work in a process of its own ends with its work, at its deadline, when it is left, or when the system ends it."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from chassis.errors import Fault, Kind
from services.reconciler.child_process import Child, followed

Tell = Callable[[int], None]


def count_to(given: int, tell: Tell) -> int:
    for number in range(1, given):
        tell(number)
    return given


def divide_by(given: int, _: Tell) -> int:
    return 1 // given


def work_for_ever(_: int, tell: Tell) -> int:
    tell(os.getpid())
    while True:
        time.sleep(0.05)


def end_oneself(_: int, __: Tell) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def take_memory(given: int, _: Tell) -> int:
    return len(bytearray(given * 1024**2))


def a_child(work: Callable[[int, Tell], int], folder: Path, seconds_max: float = 30) -> Child[int, int]:
    return Child("counting", "计数", work, folder, seconds_max, memory_mib=64)


async def told_by(child: Child[int, int], given: int) -> list[int]:
    return [told async for told in followed(child, given)]


def is_there(pid: int) -> bool:
    return pid in {child.pid for child in multiprocessing.active_children()} or Path(f"/proc/{pid}").exists()


async def test_what_it_tells_on_the_way_comes_in_order_and_what_came_out_comes_last(tmp_path: Path):
    assert await told_by(a_child(count_to, tmp_path), 4) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("work", "given", "said"),
    [
        (divide_by, 0, "counting failed: ZeroDivisionError: integer division or modulo by zero"),
        (end_oneself, 0, "counting failed: its process was ended, as the system does when memory is short"),
        (take_memory, 8_192, "counting failed: MemoryError: "),
    ],
)
async def test_a_failure_is_a_fault_that_names_the_work_and_its_cause(
    tmp_path: Path, work: Callable[[int, Tell], int], given: int, said: str
):
    with pytest.raises(Fault) as caught:
        await told_by(a_child(work, tmp_path), given)

    assert (caught.value.kind, caught.value.reason) == (Kind.INTERNAL, "INTERNAL")
    assert caught.value.message == said
    assert caught.value.message_zh == "计数失败，详见日志"


async def test_at_its_deadline_it_is_ended(tmp_path: Path):
    told = followed(a_child(work_for_ever, tmp_path, seconds_max=3), 0)
    pid = await anext(told)

    with pytest.raises(Fault) as caught:
        await anext(told)

    assert caught.value.message == "counting took over 3 s"
    assert not is_there(pid)


async def test_who_leaves_it_early_or_is_cancelled_ends_it(tmp_path: Path):
    async with aclosing(followed(a_child(work_for_ever, tmp_path), 0)) as told:
        left = await anext(told)
    heard: asyncio.Queue[int] = asyncio.Queue()

    async def follow() -> None:
        async for pid in followed(a_child(work_for_ever, tmp_path), 0):
            await heard.put(pid)

    following = asyncio.create_task(follow())
    cancelled = await heard.get()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert not is_there(left)
    assert not is_there(cancelled)
