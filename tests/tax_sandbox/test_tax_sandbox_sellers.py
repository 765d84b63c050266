"""What a seller may do: dates, registration, quota, and numbers that it was handed beforehand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.support.tax_sandbox import SELLER_TAX_ID, Steering, a_document, running_tax_sandbox, submit_to

HERE = "/production/42"


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


def day(days: int) -> str:
    return (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=days)).isoformat()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def register(tax: Steering, tax_id: str = SELLER_TAX_ID) -> httpx.Response:
    return await tax.http.post(f"{HERE}/v1/registrations", json={"tax_id": tax_id, "name": "武汉水务集团"})


async def ranged(tax: Steering, key: str, count: int = 3, seller: str = SELLER_TAX_ID) -> httpx.Response:
    head = {"Idempotency-Key": key, "Content-Type": "application/json"}
    asked = {"seller_tax_id": seller, "count": count}
    return await tax.http.post(f"{HERE}/v1/number-ranges", json=asked, headers=head)


async def test_a_document_of_tomorrow_or_of_last_quarter_is_refused(tax):
    answers = [await submit_to(tax, a_document(issue_date=day(days)), f"inv_{days}") for days in (1, 0, -29, -31)]

    assert [code_of(answer) for answer in answers] == [(422, "E4007"), (200, ""), (200, ""), (422, "E4009")]


async def test_a_document_that_is_too_late_now_was_in_time_before_the_clock_moved(tax):
    first = await submit_to(tax, a_document())
    await tax.shift_clock(32 * 86_400)

    late, repeated = await submit_to(tax, a_document(), "inv_2"), await submit_to(tax, a_document())

    assert code_of(late) == (422, "E4009")
    assert repeated.json() == first.json() | {"duplicate": True}


async def test_once_one_seller_is_registered_in_a_region_the_others_must_be(tax):
    other = {"name": "另一家", "tax_id": "91420100MA4KOTHER0"}
    before = await submit_to(tax, a_document(seller=other), "inv_1")

    registered = await register(tax)
    again = await register(tax)
    refused = await submit_to(tax, a_document(seller=other), "inv_2")
    fine = await submit_to(tax, a_document(), "inv_3")
    elsewhere = await submit_to(tax, a_document(seller=other), "inv_4", place="production/11")

    assert [registered.status_code, again.status_code] == [201, 200]
    assert [answer.status_code for answer in (before, fine, elsewhere)] == [200] * 3
    assert code_of(refused) == (403, "E9301")
    asked = await tax.http.get(f"{HERE}/v1/registrations/{SELLER_TAX_ID}")
    assert asked.json() == again.json()
    assert code_of(await tax.http.get(f"{HERE}/v1/registrations/{other['tax_id']}")) == (404, "E4045")


async def test_where_registration_is_required_nobody_issues_without(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, registration_required=True) as tax:
        before = await submit_to(tax, a_document())
        await register(tax)
        after = await submit_to(tax, a_document())

    assert [code_of(before), code_of(after)] == [(403, "E9301"), (200, "")]


async def test_a_suspended_seller_has_no_permission_until_it_is_restored(tax):
    await register(tax)
    place = {"place": "production/42"}

    suspended = await tax.http.post(f"/steering/sellers/{SELLER_TAX_ID}/suspend", json=place)
    refused = await submit_to(tax, a_document())
    await tax.http.post(f"/steering/sellers/{SELLER_TAX_ID}/restore", json=place)

    assert suspended.status_code == 200
    assert code_of(refused) == (403, "E9338")
    assert (await submit_to(tax, a_document())).status_code == 200


async def test_a_monthly_quota_is_used_up_and_is_fresh_in_the_next_month(tax):
    limit = {"place": "production/42", "limit_minor": 250}
    await tax.http.post(f"/steering/sellers/{SELLER_TAX_ID}/quota", json=limit)

    answers = [await submit_to(tax, a_document(amount_minor=100), f"inv_{number}") for number in range(3)]
    quota = (await tax.http.get(f"{HERE}/v1/quota", params={"seller_tax_id": SELLER_TAX_ID})).json()
    await tax.shift_clock(31 * 86_400)
    next_month = await submit_to(tax, a_document(amount_minor=100, issue_date=day(31)), "inv_2")

    assert [code_of(answer) for answer in answers] == [(200, ""), (200, ""), (403, "E9400")]
    assert answers[2].json()["quota"] == quota
    assert (quota["limit_minor"], quota["used_minor"]) == (250, 200)
    assert next_month.status_code == 200


async def test_without_a_quota_there_is_no_limit_and_what_is_used_is_told(tax):
    await submit_to(tax, a_document(amount_minor=700))

    quota = (await tax.http.get(f"{HERE}/v1/quota", params={"seller_tax_id": SELLER_TAX_ID})).json()

    assert (quota["limit_minor"], quota["used_minor"]) == (None, 700)


async def test_a_range_is_given_once_for_a_key_and_never_overlaps(tax):
    first, again, second = await ranged(tax, "r1"), await ranged(tax, "r1"), await ranged(tax, "r2", count=1)
    other = await ranged(tax, "r1", count=4)
    listed = (await tax.http.get(f"{HERE}/v1/number-ranges", params={"seller_tax_id": SELLER_TAX_ID})).json()

    assert first.json() == again.json()
    assert int(first.json()["last"]) - int(first.json()["first"]) == 2
    assert int(second.json()["first"]) > int(first.json()["last"])
    assert second.json()["first"] == second.json()["last"]
    assert code_of(other) == (409, "E4090")
    assert listed["ranges"] == [first.json(), second.json()]


@pytest.mark.parametrize(
    ("count", "seller"), [(0, SELLER_TAX_ID), (1001, SELLER_TAX_ID), (True, SELLER_TAX_ID), (1, "x")]
)
async def test_a_range_that_makes_no_sense_is_refused(tax, count, seller):
    assert (await ranged(tax, "r1", count, seller)).status_code == 422


async def test_a_number_that_the_seller_chose_must_be_its_own_and_unused(tax):
    number = (await ranged(tax, "r1")).json()["first"]
    other = {"name": "另一家", "tax_id": "91420100MA4KOTHER0"}

    def numbered(**changes: object) -> bytes:
        return a_document(**{"schema": 2, "number": number, **changes})

    foreign = await submit_to(tax, numbered(seller=other), "inv_1")
    taken = await submit_to(tax, numbered(), "inv_2")
    used = await submit_to(tax, numbered(), "inv_3")
    nowhere = await submit_to(tax, numbered(number="26424999999999999999"), "inv_4")
    repeated = await submit_to(tax, numbered(), "inv_2")

    assert [code_of(answer)[1] for answer in (foreign, used, nowhere)] == ["E9401", "E9402", "E9401"]
    assert taken.json()["number"] == repeated.json()["number"] == number
    assert repeated.json()["duplicate"]


async def test_a_red_letter_without_a_confirmed_form_is_refused(tax):
    red = a_document(schema=2, kind="RED", amount_minor=-5, red_of="26422000000000000001", red_form_id="f1")

    assert code_of(await submit_to(tax, red)) == (422, "E9403")
