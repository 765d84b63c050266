"""A pool gives out no connection that the server has closed, and asks the server only about idle ones."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection

from chassis import database
from tests.support.eventually import eventually


@pytest.fixture
async def engine(fresh_database):
    made = database.connect(await fresh_database("services.payments"), "pool", pool_size=1)
    yield made
    await made.dispose()


@pytest.fixture
def pings(monkeypatch):
    """Each question whether a connection still stands."""
    asked, ping = [], AsyncAdapt_asyncpg_connection.ping
    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "ping", lambda each: (asked.append(each), ping(each)))
    return asked


async def _pid(engine) -> int:
    async with engine.begin() as connection:
        return await connection.scalar(text("SELECT pg_backend_pid()"))


async def test_a_connection_that_was_at_work_just_now_is_not_asked(engine, pings):
    assert await _pid(engine) == await _pid(engine)

    assert not pings


async def test_one_that_was_idle_is_asked(engine, pings, monkeypatch):
    first = await _pid(engine)
    monkeypatch.setattr(database, "_UNASKED_SECONDS", 0.0)

    assert await _pid(engine) == first
    assert len(pings) == 1


async def test_one_that_the_server_has_closed_is_replaced_before_anyone_gets_it(engine, pings, fresh_database):
    first = await _pid(engine)
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
    other = database.connect(str(engine.url.render_as_string(hide_password=False)), "other", pool_size=1)
    async with other.begin() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    await other.dispose()
    await eventually(driver.is_closed)

    assert await _pid(engine) != first
    assert not pings
