"""The statement that takes a batch in whose keys are all new, on a real database."""

import asyncpg
import pytest

from services.payments.domain.intake import Told
from services.payments.store import intake
from tests.payments.builders import a_payment, as_told

_TABLES = ("order_key", "requests", "payments", "feed_waiting")


async def test_a_batch_whose_keys_are_all_new_is_written_whole(fresh_database):
    driver = await asyncpg.connect(await fresh_database("services.payments"))

    await intake.take_in_new(driver, [told("O-1", "request-1"), told("O-2", "request-2")])

    assert await counts(driver) == dict.fromkeys(_TABLES, 2)
    await driver.close()


async def test_one_key_that_is_taken_leaves_nothing_of_its_batch(fresh_database):
    driver = await asyncpg.connect(await fresh_database("services.payments"))
    await intake.take_in_new(driver, [told("O-1", "request-1")])

    of_before = [("O-1", "request-3"), ("O-3", "request-1")]
    in_the_batch = [("O-2", "request-3"), ("O-3", "request-2")]
    for order, request_id in [*of_before, *in_the_batch]:
        with pytest.raises(intake.NotAllNew):
            await intake.take_in_new(driver, [told("O-2", "request-2"), told(order, request_id)])

    assert await counts(driver) == dict.fromkeys(_TABLES, 1)
    await driver.close()


def told(order: str, request_id: str) -> Told:
    return as_told(a_payment(merchant_order_no=order), request_id)


async def counts(driver: asyncpg.Connection) -> dict[str, int]:
    return {table: await driver.fetchval(f"SELECT count(*) FROM {table}") for table in _TABLES}
