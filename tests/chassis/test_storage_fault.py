"""chassis.storage_fault: what may pass, and that no row gets into a log."""

import json
from collections.abc import AsyncIterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database
from chassis.local_postgres import LocalPostgres
from chassis.storage_fault import log_facts, may_pass
from tests.support.storage import NAME, refusal_of_a_name


@pytest.fixture
async def engine(postgres: LocalPostgres) -> AsyncIterator[AsyncEngine]:
    one = database.connect(postgres.url("postgres"), "test")
    yield one
    await one.dispose()


def _logged(raised: BaseException) -> str:
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as logs:
        structlog.get_logger().error("unhandled", **log_facts(raised))
    return json.dumps(logs, ensure_ascii=False)


async def test_a_refused_row_is_logged_by_class_constraint_and_place_and_without_its_contents(engine):
    logged = _logged(await refusal_of_a_name(engine))

    assert NAME not in logged
    (entry,) = json.loads(logged)
    assert entry["error"].startswith("IntegrityError")
    assert (entry["sqlstate"], entry["constraint"]) == ("23514", "short")
    assert any(frame.endswith(" refuse_a_name") for frame in entry["frames"])


async def test_a_row_stays_out_of_the_log_when_another_exception_came_of_it(engine):
    refused = await refusal_of_a_name(engine)
    try:
        raise RuntimeError("while writing") from refused
    except RuntimeError as raised:
        wrapped = raised

    assert NAME not in _logged(wrapped)
    assert NAME not in _logged(ExceptionGroup("two", [KeyError("x"), wrapped]))


def test_any_other_exception_is_logged_as_it_is():
    raised = ZeroDivisionError("by zero")

    assert log_facts(raised) == {"exc_info": raised}


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SET statement_timeout = 1; SELECT pg_sleep(5)", True),
        ("SELECT 1 / 0", False),
        ("SELECT nothing", False),
    ],
)
async def test_only_what_has_nothing_to_do_with_the_statement_may_pass(engine, statement, passes):
    async def run() -> None:
        async with engine.connect() as connection:
            for part in statement.split(";"):
                await connection.execute(text(part))

    with pytest.raises(DBAPIError) as raised:
        await run()

    assert may_pass(raised.value) is passes


async def test_an_argument_that_the_driver_refuses_never_passes(engine):
    with pytest.raises(DBAPIError) as raised:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT CAST(:number AS integer)"), {"number": NAME})

    assert not may_pass(raised.value)
    assert NAME not in _logged(raised.value)


@pytest.mark.parametrize("url", ["postgresql://x@127.0.0.1:1/x", "postgresql://x@/x?host=/nowhere"])
async def test_a_database_that_is_not_there_may_come(url):
    engine = database.connect(url, "test")

    with pytest.raises(Exception) as raised:  # noqa: PT011  the driver decides what it is
        await engine.connect()

    assert may_pass(raised.value)
    await engine.dispose()


async def test_a_database_that_does_not_exist_does_not_come_by_itself(postgres):
    engine = database.connect(postgres.url("no_such_database"), "test")

    with pytest.raises(Exception) as raised:  # noqa: PT011  the driver decides what it is
        await engine.connect()

    assert not may_pass(raised.value)
    await engine.dispose()


@pytest.mark.parametrize(
    ("raised", "passes"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (OSError("Multiple exceptions: ..."), True),
        (PermissionError(13, "no"), False),
        (OSError(28, "No space left on device"), False),
        (ValueError(), False),
    ],
)
def test_a_way_that_is_cut_may_pass_and_a_full_disk_does_not(raised, passes):
    assert may_pass(raised) is passes
