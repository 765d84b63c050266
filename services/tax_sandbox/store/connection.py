"""How a connection to the sandbox's database plans its statements."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


def plan_each_time(engine: AsyncEngine) -> None:
    """Let the server plan a statement whenever it runs.

    A plan that was kept from when the tables were empty reads them whole, until their first ANALYZE a minute later.
    """

    def on_connect(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        cursor.close()
        connection.commit()

    event.listen(engine.sync_engine, "connect", on_connect)
