"""Databases for tests: each service is migrated once, and every test gets a copy of that."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import asyncpg

from chassis.local_postgres import LocalPostgres

Migrate = Callable[[str, str], Awaitable[None]]

# The server dies with the tests, so nothing has to outlive a power cut; what a killed process leaves stays as it is.
_NOTHING_TO_OUTLIVE = ("fsync", "full_page_writes", "synchronous_commit")


class Templates:
    """Knows which services were migrated on one server, and is connected to it until it is closed.

    The connection lives on a loop of its own, since those of the tests come and go.
    """

    def __init__(self, postgres: LocalPostgres) -> None:
        self._postgres = postgres
        self._urls: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="templates", daemon=True)
        self._thread.start()
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None

    async def copy(self, package: str, name: str, upgrade: Migrate) -> str:
        """Make a database of that name with the package's tables; returns its URL."""
        template = f"template_{package.rpartition('.')[2]}"
        if not self._urls:
            await self._hurry()
        if package not in self._urls:
            url = await self._postgres.create_database(template)
            await upgrade(package, url)
            self._urls[package] = url
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{template}" STRATEGY FILE_COPY')
        return self._postgres.url(name, role=template)

    async def drop(self, name: str) -> None:
        """Remove a copy, whoever is still connected."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _hurry(self) -> None:
        for name in _NOTHING_TO_OUTLIVE:
            await self._execute(f"ALTER SYSTEM SET {name} = off")
        await self._execute("SELECT pg_reload_conf()")

    def close(self) -> None:
        """Let go of the server."""
        asyncio.run_coroutine_threadsafe(self._disconnect(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _execute(self, statement: str) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._ask(statement), self._loop))

    async def _ask(self, statement: str) -> None:
        async with self._turn:
            if self._connection is None:
                self._connection = await asyncpg.connect(self._postgres.url("postgres"), timeout=60)
            await self._connection.execute(statement)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
