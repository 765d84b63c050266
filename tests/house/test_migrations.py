"""Every service: what its migrations make is what its models say."""

import importlib.util

import pytest

from chassis import migrate

SERVICES = ["payments", "reconciler", "invoice_sync", "gateway", "tax_sandbox", "channel_sandbox"]


@pytest.mark.parametrize("service", SERVICES)
async def test_models_equal_migrations(fresh_database, service: str):
    package = f"services.{service}"

    url = await fresh_database(package)

    assert await migrate.differences(package, url) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_running_the_migrations_again_changes_nothing(fresh_database, service: str):
    package = f"services.{service}"
    url = await fresh_database(package)

    await migrate.upgrade(package, url)

    assert await migrate.differences(package, url) == []


def test_a_service_with_tables_is_in_the_list():
    for service in SERVICES:
        assert importlib.util.find_spec(f"services.{service}.tables") is not None
