"""How a batch goes past SQLAlchemy to the driver, in the same transaction. What it says is its caller's affair."""

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

# The driver gives no types (asyncpg 0.32); what it returns is said where it is read.
Driver = asyncpg.Connection


async def driver_of(session: AsyncSession) -> Any:
    """The driver's connection of the session, in the session's transaction."""
    connection = await session.connection()
    driver = await raw(connection)
    if not driver.is_in_transaction():
        # SQLAlchemy opens the transaction with its own first statement; until then the driver would commit by itself.
        await connection.exec_driver_sql("SELECT 1")
    assert driver.is_in_transaction(), "a session has its transaction"
    return driver


async def raw(connection: AsyncConnection) -> Any:
    """The driver's connection behind SQLAlchemy's."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None, "a connection that is in use has its driver"
    return driver
