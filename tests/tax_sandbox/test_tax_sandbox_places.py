"""Environments and regions: each has a main book of its own."""

import pytest

from tests.support.eventually import eventually
from tests.support.tax_sandbox import a_document, query_by_key, running_tax_sandbox, submit_to, until_status


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


@pytest.mark.parametrize("other", ["production/11", "test/42", "test/11"])
async def test_what_is_booked_in_one_place_is_not_found_in_another(tax, other):
    number = (await submit_to(tax, a_document())).json()["number"]
    await until_status(tax, "BOOKED")

    by_key = await query_by_key(tax, place=other)
    by_number = await tax.http.get(f"/{other}/v1/invoices/{number}")

    assert [(answer.status_code, answer.json()["code"]) for answer in (by_key, by_number)] == [(404, "E4040")] * 2


async def test_a_key_is_of_its_place_and_numbers_are_of_all(tax):
    places = ["production/11", "production/42", "test/11", "test/42"]

    answers = [(await submit_to(tax, a_document(), place=place)).json() for place in places]

    assert {answer["duplicate"] for answer in answers} == {False}
    assert len({answer["number"] for answer in answers}) == 4
    assert [answer["number"][2:4] for answer in answers] == ["11", "42", "11", "42"]
    counts = await tax.counts()
    assert counts["accepted"] == 4
    assert {place: book["accepted"] for place, book in counts["places"].items()} == dict.fromkeys(places, 1)


@pytest.mark.parametrize("address", ["/v1/invoices", "/staging/42/v1/invoices", "/production/99/v1/invoices"])
async def test_an_address_without_a_place_that_there_is_proves_nothing(tax, address):
    answer = await tax.http.get(address, params={"seller_tax_id": "A" * 18, "key": "inv_1"})

    assert (answer.status_code, answer.json()["code"]) == (404, "E4041")


@pytest.mark.parametrize(("code", "where"), [("", "production/11"), ("test/11", "test/11")])
async def test_what_was_booked_elsewhere_is_found_there_and_denied_here(tax, code, where):
    await tax.plan("BOOKED_ELSEWHERE", times=1, code=code)
    number = (await submit_to(tax, a_document())).json()["number"]

    there = await until_status(tax, "BOOKED", place=where)
    here = await query_by_key(tax)
    again = (await submit_to(tax, a_document())).json()
    sent_there = (await submit_to(tax, a_document(), place=where)).json()

    assert there["number"] == number
    assert (here.status_code, here.json()["code"]) == (404, "E4040")
    assert (await tax.http.get(f"/{where}/v1/invoices/{number}")).json()["status"] == "BOOKED"
    assert again["duplicate"]
    assert (sent_there["number"], sent_there["duplicate"]) == (number, True)
    assert [row["book_place"] for row in await tax.book()] == [where]


async def test_a_fault_for_one_place_falls_on_no_other(tax):
    await tax.plan("OUTAGE", place="production/11")

    answers = [await submit_to(tax, a_document(), place=place) for place in ("production/11", "production/42")]

    assert [answer.status_code for answer in answers] == [503, 200]


async def test_the_steered_book_is_read_by_place_seller_and_status(tax):
    other_seller = {"name": "北京自来水集团", "tax_id": "91110000MA00000000"}
    await submit_to(tax, a_document(), "inv_1")
    await submit_to(tax, a_document(seller=other_seller), "inv_2", place="production/11")
    await eventually(lambda: everything_is_booked(tax))

    by_place = await tax.book(place="production/11")
    by_seller = await tax.book(seller_tax_id="91110000MA00000000")
    booked, swallowed = await tax.book(status="BOOKED"), await tax.book(status="SWALLOWED")

    assert [row["key"] for row in by_place] == [row["key"] for row in by_seller] == ["inv_2"]
    assert [row["key"] for row in booked] == ["inv_2", "inv_1"]
    assert swallowed == []


async def everything_is_booked(tax) -> bool:
    counts = await tax.counts()
    return counts["accepted"] == counts["booked"]
