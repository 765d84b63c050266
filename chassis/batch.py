"""Natural batching: what arrives while a flush is in flight goes together in the next. It knows not what is flushed.

BatchError
    BatchFull    too many wait already          nothing was done
    BatchLate    its time was up before a batch nothing was done
    BatchClosed  the batcher is closing         nothing was done
    BatchCut     the flush was cut off          it may have been done
"""

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# How long a flush that is cut off may still take for its own clearing up.
_CUT_SECONDS_MAX = 5.0


class BatchError(Exception):
    """An item got no answer of its flush."""


class BatchFull(BatchError):
    """As many wait as may wait. Nothing was done with the item."""


class BatchLate(BatchError):
    """The item's time was up before it came into a batch. Nothing was done with it."""


class BatchClosed(BatchError):
    """The batcher takes nothing more. Nothing was done with the item."""


class BatchCut(BatchError):
    """The item's flush was cut off before it answered. Whether it was done is not known."""


@dataclass(slots=True)
class Counts:
    """What was done since the start. A flush that was split counts once for each part that was tried."""

    item_count: int = 0
    flush_count: int = 0
    full_count: int = 0
    dropped_count: int = 0


@dataclass(frozen=True, slots=True)
class Flushed:
    """A batch whose flush has ended: `wait_seconds` is how long its first item had waited, `waiting_count` who does."""

    item_count: int
    wait_seconds: float
    flush_seconds: float
    waiting_count: int


class Watch(Protocol):
    """Who is told what goes on; it must be quick and not fail."""

    def flushed(self, done: Flushed) -> None:
        """A flush has ended, however it did."""
        ...

    def turned_away(self) -> None:
        """One found the queue full."""
        ...


