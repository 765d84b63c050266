"""Makes an admin key from inside: `python -m services.gateway.admin_key NAME` prints its token, once."""

import argparse
import asyncio
import os

from chassis import database
from chassis.clock import SystemClock
from services.gateway.access import admin_grant
from services.gateway.actions import ApiKeyActions


async def make(url: str, display_name: str) -> str:
    """A new admin key in the gateway's database; returns its token, which is kept nowhere."""
    engine = database.connect(url, "gateway-admin-key", pool_size=1)
    try:
        actions = ApiKeyActions(database.sessions(engine), SystemClock())
        return (await actions.create_api_key(admin_grant(display_name))).token
    finally:
        await engine.dispose()


def main() -> None:
    """Read the database from BIHUAN_GATEWAY_DATABASE_URL, as the gateway does."""
    parser = argparse.ArgumentParser(prog="services.gateway.admin_key", description=__doc__)
    parser.add_argument("name", help="whose key it is, for people")
    arguments = parser.parse_args()
    if not (url := os.environ.get("BIHUAN_GATEWAY_DATABASE_URL")):
        parser.error("BIHUAN_GATEWAY_DATABASE_URL is not set")
    print(asyncio.run(make(url, arguments.name)))


if __name__ == "__main__":
    main()
