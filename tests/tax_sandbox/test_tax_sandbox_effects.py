"""What each fault at the door, in the booking and in the answer does to a submit."""

import hashlib

import httpx
import pytest

from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.fault_index import FaultIndex
from services.tax_sandbox.domain.place import Place
from tests.support.tax_sandbox import a_document, query_by_key, running_tax_sandbox, submit_to, until_status


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


@pytest.mark.parametrize(
    ("fault", "how", "status", "code"),
    [
        ("HTTP_5XX_BEFORE_COMMIT", {"code": "502"}, 502, "E5000"),
        ("AUTHORITY_FAULT", {}, 500, "E5500"),
        ("OUTAGE", {}, 503, "E5030"),
        ("THROTTLE", {}, 429, "E4290"),
        ("REJECT_SYNTAX", {}, 400, "E4000"),
        ("REJECT_BUSINESS", {"code": "E9338"}, 422, "E9338"),
        ("QUOTA_EXHAUSTED", {}, 403, "E9400"),
        ("CREDENTIAL_EXPIRY", {}, 401, "E4011"),
        ("KEY_ROTATION", {}, 401, "E4012"),
    ],
)
async def test_what_is_turned_away_is_not_taken_and_its_key_stays_free(tax, fault, how, status, code):
    await tax.plan(fault, key="inv_1", times=1, **how)

    struck, again = await submit_to(tax, a_document()), await submit_to(tax, a_document())

    assert (struck.status_code, struck.json()["code"]) == (status, code)
    assert (again.status_code, again.json()["duplicate"]) == (200, False)
    assert (await tax.counts())["faults"] == {fault: 1}


@pytest.mark.parametrize(
    ("fault", "how", "status", "code"),
    [
        ("HTTP_5XX_AFTER_COMMIT", {"code": "504"}, 504, "E5000"),
        ("AUTHORITY_FAULT_AFTER_COMMIT", {}, 500, "E5500"),
    ],
)
async def test_what_fails_after_the_commit_was_taken(tax, fault, how, status, code):
    await tax.plan(fault, key="inv_1", times=1, **how)

    struck, again = await submit_to(tax, a_document()), await submit_to(tax, a_document())

    assert (struck.status_code, struck.json()["code"]) == (status, code)
    assert again.json()["duplicate"]


async def test_a_connection_that_is_cut_before_the_commit_has_taken_nothing(tax):
    await tax.plan("LOSE_REQUEST", key="inv_1", times=1)

    with pytest.raises(httpx.TransportError):
        await submit_to(tax, a_document())

    assert not (await submit_to(tax, a_document())).json()["duplicate"]


async def test_a_lie_about_a_duplicate_gives_the_number_of_another_and_takes_nothing(tax):
    other = (await submit_to(tax, a_document("NO1"), "inv_1")).json()["number"]
    body = a_document("NO2")
    await tax.plan("DUPLICATE", key="inv_2", times=1)

    lie = (await submit_to(tax, body, "inv_2")).json()
    denied = await query_by_key(tax, "inv_2")

    assert (lie["number"], lie["duplicate"]) == (other, True)
    assert lie["document_sha256"] == hashlib.sha256(body).hexdigest()
    assert denied.status_code == 404
    assert (await submit_to(tax, body, "inv_2")).json()["duplicate"] is False


async def test_a_fault_for_a_seller_falls_on_all_its_submits_and_questions_and_on_no_other(tax):
    other = {"name": "另一家", "tax_id": "91420100MA4KOTHER0"}
    await tax.plan("THROTTLE", seller_tax_id=other["tax_id"])
    await tax.plan("QUERY_5XX", seller_tax_id=other["tax_id"])

    throttled = await submit_to(tax, a_document(seller=other), "inv_1")
    fine = await submit_to(tax, a_document(), "inv_2")
    asked = {"seller_tax_id": other["tax_id"], "issue_date": "2026-03-01"}
    totals = await tax.http.get("/production/42/v1/totals", params=asked)

    assert [throttled.status_code, fine.status_code, totals.status_code] == [429, 200, 503]
    assert (await until_status(tax, "BOOKED", "inv_2"))["number"] == fine.json()["number"]


async def test_what_was_planned_survives_a_restart_with_the_book_the_clock_and_the_credentials(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url) as tax:
        await tax.plan("OUTAGE", key="inv_2", times=2)
        await tax.shift_clock(5_000)
        number = (await submit_to(tax, a_document(), "inv_1")).json()["number"]
        await submit_to(tax, a_document(), "inv_2")
        await tax.http.post("/steering/credentials", json={"credential": "secret-1"})

    async with running_tax_sandbox(url) as tax:
        key = {"Authorization": "Bearer secret-1"}
        unopened = await submit_to(tax, a_document(), "inv_1")
        repeated = await submit_to(tax, a_document(), "inv_1", **key)
        struck = [await submit_to(tax, a_document(), "inv_2", **key) for _ in range(2)]
        clock = (await tax.http.get("/steering/clock")).json()

    assert unopened.status_code == 401
    assert (repeated.json()["number"], repeated.json()["duplicate"]) == (number, True)
    assert [answer.status_code for answer in struck] == [503, 200]
    assert clock["offset_seconds"] == 5_000


def test_of_ten_thousand_faults_a_call_meets_only_its_own():
    index = FaultIndex()
    for number in range(10_000):
        index.add(FaultPlan(FaultName.OUTAGE, key=f"inv_{number}", fault_id=number + 1))

    assert index.first(Phase.DOOR, Occasion(Place.TEST_HUBEI, "inv_9999")).fault_id == 10_000
    assert index.first(Phase.DOOR, Occasion(Place.TEST_HUBEI, "inv_none")) is None
    assert index.first(Phase.BOOKING, Occasion(Place.TEST_HUBEI, "inv_1")) is None
