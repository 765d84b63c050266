"""The main book read whole: windows with a watermark, control totals, the buyer's view, and what happens to a row."""

from datetime import datetime

import pytest

from tests.support.eventually import eventually
from tests.support.tax_sandbox import (
    SELLER_TAX_ID,
    Steering,
    a_document,
    query_by_key,
    running_tax_sandbox,
    submit_to,
    until_status,
)

HERE = "/production/42"


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def window(tax: Steering, **asked: object) -> dict:
    params = {"seller_tax_id": SELLER_TAX_ID, **asked}
    return (await tax.http.get(f"{HERE}/v1/windows", params=params)).json()


async def watermark(tax: Steering) -> datetime:
    return datetime.fromisoformat((await tax.http.get(f"{HERE}/v1/watermark")).json()["watermark"])


async def test_a_window_is_read_page_by_page_to_its_end_in_the_order_of_acceptance(tax):
    keys = [f"inv_{number}" for number in range(5)]
    said = [(await submit_to(tax, a_document(), key)).json() for key in keys]
    for key in keys:
        await until_status(tax, "BOOKED", key)

    pages = [await window(tax, limit=2)]
    while pages[-1]["next"]:
        pages.append(await window(tax, limit=2, after=pages[-1]["next"]))
    middle = await window(tax, **{"from": said[1]["accepted_at"], "to": said[3]["accepted_at"]})

    assert [row["key"] for page in pages for row in page["invoices"]] == keys
    assert len(pages) == 3
    assert [row["key"] for row in middle["invoices"]] == ["inv_1", "inv_2"]
    assert middle["invoices"][0] == (await query_by_key(tax, "inv_1")).json()
    assert datetime.fromisoformat(middle["watermark"]) > datetime.fromisoformat(said[4]["accepted_at"])


async def test_the_watermark_waits_for_what_is_still_to_be_booked_and_not_for_what_is_swallowed(tax):
    await tax.plan("NEVER_BOOK", key="inv_swallowed")
    await tax.plan("DELAY_BOOKING", key="inv_late", seconds=600)
    swallowed_at = await accepted_at(tax, "inv_swallowed")
    await until_denied(tax, "inv_swallowed")
    free = await watermark(tax)

    late_at = await accepted_at(tax, "inv_late")
    await accepted_at(tax, "inv_after")
    await until_status(tax, "BOOKED", "inv_after")
    held = await watermark(tax)
    await tax.shift_clock(700)
    await until_status(tax, "BOOKED", "inv_late")

    assert free > swallowed_at
    assert held == late_at
    assert await watermark(tax) > late_at


async def accepted_at(tax: Steering, key: str) -> datetime:
    return datetime.fromisoformat((await submit_to(tax, a_document(), key)).json()["accepted_at"])


async def until_denied(tax: Steering, key: str) -> None:
    async def is_denied() -> bool:
        return (await query_by_key(tax, key)).status_code == 404

    await eventually(is_denied)


