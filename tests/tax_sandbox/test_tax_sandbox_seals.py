"""A seal that failed, and is tried again."""

from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.tax_sandbox import Steering, a_document, running_tax_sandbox

DAY_SECONDS = 86_400


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def submit(tax: Steering, key: str) -> str:
    answer = await tax.http.post(
        "/production/42/v1/invoices",
        content=a_document(),
        headers={"Idempotency-Key": key, "Content-Type": "application/json"},
    )
    return str(answer.json()["number"])


async def status_of(tax: Steering, number: str) -> str:
    return str((await tax.http.get(f"/production/42/v1/invoices/{number}")).json()["status"])


async def without_seal(tax: Steering, key: str = "inv_1", **plan: Any) -> str:
    await tax.plan("SEAL_FAILED", key=key, **plan)
    number = await submit(tax, key)

    async def has_failed() -> bool:
        return await status_of(tax, number) == "SEAL_FAILED"

    await eventually(has_failed)
    return number


async def is_booked(tax: Steering, number: str) -> bool:
    return await status_of(tax, number) == "BOOKED"


async def seal(tax: Steering, number: str, place: str = "production/42", **headers: str) -> httpx.Response:
    return await tax.http.post(f"/{place}/v1/invoices/{number}/seal", headers=headers)


async def test_a_seal_that_failed_is_tried_again_and_the_invoice_is_booked(tax):
    number = await without_seal(tax, times=1)

    tried = await seal(tax, number)
    await eventually(lambda: is_booked(tax, number))
    again = await seal(tax, number)

    assert (tried.status_code, tried.json()["status"]) == (200, "PROCESSING")
    assert (again.status_code, again.json()["status"]) == (200, "BOOKED")


async def test_a_seal_may_fail_as_often_as_was_planned(tax):
    number = await without_seal(tax, times=3)

    answers = [(await seal(tax, number)).json()["status"] for _ in range(3)]

    assert answers == ["SEAL_FAILED", "SEAL_FAILED", "PROCESSING"]
    assert (await tax.counts())["faults"] == {"SEAL_FAILED": 3}


async def test_a_seal_is_tried_at_most_20_times_a_day(tax):
    number = await without_seal(tax)
    tried = [(await seal(tax, number)).status_code for _ in range(20)]

    too_often = await seal(tax, number)
    await tax.shift_clock(DAY_SECONDS)
    tomorrow = await seal(tax, number)

    assert tried == [200] * 20
    assert (too_often.status_code, too_often.json()["code"]) == (422, "E9613")
    assert (tomorrow.status_code, tomorrow.json()["status"]) == (200, "SEAL_FAILED")


async def test_a_call_may_ask_for_a_seal_that_fails(tax):
    number = await without_seal(tax, times=1)

    failed = await seal(tax, number, **{"Tax-Fault": "SEAL_FAILED"})

    assert failed.json()["status"] == "SEAL_FAILED"
    assert (await seal(tax, number)).json()["status"] == "PROCESSING"


async def test_the_seal_of_another_place_or_of_nothing_is_not_there(tax):
    number = await without_seal(tax, times=1)

    answers = [await seal(tax, number, "production/11"), await seal(tax, "2" * 20), await seal(tax, "1")]

    assert [answer.json()["code"] for answer in answers] == ["E4040", "E4040", "E4013"]
    assert await status_of(tax, number) == "SEAL_FAILED"
