"""The steering API: which fault falls on whom, how often, and what the second witness tells of it."""

import asyncio

import pytest

from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import (
    PHASES_OF,
    SHORT_NAMES,
    FaultName,
    FaultPlan,
    Occasion,
    Phase,
    candidates,
    is_drawn,
)
from services.tax_sandbox.domain.fault_request import read_plan
from services.tax_sandbox.domain.place import Place
from tests.support.eventually import eventually
from tests.support.tax_sandbox import Steering, a_document, running_tax_sandbox


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def status_of(tax: Steering, key: str, order_no: str = "NO1") -> int:
    answer = await tax.http.post(
        "/production/42/v1/invoices",
        content=a_document(order_no),
        headers={"Idempotency-Key": key, "Content-Type": "application/json"},
    )
    return answer.status_code


async def statuses(tax: Steering, keys: list[str]) -> dict[str, int]:
    return {key: await status_of(tax, key) for key in keys}


async def test_a_fault_for_one_key_falls_on_no_other_and_as_often_as_was_said(tax):
    await tax.plan("REJECT_BUSINESS", key="inv_2", times=2)

    assert await statuses(tax, ["inv_1", "inv_2"]) == {"inv_1": 200, "inv_2": 422}
    assert [await status_of(tax, "inv_2") for _ in range(2)] == [422, 200]
    assert (await tax.counts())["faults"] == {"REJECT_BUSINESS": 2}


async def test_a_fault_for_one_order_falls_on_whatever_key_it_comes_under(tax):
    await tax.plan("OUTAGE", order_no="NO7")

    assert [await status_of(tax, "inv_1", "NO7"), await status_of(tax, "inv_2", "NO8")] == [503, 200]


async def test_a_seeded_share_falls_on_the_same_keys_again_and_only_on_their_first_submit(tax, fresh_database):
    keys = [f"inv_{number}" for number in range(20)]
    await tax.plan("REFUSE", rate_ppm=300_000, seed=7)

    first = await statuses(tax, keys)
    again = await statuses(tax, keys)
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as other:
        await other.plan("REFUSE", rate_ppm=300_000, seed=7)
        elsewhere = await statuses(other, keys)

    assert {422, 200} == set(first.values())
    assert first == elsewhere
    assert set(again.values()) == {200}


async def test_faults_that_are_taken_back_strike_no_more_and_stay_counted(tax):
    await tax.plan("OUTAGE")
    before = await status_of(tax, "inv_1")

    cleared = (await tax.http.delete("/steering/faults")).json()

    assert (before, await status_of(tax, "inv_1")) == (503, 200)
    assert cleared == {"cleared": 1}
    assert (await tax.http.get("/steering/faults")).json() == {"faults": []}
    assert (await tax.counts())["faults"] == {"OUTAGE": 1}


async def test_many_at_once_spend_a_fault_exactly_as_often_as_was_said(tax):
    await tax.plan("OUTAGE", times=3)

    answers = await asyncio.gather(*(status_of(tax, f"inv_{number}") for number in range(12)))

    assert sorted(answers) == [200] * 9 + [503] * 3


async def test_many_submits_of_one_key_at_once_get_one_number(tax):
    answers = await asyncio.gather(*(status_of(tax, "inv_1") for _ in range(8)))

    assert answers == [200] * 8
    assert [(row["submit_count"]) for row in await tax.book()] == [8]


async def test_an_answer_may_be_lost_and_the_booking_too(tax):
    await tax.plan("LOSE_ANSWER", key="inv_1", times=1)
    await tax.plan("NEVER_BOOK", key="inv_1", times=1)

    with pytest.raises(Exception, match="disconnected"):
        await status_of(tax, "inv_1")

    assert [row["status"] for row in await tax.book()] == ["SWALLOWED"]
    assert (await tax.counts())["not_due"] == 1


async def test_what_is_delayed_is_booked_after_its_delay(tax):
    await tax.plan("DELAY_BOOKING", key="inv_1", seconds=2.0)
    await statuses(tax, ["inv_1", "inv_2"])

    async def booked_second() -> str | None:
        rows = {row["key"]: row for row in await tax.book()}
        return rows["inv_2"]["booked_at"]

    second = await eventually(booked_second)
    first = await eventually(lambda: booked_at(tax, "inv_1"))

    assert first > second


