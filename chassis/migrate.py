"""Runs a service's migrations: `python -m chassis.migrate services.payments`. It writes no migration itself."""

import argparse
import asyncio
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlalchemy.engine import Connection

from chassis import database


def main(arguments: list[str]) -> None:
    """Bring the database in BIHUAN_<SERVICE>_DATABASE_URL up to the newest revision of the named package."""
    parser = argparse.ArgumentParser(prog="chassis.migrate", description=main.__doc__)
    parser.add_argument("package", help="such as services.payments")
    package = parser.parse_args(arguments).package
    variable = f"BIHUAN_{package.rpartition('.')[2].upper()}_DATABASE_URL"
    if not (url := os.environ.get(variable)):
        parser.error(f"{variable} is not set")
    asyncio.run(upgrade(package, url))


async def upgrade(package: str, url: str, revision: str = "head") -> None:
    """Run what is missing up to a revision, in one transaction.

    Two at once do no harm: the second waits for the first, however long.

    A migration's own statements may take as long as they need, but wait for a table at most 4 s: who queues for a
    table's lock holds up all who come after, in the release that is serving.
    """
    engine = database.connect(url, f"migrate:{package}", pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(text("SET LOCAL lock_timeout = 0"))
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate:{package}"}
            )
            await connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            await connection.run_sync(_upgrade, package, revision)
    finally:
        await engine.dispose()


async def differences(package: str, url: str) -> list[Any]:
    """What the models of `<package>.tables` have and the database lacks, or the other way round; empty when equal."""
    engine = database.connect(url, f"compare:{package}", pool_size=1)
    tables: MetaData = importlib.import_module(f"{package}.tables").METADATA
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare, tables)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, package: str, to: str) -> None:
    scripts = ScriptDirectory(str(Path(*importlib.import_module(package).__path__) / "migrations"))
    environment = EnvironmentContext(
        Config(),
        scripts,
        # The runner of `alembic upgrade head`; there is no public name for it (alembic 1.20, command.upgrade).
        fn=lambda revision, _: scripts._upgrade_revs(to, revision),  # noqa: SLF001
        destination_rev=to,
    )
    with environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _compare(connection: Connection, tables: MetaData) -> list[Any]:
    # The partitions of a table are made as time goes on, and are the table's own affair.
    partitions = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))

    def is_ours(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or name not in partitions

    options = {"compare_type": True, "compare_server_default": True, "include_name": is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables))


if __name__ == "__main__":
    main(sys.argv[1:])
