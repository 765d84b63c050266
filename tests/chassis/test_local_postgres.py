"""chassis.local_postgres and chassis.database: a database of one's own, and nothing that waits for ever."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import database, local_postgres


async def test_a_role_reaches_its_own_database_and_no_other(postgres):
    one, other = await postgres.create_database("own_one"), await postgres.create_database("own_other")
    assert one != other

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url("own_other", role="own_one"), timeout=5)


async def test_making_a_database_twice_changes_nothing(postgres):
    first = await postgres.create_database("own_twice")
    connection = await asyncpg.connect(first, timeout=5)
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.close()

    second = await postgres.create_database("own_twice")

    connection = await asyncpg.connect(second, timeout=5)
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await connection.close()


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(postgres):
    engine = database.connect(await postgres.create_database("own_slow"), "test")
    try:
        async with engine.connect() as connection:
            settings = {
                name: (await connection.execute(text(f"SHOW {name}"))).scalar()
                for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            }
            await connection.execute(text("SET statement_timeout = '50ms'"))
            with pytest.raises(DBAPIError, match="statement timeout"):
                await connection.execute(text("SELECT pg_sleep(5)"))
        assert settings == {
            "statement_timeout": "10s",
            "lock_timeout": "4s",
            "idle_in_transaction_session_timeout": "15s",
        }
    finally:
        await engine.dispose()


async def test_a_postgres_that_is_installed_serves_where_the_wheel_is_not(monkeypatch):
    monkeypatch.setattr(local_postgres, "_has_wheel", lambda: False)
    try:
        local_postgres._tool("initdb")
    except local_postgres.NoPostgres as missing:
        pytest.skip(str(missing))

    with local_postgres.local_postgres() as server:
        connection = await asyncpg.connect(await server.create_database("own_installed"), timeout=5)
        assert await connection.fetchval("SELECT current_user") == "own_installed"
        await connection.close()
