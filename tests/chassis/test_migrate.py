"""chassis.migrate: two at once do no harm."""

import asyncio

import asyncpg

from chassis import database, migrate
from tests.support.eventually import eventually

PACKAGE = "services.payments"
_WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE wait_event = 'advisory' AND datname = current_database() AND now() - query_start > interval '0.3s'"""


async def test_a_migration_waits_for_another_longer_than_any_time_limit_and_then_finds_all_done(postgres, monkeypatch):
    url = await postgres.create_database("migrated_by_three")
    monkeypatch.setitem(database._SERVER_SETTINGS, "lock_timeout", "100ms")
    monkeypatch.setitem(database._SERVER_SETTINGS, "statement_timeout", "200ms")
    first = await asyncpg.connect(url)
    await first.fetchval("SELECT pg_advisory_lock(hashtext($1))", f"migrate:{PACKAGE}")

    others = [asyncio.create_task(migrate.upgrade(PACKAGE, url)) for _ in range(2)]
    try:
        await eventually(lambda: _are_waiting(first, 2))
    finally:
        await first.close()

    await asyncio.wait_for(asyncio.gather(*others), 30)
    assert await migrate.differences(PACKAGE, url) == []


async def _are_waiting(connection: asyncpg.Connection, count: int) -> bool:
    return bool(await connection.fetchval(_WAITING) == count)
