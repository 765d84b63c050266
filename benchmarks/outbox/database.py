"""A fresh database on a real, durable PostgreSQL for one benchmark, and the same rest for each before it is timed."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import uuid_utils
from sqlalchemy import make_url

from chassis.local_postgres import local_postgres

PAYLOAD = b"".join(b"%04d" % number for number in range(75))  # 300 bytes, as each contestant's job carries them
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_PROBES = 200


@contextlib.contextmanager
def server_url() -> Iterator[str]:
    """The URL of a superuser: of the server BIHUAN_BENCH_DATABASE_URL names, or of one that lasts as long as the block.

    A server of ours runs with PostgreSQL's own defaults; nothing of it is tuned, for anyone.
    """
    if named := os.environ.get("BIHUAN_BENCH_DATABASE_URL"):
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, local_postgres(Path(folder)) as server:
        yield server.url("postgres")


@contextlib.contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A new database, dropped with the block. Raises RuntimeError for a server that could lose a commit."""
    name = f"bihuan_bench_{uuid_utils.uuid7().hex}"
    asyncio.run(_check_durable(server))
    asyncio.run(run_script(server, f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(run_script(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _check_durable(server: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for setting in _DURABLE:
            if (value := await connection.fetchval(f"SHOW {setting}")) != "on":
                raise RuntimeError(f"{setting} is {value}: figures of a server that may lose commits do not count")
    finally:
        await connection.close()


async def settle(url: str, table: str) -> None:
    """After filling: statistics as a table in use has them, and a checkpoint now, so that none falls due in the run."""
    await run_script(url, f"VACUUM (ANALYZE) {table}", "CHECKPOINT")


async def number(url: str, query: str) -> int:
    """The one number that a query answers."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def run_script(url: str, *statements: str) -> None:
    """Execute statements one after another, on a connection of their own."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def commit_seconds(url: str) -> float:
    """The mean time of one lone commit, which tells what the disk did in the minute of a run."""
    connection = await asyncpg.connect(url)
    try:
        began = time.monotonic()
        for _ in range(_PROBES):
            await connection.execute("SELECT pg_logical_emit_message(true, 'bench', 'probe')")
        return (time.monotonic() - began) / _PROBES
    finally:
        await connection.close()
