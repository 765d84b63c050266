"""The first key of a gateway that nobody can call yet."""

import asyncio
import os
import subprocess
import sys

from chassis import database
from chassis.clock import SystemClock
from services.gateway.access import Access
from services.gateway.actions import ApiKeyActions
from services.gateway.policy import table


async def test_the_key_that_is_printed_is_an_admins(fresh_database):
    url = await fresh_database("services.gateway")

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.gateway.admin_key", "ops"],
        env={**os.environ, "BIHUAN_GATEWAY_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    engine = database.connect(url, "test")
    try:
        access = Access(ApiKeyActions(database.sessions(engine), SystemClock()), table.load())
        key = await access.identify(f"Bearer {done.stdout.strip()}")
    finally:
        await engine.dispose()
    assert (key.display, "admin" in key.roles) == ("ops", True)


def test_without_a_database_it_says_which_setting_is_missing():
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    command = [sys.executable, "-m", "services.gateway.admin_key", "ops"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "BIHUAN_GATEWAY_DATABASE_URL" in done.stderr
