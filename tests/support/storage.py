"""What a real database says of a row that it refuses."""

import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

NAME = "张三丰"


async def refuse_a_name(engine: AsyncEngine) -> None:
    """Raises the IntegrityError of a CHECK named `short` that the row with NAME breaks."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TEMP TABLE payers (name text CONSTRAINT short CHECK (length(name) < 2))"))
        await connection.execute(text("INSERT INTO payers VALUES (:name)"), {"name": NAME})


async def refusal_of_a_name(engine: AsyncEngine) -> IntegrityError:
    """The same fault, as it is raised; a traceback of it, as it is printed, holds NAME."""
    with pytest.raises(IntegrityError) as raised:
        await refuse_a_name(engine)
    printed = "".join(traceback.format_exception(raised.value))
    assert NAME in printed, "the database no longer quotes the row: these tests prove nothing"
    return raised.value