class Batcher(Generic[Item, Result]):
    """Collects items of many callers into few flushes, and gives each caller its own answer.

    `flush` gets the items in the order in which they came, at most `size_max`, and returns as many answers in the same
    order; an answer that is an exception is raised to its caller alone. When it raises, all get what it raised, save
    that an error of `split_on` means that the data is at fault: then halves are flushed again until the poison is
    alone. So a flush that raises one of these must have done nothing. A flush needs a deadline of its own.

    Who comes alone is flushed at once. While the last batch had more than one, or some came during its flush, a batch
    waits `linger_seconds` for company, or until there are `enough`. A second flush, and more up to `in_flight_max`,
    start only with enough, which is a whole batch unless it is said, and with as many as are in flight: less would only
    make the next ones small.
    """

    def __init__(
        self,
        flush: Callable[[list[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        size_max: int,
        waiting_max: int,
        linger_seconds: float = 0.0,
        in_flight_max: int = 1,
        enough: int | None = None,
        split_on: tuple[type[Exception], ...] = (),
        watch: Watch | None = None,
    ) -> None:
        assert size_max > 0, size_max
        assert waiting_max >= size_max, (waiting_max, size_max)
        assert in_flight_max > 0, in_flight_max
        assert enough is None or 0 < enough <= size_max, (enough, size_max)
        self._flush = flush
        self._size_max = size_max
        self._waiting_max = waiting_max
        self._linger_seconds = linger_seconds
        self._in_flight_max = in_flight_max
        self._enough = size_max if enough is None else enough
        self._split_on = split_on
        self._watch = watch
        # A flush belongs to no one caller, so it runs in the context of the making and not, say, in a caller's trace.
        self._context = contextvars.copy_context()
        self._waiting: OrderedDict[_Entry[Item, Result], None] = OrderedDict()
        self._flights: set[asyncio.Task[None]] = set()
        self._flying_count = 0
        self._timer: asyncio.Handle | None = None
        self._busy = False
        self._closing = False
        self.counts = Counts()

    @property
    def waiting_count(self) -> int:
        """How many are in no batch yet."""
        return len(self._waiting)

    async def add(self, item: Item, within_seconds: float | None = None) -> Result:
        """The answer for this item, or what its flush raised for it; see BatchError for what else is raised.

        An item that is in no batch `within_seconds` is dropped, and so is one whose caller is cancelled before. Once in
        a batch it is flushed even if its caller leaves.
        """
        entry = self._enter(item, within_seconds)
        try:
            return await entry.answer
        except asyncio.CancelledError:
            if entry in self._waiting:
                del self._waiting[entry]
                self.counts.dropped_count += 1
            raise

    def submit(self, item: Item, within_seconds: float | None = None) -> "asyncio.Future[Result]":
        """The same for a caller that has no task of its own; BatchClosed and BatchFull are raised here and now."""
        return self._enter(item, within_seconds).answer

    async def close(self, within_seconds: float) -> None:
        """Take nothing more, and flush what waits; what is not done in time gets BatchClosed or BatchCut."""
        self._closing = True
        end_at = asyncio.get_running_loop().time() + within_seconds
        self._schedule()
        while self._flights and (left := end_at - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._flights, timeout=left)
        while self._waiting:
            _fail([self._waiting.popitem(last=False)[0]], BatchClosed("closed before its turn"))
        for flight in self._flights:
            flight.cancel()
        if self._flights:
            await asyncio.wait(self._flights, timeout=_CUT_SECONDS_MAX)

    def _enter(self, item: Item, within_seconds: float | None) -> "_Entry[Item, Result]":
        if self._closing:
            raise BatchClosed("nothing more is taken")
        if len(self._waiting) >= self._waiting_max:
            self.counts.full_count += 1
            if self._watch is not None:
                self._watch.turned_away()
            raise BatchFull(f"{self._waiting_max} wait already")
        loop = asyncio.get_running_loop()
        since = loop.time()
        expire_at = None if within_seconds is None else since + within_seconds
        entry: _Entry[Item, Result] = _Entry(item, since, expire_at, loop.create_future())
        self._waiting[entry] = None
        self._schedule()
        return entry

    def _schedule(self) -> None:
        if not self._waiting or len(self._flights) >= self._in_flight_max:
            return
        if self._closing or len(self._waiting) >= max(self._enough, min(self._flying_count, self._size_max)):
            self._start()
        elif not self._flights and self._timer is None:
            # Even without lingering, one turn of the loop: those who are ready now come along.
            delay_seconds = self._linger_seconds if self._busy else 0
            self._timer = asyncio.get_running_loop().call_later(delay_seconds, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch = self._take()
        if batch:
            flight = asyncio.get_running_loop().create_task(self._settle(batch), context=self._context.copy())
            self._flights.add(flight)
            self._flying_count += len(batch)
            began = asyncio.get_running_loop().time()
            flight.add_done_callback(lambda landed: self._land(landed, batch, began))

    def _take(self) -> "list[_Entry[Item, Result]]":
        """The oldest that wait, without those whose caller left or whose time is up."""
        now = asyncio.get_running_loop().time()
        batch: list[_Entry[Item, Result]] = []
        while self._waiting and len(batch) < self._size_max:
            entry, _ = self._waiting.popitem(last=False)
            if not entry.answer.done() and (entry.expire_at is None or now < entry.expire_at):
                batch.append(entry)
                continue
            self.counts.dropped_count += 1
            _fail([entry], BatchLate("its time was up before it came into a batch"))
        self.counts.item_count += len(batch)
        return batch

    async def _settle(self, batch: "list[_Entry[Item, Result]]") -> None:
        self.counts.flush_count += 1
        try:
            results = await self._flush([entry.item for entry in batch])
            assert len(results) == len(batch), f"the flush answered {len(results)} of {len(batch)}"
        except self._split_on as raised:
            if len(batch) == 1:
                _fail(batch, raised)
                return
            await self._settle(batch[: len(batch) // 2])
            await self._settle(batch[len(batch) // 2 :])
        except Exception as raised:  # noqa: BLE001  each caller gets it and judges it; here it would be lost
            _fail(batch, raised)
        else:
            for entry, result in zip(batch, results, strict=True):
                if isinstance(result, Exception):
                    _fail([entry], result)
                elif not entry.answer.done():
                    entry.answer.set_result(result)

    def _land(self, flight: asyncio.Task[None], batch: "list[_Entry[Item, Result]]", began: float) -> None:
        self._flights.discard(flight)
        self._flying_count -= len(batch)
        if self._watch is not None:
            took = asyncio.get_running_loop().time() - began
            self._watch.flushed(Flushed(len(batch), began - batch[0].since, took, len(self._waiting)))
        _fail(batch, BatchCut("the flush was cut off"))
        self._busy = len(batch) > 1 or bool(self._waiting)
        self._schedule()


@dataclass(eq=False, slots=True)
class _Entry(Generic[Item, Result]):
    """An item that waits for its answer, `since` when and until when, by the loop's clock."""

    item: Item
    since: float
    expire_at: float | None
    answer: asyncio.Future[Result]


def _fail(entries: "Sequence[_Entry[Item, Result]]", error: Exception) -> None:
    """Tell those who have no answer yet."""
    for entry in entries:
        if not entry.answer.done():
            entry.answer.set_exception(error)
