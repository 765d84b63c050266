"""Wait for the thing, never for time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], T | Awaitable[T]], *, timeout_seconds: float = 60.0) -> T:
    """The first true answer of `probe`; fails the test, with the last answer, when none came in time."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = probe()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s; the last answer was {answer!r}"
        await asyncio.sleep(0.02)