async def booked_at(tax: Steering, key: str) -> str | None:
    return next(row["booked_at"] for row in await tax.book() if row["key"] == key)


async def test_the_book_is_read_page_by_page_to_its_end(tax):
    keys = [f"inv_{number}" for number in range(5)]
    await statuses(tax, keys)

    seen: list[str] = []
    after = ""
    for _ in range(4):
        page = (await tax.http.get("/steering/book", params={"after": after, "limit": 2})).json()
        seen += [row["key"] for row in page["invoices"]]
        if not (after := page["next"]):
            break

    assert seen == keys
    assert after == ""


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ([], ""),
        ({}, "fault"),
        ({"fault": "NOTHING"}, "fault"),
        ({"fault": ["OUTAGE"]}, "fault"),
        ({"fault": "OUTAGE", "tmies": 1}, "tmies"),
        ({"fault": "OUTAGE", "times": 0}, "times"),
        ({"fault": "OUTAGE", "times": True}, "times"),
        ({"fault": "OUTAGE", "times": 1.5}, "times"),
        ({"fault": "OUTAGE", "rate_ppm": 1_000_001}, "rate_ppm"),
        ({"fault": "OUTAGE", "key": 5}, "key"),
        ({"fault": "OUTAGE", "key": "a", "order_no": "b"}, "key"),
        ({"fault": "OUTAGE", "key": "a", "rate_ppm": 0}, "key"),
        ({"fault": "QUERY_5XX", "rate_ppm": 5}, "rate_ppm"),
        ({"fault": "SLOW_ANSWER"}, "seconds"),
        ({"fault": "SLOW_ANSWER", "seconds": 1e9}, "seconds"),
        ({"fault": "HTTP_5XX_AFTER_COMMIT", "code": "200"}, "code"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_its_field(asked, field):
    plan = read_plan(asked)

    assert isinstance(plan, Refusal)
    assert plan.field == field


async def test_a_refused_fault_is_not_kept(tax):
    no_fault = await tax.http.post("/steering/faults", json={"fault": "NOTHING"})
    no_json = await tax.http.post("/steering/faults", content=b"{")

    assert (no_fault.status_code, no_fault.json()["field"], no_json.status_code) == (422, "fault", 422)
    assert (await tax.http.get("/steering/faults")).json() == {"faults": []}


def test_every_fault_has_a_phase_and_every_short_name_a_fault():
    assert set(PHASES_OF) == set(FaultName)
    assert all(PHASES_OF.values())
    assert set(SHORT_NAMES.values()) <= set(FaultName)


@pytest.mark.parametrize("fault", FaultName)
def test_every_fault_can_be_asked_for_by_name(fault):
    plan = read_plan({"fault": fault, "seconds": 1, "times": None})

    assert not isinstance(plan, Refusal)
    assert plan.fault is fault


def test_a_share_of_all_keys_is_about_as_large_as_was_asked():
    plan = FaultPlan(FaultName.OUTAGE, rate_ppm=50_000, seed=1)

    drawn = [key for key in (f"inv_{number}" for number in range(20_000)) if is_drawn(plan, key)]

    assert 850 < len(drawn) < 1_150


def test_two_faults_with_one_seed_fall_on_keys_of_their_own():
    keys = [f"inv_{number}" for number in range(2_000)]
    lost = FaultPlan(FaultName.DROP_AFTER_COMMIT, rate_ppm=100_000, seed=1)
    swallowed = FaultPlan(FaultName.ACK_WITHOUT_BOOKING, rate_ppm=100_000, seed=1)

    both = [key for key in keys if is_drawn(lost, key) and is_drawn(swallowed, key)]

    assert len(both) < 50


def test_the_oldest_plan_comes_first():
    plans = [FaultPlan(FaultName.OUTAGE, fault_id=1), FaultPlan(FaultName.THROTTLE, fault_id=2)]

    falling = candidates(plans, Phase.DOOR, Occasion(Place.PRODUCTION_HUBEI, "inv_1", "NO1", first_of_key=True))

    assert [plan.fault_id for plan in falling] == [1, 2]