async def test_control_totals_are_what_the_book_holds_and_not_what_was_sent(tax):
    await tax.plan("BOOKED_WITH_ALTERED_AMOUNT", key="inv_2")
    await tax.plan("NEVER_BOOK", key="inv_3")
    for number, amount_minor in enumerate((100, 200, 400, 800), start=1):
        await submit_to(tax, a_document(amount_minor=amount_minor), f"inv_{number}")
    for key in ("inv_1", "inv_2", "inv_4"):
        await until_status(tax, "BOOKED", key)
    void = (await query_by_key(tax, "inv_4")).json()["number"]
    await tax.http.post(f"/steering/invoices/{void}/void")

    day = (await query_by_key(tax)).json()["issue_date"]
    said = await tax.http.get(f"{HERE}/v1/totals", params={"seller_tax_id": SELLER_TAX_ID, "issue_date": day})

    assert said.json()["blue"] == {"count": 2, "amount_minor": 301}
    assert said.json()["red"] == {"count": 0, "amount_minor": 0}
    assert "watermark" in said.json()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("windows", "seller_tax_id"),
        ("windows?seller_tax_id=A&from=yesterday", "from"),
        ("windows?seller_tax_id=A&to=2026-03-01T00:00:00", "to"),
        ("windows?seller_tax_id=A&after=5", "after"),
        ("totals?seller_tax_id=A&issue_date=2026-02-30", "issue_date"),
        ("buyer-view?number=5", "number"),
        ("quota", "seller_tax_id"),
    ],
)
async def test_a_question_to_the_book_that_cannot_be_read_is_refused_by_its_field(tax, path, field):
    answer = await tax.http.get(f"{HERE}/v1/{path}")

    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_only_its_buyer_sees_an_invoice_in_the_verification(tax):
    buyer = "914201000000000001"
    await submit_to(tax, a_document(buyer={"title": "某公司", "tax_id": buyer}), "inv_company")
    await submit_to(tax, a_document(), "inv_person")
    company, person = await until_status(tax, "BOOKED", "inv_company"), await until_status(tax, "BOOKED", "inv_person")

    async def view(number: str, buyer_tax_id: str) -> tuple[int, str]:
        asked = {"number": number, "buyer_tax_id": buyer_tax_id}
        answer = await tax.http.get(f"{HERE}/v1/buyer-view", params=asked)
        return answer.status_code, answer.json().get("code") or answer.json()["status"]

    assert await view(company["number"], buyer) == (200, "BOOKED")
    assert await view(company["number"], "") == (403, "E4043")
    assert await view(person["number"], "") == (200, "BOOKED")
    assert await view(person["number"], buyer) == (403, "E4043")
    assert await view("26422000000000099999", buyer) == (404, "E4040")


async def test_what_is_voided_or_flushed_by_hand_shows_by_its_status(tax):
    numbers = [(await submit_to(tax, a_document(), key)).json()["number"] for key in ("inv_1", "inv_2")]
    await until_status(tax, "BOOKED", "inv_1")
    await until_status(tax, "BOOKED", "inv_2")

    voided = await tax.http.post(f"/steering/invoices/{numbers[0]}/void")
    red = {"red_number": "26422000000000000099"}
    flushed = await tax.http.post(f"/steering/invoices/{numbers[1]}/red-flush", json=red)
    nothing = await tax.http.post("/steering/invoices/26422000000000099999/void")

    assert [voided.status_code, flushed.status_code, nothing.status_code] == [200, 200, 404]
    assert (await query_by_key(tax, "inv_1")).json()["status"] == "VOIDED"
    second = (await query_by_key(tax, "inv_2")).json()
    assert (second["status"], second["red_number"]) == ("RED_FLUSHED", "26422000000000000099")


async def test_somebody_voids_it_at_the_portal_after_it_was_booked(tax):
    await tax.plan("VOIDED_AT_PORTAL", key="inv_1", seconds=3600)
    await submit_to(tax, a_document())
    await until_status(tax, "BOOKED")

    await tax.shift_clock(3700)

    assert (await query_by_key(tax)).json()["status"] == "VOIDED"
    assert [row["status"] for row in await tax.book()] == ["VOIDED"]


async def test_what_was_issued_long_ago_is_outside_the_query_window_by_a_code_of_its_own(tax):
    number = (await submit_to(tax, a_document())).json()["number"]
    await until_status(tax, "BOOKED")

    await tax.shift_clock(367 * 86_400)
    by_key, by_number = await query_by_key(tax), await tax.http.get(f"{HERE}/v1/invoices/{number}")

    assert [(answer.status_code, answer.json()["code"]) for answer in (by_key, by_number)] == [(404, "E4044")] * 2


async def test_a_seal_is_seen_being_put_on_and_failing(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, booking_delay_seconds=1_000, sealing_seconds=900) as tax:
        await tax.plan("SEAL_FAILED", key="inv_1", times=1)
        await submit_to(tax, a_document())
        before = (await query_by_key(tax)).json()["status"]
        await tax.shift_clock(200)
        during = (await query_by_key(tax)).json()["status"]
        await tax.shift_clock(900)
        failed = await until_status(tax, "SEAL_FAILED")

    assert (before, during) == ("PROCESSING", "SEALING")
    assert failed["booked_at"] is None
