"""Connections to PostgreSQL that speak in Arrow record batches (ADBC), for bulk. It holds no statement of ours.

Each connection has a thread of its own, since ADBC blocks and one connection must never be used by two threads.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
from adbc_driver_manager import AdbcStatusCode, Error
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

_POOL_WAIT_SECONDS = 5.0
_SET = """
    SELECT set_config('statement_timeout', '10s', false), set_config('lock_timeout', '4s', false),
        set_config('idle_in_transaction_session_timeout', '15s', false), set_config('timezone', 'UTC', false)
"""
_OPTIONS = {"ssl": "sslmode"}
_OWN_OPTIONS = {"application_name": "payments:bulk", "connect_timeout": "3"}
_BATCH_BYTES = "1000000"
# After these the connection is of no more use (PostgreSQL, appendix A).
_SQLSTATES_LOST = ("08", "57P")


class Columnar:
    """A few connections to where `url` leads, made when they are needed; `begin` waits for one at most 5 s."""

    def __init__(self, url: URL, pool_size: int = 2) -> None:
        self._conninfo = _conninfo(url)
        self._places = asyncio.Semaphore(pool_size)
        self._idle: list[_Link] = []
        self._returning: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator["Work"]:
        """A transaction that is committed when the block ends well, and else rolled back.

        Raises sqlalchemy's TimeoutError when no connection is free in time, and its OperationalError for what the
        database says, so that who judges faults of storage knows one family of them.
        """
        try:
            await asyncio.wait_for(self._places.acquire(), _POOL_WAIT_SECONDS)
        except TimeoutError:
            raise PoolTimeout("no connection for bulk was free in time") from None
        # Own tasks: who is cancelled does not wait for what still runs in the thread, and none of it is lost.
        taking = asyncio.create_task(self._link())
        try:
            link = await asyncio.shield(taking)
            yield Work(link)
            await link.run(link.connection.commit)
            link.is_clean = True
        finally:
            returning = asyncio.create_task(self._give_back(taking))
            self._returning.add(returning)
            returning.add_done_callback(self._returning.discard)

    async def close(self) -> None:
        """Close what is idle, after what is still under way has come back."""
        await asyncio.gather(*self._returning, return_exceptions=True)
        for link in self._idle:
            await link.close()
        self._idle.clear()

    async def _link(self) -> "_Link":
        while self._idle:
            link = self._idle.pop()
            if await link.is_alive():
                return link
            await link.close()
        return await _Link.open(self._conninfo)

    async def _give_back(self, taking: "asyncio.Task[_Link]") -> None:
        try:
            with contextlib.suppress(OperationalError):  # there is none: who asked for it was told
                link = await taking
                if link.is_clean or await link.roll_back():
                    link.is_clean = False
                    self._idle.append(link)
                else:
                    await link.close()
        finally:
            self._places.release()


class Work:
    """One transaction on one connection. Its calls run one after the other."""

    def __init__(self, link: "_Link") -> None:
        self._link = link

    async def execute(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement whose values stand as $1, $2 ...; the rows that it returns, which are few."""
        return await self._link.run(lambda: self._link.execute(statement, parameters))

    async def read(self, statement: str) -> AsyncIterator[pa.RecordBatch]:
        """The rows of a statement without values, as batches of about 1 MB, read while they are taken."""
        reader = await self._link.run(lambda: self._link.open_reader(statement))
        while (batch := await self._link.run(lambda: next(reader, None))) is not None:
            yield batch

    async def read_all(self, statement: str, parameters: Sequence[object] = ()) -> pa.Table:
        """All rows of a statement at once."""
        return await self._link.run(lambda: self._link.read_all(statement, parameters))

    async def copy_in(self, table: str, rows: pa.RecordBatch, *, temporary: bool = False) -> None:
        """COPY rows into a table that has their columns; others of its columns get their defaults."""
        await self._link.run(lambda: self._link.cursor.adbc_ingest(table, rows, mode="append", temporary=temporary))


class _Link:
    """A connection and its thread."""

    def __init__(self, thread: ThreadPoolExecutor, connection: Any) -> None:
        self._thread = thread
        self.connection = connection
        self.cursor = connection.cursor()
        self.cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES})
        self.execute(_SET, ())
        connection.commit()
        self.is_clean = False

    @classmethod
    async def open(cls, conninfo: str) -> "_Link":
        thread = ThreadPoolExecutor(1, thread_name_prefix="payments-bulk")
        try:
            return await asyncio.get_running_loop().run_in_executor(
                thread, lambda: cls(thread, dbapi.connect(conninfo))
            )
        except Error as error:
            thread.shutdown(wait=False)
            raise _told(error) from error

    async def run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except asyncio.CancelledError:
            self.cursor.adbc_cancel()  # from any thread; what runs ends soon, and the rollback comes after it
            raise
        except Error as error:
            raise _told(error) from error

    def execute(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        self.cursor.execute(statement, tuple(parameters) or None)
        return self.cursor.fetchall() if self.cursor.description else []

    def read_all(self, statement: str, parameters: Sequence[object]) -> pa.Table:
        self.cursor.execute(statement, tuple(parameters) or None)
        return self.cursor.fetch_arrow_table()

    def open_reader(self, statement: str) -> Any:
        self.cursor.execute(statement)
        return iter(self.cursor.fetch_record_batch())

    async def is_alive(self) -> bool:
        try:
            await self.run(lambda: self.execute("SELECT 1", ()))
        except OperationalError:
            return False
        return True

    async def roll_back(self) -> bool:
        try:
            await self.run(self.connection.rollback)
        except OperationalError:
            return False
        return await self.is_alive()

    async def close(self) -> None:
        def close_both() -> None:
            with contextlib.suppress(Error):
                self.cursor.close()
                self.connection.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, close_both)
        self._thread.shutdown(wait=False)


def _conninfo(url: URL) -> str:
    """The URL in the words of libpq, where an option is called otherwise than by asyncpg."""
    told = {**url.translate_connect_args(username="user", database="dbname"), **url.query}
    told = {_OPTIONS.get(name, name): value for name, value in told.items()} | _OWN_OPTIONS
    return " ".join(f"{name}='{_quoted(value)}'" for name, value in told.items())


def _quoted(value: object) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _told(error: Error) -> OperationalError:
    """The fault in the words of SQLAlchemy, with its SQLSTATE and without any value."""
    state = error.sqlstate or ""
    is_lost = state.startswith(_SQLSTATES_LOST) or (not state and error.status_code is AdbcStatusCode.IO)
    return OperationalError("bulk", None, error, hide_parameters=True, connection_invalidated=is_lost)
