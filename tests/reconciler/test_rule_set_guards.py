"""The database keeps the promises of rule sets, whoever speaks to it and with what SQL."""

from datetime import date

import asyncpg
import pytest

from chassis import database
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.store.rule_set import RuleSetStore
from tests.conftest import FreshDatabase

_DRAFT = """
    INSERT INTO rule_set_versions (rule_set_id, version, content_hash, yaml, effective_from, state, request_id,
                                   created_by, note, create_time)
    VALUES ($1, $2, $3::text, 'id: x', $4, 'DRAFT', $3 || '-request', 'li', '', now())
"""
_REPORT = """
    INSERT INTO rule_set_regressions (regression_id, request_id, rule_set_id, version, content_hash,
        baseline_rule_set_id, baseline_version, baseline_hash, state, attempts, due_at, traceparent, started_by,
        slices, suites, changed_rows, kept_rows, wrong_auto_posts, parts_done, parts_total, failure_reason,
        failure_message, create_time, end_time)
    VALUES ($1, $1, 'default', 2, $2, 'default', 1, 'b', $3, 1, now(), '', 'li', '[]', '[]', 0, 0, $4, 1, 1, '', '',
            now(), CASE WHEN $3 = 'SUCCEEDED' THEN now() END)
"""
_ACTIVATE = """
    UPDATE rule_set_versions SET state = 'ACTIVE', activated_by = $1, activate_time = now(), regression_id = $2
    WHERE rule_set_id = 'default' AND version = 2
"""


@pytest.fixture
async def db(fresh_database: FreshDatabase):
    connection = await asyncpg.connect(await fresh_database("services.reconciler"))
    yield connection
    await connection.close()


async def _draft(db: asyncpg.Connection, rule_set_id: str = "default", version: int = 2) -> None:
    await db.execute(_DRAFT, rule_set_id, version, f"hash of {rule_set_id} {version}", date(2026, 3, 1))


async def _report(db: asyncpg.Connection, name: str, state: str = "SUCCEEDED", wrong: int = 0, of: str = "") -> None:
    await db.execute(_REPORT, name, of or "hash of default 2", state, wrong)


async def test_the_shipped_rule_set_decides_from_the_first_start_on(fresh_database: FreshDatabase):
    engine = database.connect(await fresh_database("services.reconciler"), "test")

    async with database.sessions(engine)() as session:
        found = await RuleSetStore(session).active_version("wechat_pay", date(2026, 3, 1))
    await engine.dispose()

    assert found is not None
    assert (found.rule_set_id, found.version, found.state, found.created_by) == ("default", 1, "ACTIVE", "system")
    assert parse_rule_set("stored", found.yaml).content_hash == found.content_hash


@pytest.mark.parametrize("change", ["yaml = 'id: y'", "content_hash = 'other'", "created_by = 'wang'", "version = 3"])
async def test_what_a_version_says_never_changes(db: asyncpg.Connection, change: str):
    await _draft(db)

    with pytest.raises(asyncpg.RaiseError, match="frozen"):
        await db.execute(f"UPDATE rule_set_versions SET {change} WHERE version = 2")


@pytest.mark.parametrize("statement", ["DELETE FROM rule_set_versions", "TRUNCATE rule_set_versions CASCADE"])
async def test_no_version_is_ever_lost(db: asyncpg.Connection, statement: str):
    with pytest.raises(asyncpg.RaiseError, match="frozen"):
        await db.execute(statement)


async def test_who_made_a_version_cannot_activate_it_however_the_name_is_written(db: asyncpg.Connection):
    await _draft(db)
    await _report(db, "good")

    with pytest.raises(asyncpg.CheckViolationError, match="second_person"):
        await db.execute(_ACTIVATE, "Li", "good")


async def test_a_second_person_activates_with_a_report_of_exactly_this_content(db: asyncpg.Connection):
    await _draft(db)
    await _report(db, "good")

    assert await db.execute(_ACTIVATE, "wang", "good") == "UPDATE 1"


@pytest.mark.parametrize(
    ("state", "wrong", "of"), [("RUNNING", 0, ""), ("SUCCEEDED", 1, ""), ("SUCCEEDED", 0, "another content")]
)
async def test_no_other_report_activates(db: asyncpg.Connection, state: str, wrong: int, of: str):
    await _draft(db)
    await _report(db, "other", state, wrong, of)

    with pytest.raises(asyncpg.RaiseError, match="no report"):
        await db.execute(_ACTIVATE, "wang", "other")


async def test_without_a_report_nothing_is_activated(db: asyncpg.Connection):
    await _draft(db)

    with pytest.raises(asyncpg.RaiseError, match="no report"):
        await db.execute(_ACTIVATE, "wang", None)


async def test_a_version_that_was_retired_does_not_come_back(db: asyncpg.Connection):
    await _draft(db)
    await db.execute(
        "UPDATE rule_set_versions SET state = 'RETIRED', retired_by = 'li', retire_time = now() WHERE version = 2"
    )

    with pytest.raises(asyncpg.RaiseError, match="does not follow"):
        await db.execute("UPDATE rule_set_versions SET state = 'DRAFT', retired_by = NULL WHERE version = 2")


async def test_nobody_enters_a_version_that_is_active_already(db: asyncpg.Connection):
    statement = _DRAFT.replace("'DRAFT'", "'ACTIVE'")

    with pytest.raises(asyncpg.RaiseError, match="no draft"):
        await db.execute(statement, "default", 9, "nine", date(2026, 3, 1))


async def test_nobody_else_enters_a_version_as_the_system(db: asyncpg.Connection):
    statement = _DRAFT.replace("'li'", "'system'")

    with pytest.raises(asyncpg.UniqueViolationError, match="shipped"):
        await db.execute(statement, "default", 9, "nine", date(2026, 3, 1))


async def test_a_report_that_has_ended_says_the_same_for_ever(db: asyncpg.Connection):
    await _draft(db)
    await _report(db, "bad", wrong=1)

    with pytest.raises(asyncpg.RaiseError, match="ended"):
        await db.execute("UPDATE rule_set_regressions SET wrong_auto_posts = 0")
    with pytest.raises(asyncpg.RaiseError, match="ended"):
        await db.execute("DELETE FROM rule_set_regressions")
