"""Natural batching: calls that come while a batch is under way make up the next one. It knows no table and no rule."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class QueueFullError(Exception):
    """Too many wait already; nothing was done for this one."""


class Coalescer(Generic[T, R]):
    """`flush` answers a list of questions with a list as long, in their order. One flush is under way at a time.

    Nothing waits for a batch to fill, so that one caller alone is as fast as without. An exception of a flush is
    that of all in it.
    """

    def __init__(self, flush: Callable[[list[T]], Awaitable[list[R]]], batch_max: int, waiting_max: int) -> None:
        self._flush = flush
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, question: T) -> R:
        """Wait for the answer. Raises QueueFullError, or what the flush raised."""
        if len(self._waiting) >= self._waiting_max:
            raise QueueFullError
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="coalescer")
        return await answer

    async def _run(self) -> None:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._batch_max], self._waiting[self._batch_max :]
                await self._answer(batch)
        finally:
            self._running = None
            # Only when we are cancelled is there anyone left.
            for _, answer in [*batch, *self._waiting]:
                answer.cancel()

    async def _answer(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._flush([question for question, _ in batch])
            assert len(answers) == len(batch), "a flush answers each question once"
        except Exception as fault:  # noqa: BLE001  it is not ours to judge: each caller gets it
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(fault)
            return
        for (_, answer), said in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(said)
