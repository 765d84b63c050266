"""One plain statement with $1, $2 ... in the session's transaction. What it says is its caller's affair."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def run(session: AsyncSession, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
    """Its rows; none for one that returns none. Lists become arrays."""
    connection = await session.connection()
    result = await connection.exec_driver_sql(statement, values)
    return result.fetchall() if result.returns_rows else ()
