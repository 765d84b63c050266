"""The page over the sandbox: what it shows, what its forms do, and that nothing that was sent becomes markup."""

import pytest

from services.tax_sandbox.domain.fault import FaultName
from tests.support.tax_sandbox import Steering, a_document, running_tax_sandbox


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def submit(tax: Steering, key: str, order_no: str) -> str:
    answer = await tax.http.post(
        "/production/42/v1/invoices",
        content=a_document(order_no),
        headers={"Idempotency-Key": key, "Content-Type": "application/json"},
    )
    return str(answer.json()["number"])


async def page(tax: Steering, **asked: str) -> str:
    answer = await tax.http.get("/", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_page_shows_the_book_and_filters_it(tax):
    number = await submit(tax, "inv_1", "NO1")

    assert number in await page(tax)
    assert number in await page(tax, place="production/42")
    assert number not in await page(tax, place="test/11")
    assert number not in await page(tax, status="VOIDED")


async def test_what_was_sent_is_shown_as_text_and_never_as_markup(tax):
    await submit(tax, "inv_1", "<b>NO1</b>")
    await tax.plan("OUTAGE", key="<script>")

    shown = await page(tax) + await page(tax, seller_tax_id='"><script>')

    assert "&lt;b&gt;NO1&lt;/b&gt;" in shown
    assert "<b>NO1" not in shown
    assert "<script>" not in shown


async def test_a_fault_is_planned_and_taken_back_by_form(tax):
    planned = await tax.http.post("/page/faults", data={"fault": "SLOW_ANSWER", "seconds": "0.5", "times": "2"})
    plans = (await tax.http.get("/steering/faults")).json()["faults"]
    cleared = await tax.http.post("/page/faults/clear")

    assert (planned.status_code, cleared.status_code) == (303, 303)
    assert [(plan["fault"], plan["seconds"], plan["times"]) for plan in plans] == [("SLOW_ANSWER", 0.5, 2)]
    assert (await tax.http.get("/steering/faults")).json() == {"faults": []}


async def test_a_form_that_makes_no_sense_is_told_on_the_page(tax):
    answer = await tax.http.post("/page/faults", data={"fault": "SLOW_ANSWER", "times": "many"})

    assert answer.status_code == 422
    assert "times must be a number" in answer.text


async def test_the_clock_is_moved_by_button(tax):
    await tax.http.post("/page/clock", data={"shift_seconds": "86400"})
    moved = (await tax.http.get("/steering/clock")).json()["offset_seconds"]
    await tax.http.post("/page/clock", data={"offset_seconds": "0"})

    assert moved == 86_400
    assert (await tax.http.get("/steering/clock")).json()["offset_seconds"] == 0


async def test_a_page_of_somebody_else_cannot_steer(tax):
    answer = await tax.http.post("/page/faults", data={"fault": "OUTAGE"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert (await tax.http.get("/steering/faults")).json() == {"faults": []}


async def test_every_fault_can_be_chosen(tax):
    shown = await page(tax)

    assert all(f'value="{fault}"' in shown for fault in FaultName)
