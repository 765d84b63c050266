"""How a batch goes past SQLAlchemy to the driver. What it says is its caller's affair."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

# The driver gives no types (asyncpg 0.32); what it returns is said where it is read.
Driver = asyncpg.Connection
# The rows of unnest() are guessed to be few; a nested loop over hundreds is then chosen, and is slow.
_BY_HASH = "SET enable_nestloop = off"
_LANES_MAX = 3
# The way to the database is broken, also in the midst of something: what was asked last may have been done.
GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


async def driver_of(session: AsyncSession) -> Any:
    """The driver's connection of the session, in the session's transaction."""
    connection = await session.connection()
    driver = await _raw(connection)
    if not driver.is_in_transaction():
        # SQLAlchemy opens the transaction with its own first statement; until then the driver would commit by itself.
        await connection.exec_driver_sql("SELECT 1")
    assert driver.is_in_transaction(), "a session has its transaction"
    return driver


class Lanes:
    """Connections of an engine that are kept for batches, a few at most; who finds none free waits its turn.

    Taking one from the pool for each batch, and asking whether it still lives, costs as much as a small batch does.
    They do not go back to the pool, so that more of them would leave nothing to all else that reads and writes.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._free: list[AsyncConnection] = []
        self._turns = asyncio.Semaphore(_LANES_MAX)

    @contextlib.asynccontextmanager
    async def statement(self) -> AsyncIterator[Any]:
        """A driver's connection for one statement, which is then a transaction by itself."""
        async with self._turns, self._for_statement() as driver:
            yield driver

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A driver's connection in a transaction, committed at the end or, when something is raised, undone."""
        async with self._turns, self._for_transaction() as driver:
            yield driver

    async def close(self) -> None:
        """Hang up; nothing is under way any more."""
        while self._free:
            await _hang_up(self._free.pop())

    @contextlib.asynccontextmanager
    async def _for_statement(self) -> AsyncIterator[Any]:
        lane = await self._live()
        try:
            yield await _raw(lane)
        except asyncpg.PostgresError as refused:
            if isinstance(refused, GONE):
                await _hang_up(lane)
            else:
                self._free.append(lane)
            raise
        except BaseException:  # the way to the database is broken, or what the connection is in the midst of unknown
            await _hang_up(lane)
            raise
        self._free.append(lane)

    @contextlib.asynccontextmanager
    async def _for_transaction(self) -> AsyncIterator[Any]:
        lane, driver = await self._begun()
        try:
            yield driver
            await driver.execute("COMMIT")
        except Exception:
            await self._undo(lane, driver)
            raise
        except BaseException:  # cancelled: what the connection is in the middle of is not known
            await _hang_up(lane)
            raise
        self._free.append(lane)

    async def _begun(self) -> tuple[AsyncConnection, Any]:
        """A kept lane, unless the database has dropped it meanwhile; or a new one."""
        while self._free:
            lane = self._free.pop()
            with contextlib.suppress(*GONE):
                return lane, await _begin(lane)
            await _hang_up(lane)
        lane = await self._live()
        try:
            return lane, await _begin(lane)
        except BaseException:
            await _hang_up(lane)
            raise

    async def _live(self) -> AsyncConnection:
        """A kept lane that the database has not closed, as far as the driver has heard; or a new one."""
        while self._free:
            lane = self._free.pop()
            if not (await _raw(lane)).is_closed():
                return lane
            await _hang_up(lane)
        lane = await self._engine.connect()
        try:
            await (await _raw(lane)).execute(_BY_HASH)
        except BaseException:
            await _hang_up(lane)
            raise
        return lane

    async def _undo(self, lane: AsyncConnection, driver: Any) -> None:
        try:
            await driver.execute("ROLLBACK")
        except GONE:
            await _hang_up(lane)
        else:
            self._free.append(lane)


async def _begin(lane: AsyncConnection) -> Any:
    driver = await _raw(lane)
    await driver.execute("BEGIN")
    return driver


async def _hang_up(lane: AsyncConnection) -> None:
    # It bears settings of ours, so it never goes back into the pool.
    await lane.invalidate()
    await lane.close()


async def _raw(connection: AsyncConnection) -> Any:
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None, "a connection that is in use has its driver"
    return driver
