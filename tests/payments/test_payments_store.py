from chassis import migrate


async def test_the_tables_are_what_the_migrations_make(fresh_database):
    url = await fresh_database("services.payments")

    assert await migrate.differences("services.payments", url) == []
