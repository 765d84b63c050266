"""The reconciler's tables are what its migrations make."""

from chassis import migrate
from tests.conftest import FreshDatabase


async def test_the_migrations_make_exactly_the_tables_that_the_models_declare(fresh_database: FreshDatabase):
    url = await fresh_database("services.reconciler")

    assert await migrate.differences("services.reconciler", url) == []
