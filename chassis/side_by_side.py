"""Does the same for many, some of them at once, and waits for all. What is done is not its business."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

import structlog

One = TypeVar("One")
Done = TypeVar("Done")
_log = structlog.get_logger()


async def side_by_side(do: Callable[[One], Awaitable[Done]], many: Collection[One], at_once: int) -> list[Done]:
    """What came of each, in their order; at most `at_once` are under way.

    One that fails keeps no other from its end. When all have come to it, the first failure is raised, and how many
    there were is logged.
    """
    places = asyncio.Semaphore(at_once)

    async def placed(one: One) -> Done:
        async with places:
            return await do(one)

    ended = await asyncio.gather(*map(placed, many), return_exceptions=True)
    failed = [each for each in ended if isinstance(each, BaseException)]
    if failed:
        _log.warning("some of many failed", failed_count=len(failed), count=len(ended))
        raise failed[0]
    return [each for each in ended if not isinstance(each, BaseException)]
