"""An upgrade of a serving database goes on beside who reads invoices."""

import asyncpg

from chassis import migrate

PACKAGE = "services.invoice_sync"


async def test_who_reads_invoices_does_not_hold_up_the_trigger_that_lets_amounts_be_lowered(postgres):
    url = await postgres.create_database("invoices_read_meanwhile")
    await migrate.upgrade(PACKAGE, url, "0012")
    reader = await asyncpg.connect(url)

    async with reader.transaction():
        await reader.fetch("SELECT FROM invoice")
        await migrate.upgrade(PACKAGE, url, "0013")
        triggers = await reader.fetch(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'invoice'::regclass ORDER BY tgname"
        )
    await reader.close()
    await migrate.upgrade(PACKAGE, url)

    assert {"invoice_amount_lowered_unsent", "invoice_changes_by_version"} <= {each["tgname"] for each in triggers}
    assert await migrate.differences(PACKAGE, url) == []
