"""One plain statement with $1, $2 ... in the session's transaction. What it says is its caller's affair."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def run(session: AsyncSession, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
    """Its rows; none for one that returns none. Lists become arrays."""
    connection = await session.connection()
    result = await connection.exec_driver_sql(statement, values)
    return result.fetchall() if result.returns_rows else ()


async def run_batch(session: AsyncSession, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
    """As `run`, for hundreds of rows: they are taken from the driver as they are.

    The transaction must have begun: a statement has gone before through `run` or its like.
    """
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    assert driver is not None, "a connection that is in use has its driver"
    assert driver.is_in_transaction(), "the driver would commit by itself"
    rows: Sequence[Sequence[Any]] = await driver.fetch(statement, *values)
    return rows


async def look_up_by_index(session: AsyncSession) -> None:
    """Have the rows of this transaction's batches looked up one by one.

    A batch is hundreds of rows out of a table of any size, whose statistics lag behind what was just enqueued: left to
    itself, the planner reads the whole table for each batch.
    """
    connection = await session.connection()
    await connection.exec_driver_sql(_BY_INDEX)


async def walk_by_index(session: AsyncSession) -> None:
    """Have this transaction's statements also read in the order of an index, and no further than their limit.

    For a pass that goes round a table in parts: a plan that sorts reads all that is left of it for each part.
    """
    await look_up_by_index(session)
    connection = await session.connection()
    await connection.exec_driver_sql(_IN_ORDER)


_IN_ORDER = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"
_BY_INDEX = """
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
        set_config('enable_seqscan', 'off', true)
"""
