"""Red letters: a form that the other side confirms, then a red invoice that takes the blue one back."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering, a_document, running_tax_sandbox

HOUR_SECONDS = 3_600
FIRM = {"title": "江城科技有限公司", "tax_id": "91420100MA4K000001"}


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def submit(tax: Steering, body: bytes, key: str) -> httpx.Response:
    return await tax.http.post(
        "/production/42/v1/invoices",
        content=body,
        headers={"Idempotency-Key": key, "Content-Type": "application/json"},
    )


async def get_invoice(tax: Steering, number: str) -> dict[str, Any]:
    return dict((await tax.http.get(f"/production/42/v1/invoices/{number}")).json())


async def a_booked_blue(tax: Steering, key: str = "blue_1", **changes: Any) -> str:
    changes = {"buyer": FIRM} | changes
    number = str((await submit(tax, a_document(**changes), key)).json()["number"])
    await eventually(lambda: is_in(tax, number, "BOOKED"))
    return number


async def is_in(tax: Steering, number: str, status: str) -> bool:
    return (await get_invoice(tax, number)).get("status") == status


async def apply(tax: Steering, blue: str, amount_minor: int = -12_345, by: str = "SELLER") -> httpx.Response:
    asked = {"blue_number": blue, "amount_minor": amount_minor, "reason": "退水费", "applied_by": by}
    return await tax.http.post("/production/42/v1/red-forms", json=asked)


async def move(tax: Steering, form_id: str, verb: str, by: str) -> httpx.Response:
    return await tax.http.post(f"/production/42/v1/red-forms/{form_id}/{verb}", json={"by": by})


async def a_confirmed_form(tax: Steering, blue: str, amount_minor: int = -12_345) -> str:
    form_id = str((await apply(tax, blue, amount_minor)).json()["form_id"])
    assert (await move(tax, form_id, "confirm", "BUYER")).json()["state"] == "CONFIRMED"
    return form_id


def a_red(blue: str, form_id: str, amount_minor: int = -12_345, **changes: Any) -> bytes:
    return a_document(schema=2, kind="RED", red_of=blue, red_form_id=form_id, amount_minor=amount_minor, **changes)


async def test_a_red_letter_of_the_whole_amount_flushes_its_blue_invoice(tax):
    blue = await a_booked_blue(tax)
    form_id = await a_confirmed_form(tax, blue)

    red = (await submit(tax, a_red(blue, form_id), "red_1")).json()["number"]
    await eventually(lambda: is_in(tax, blue, "RED_FLUSHED"))

    assert (await get_invoice(tax, blue))["red_number"] == red
    assert (await get_invoice(tax, red))["kind"] == "RED"
    assert (await tax.http.get(f"/production/42/v1/red-forms/{form_id}")).json()["red_number"] == red


async def test_red_letters_of_parts_flush_the_blue_invoice_with_the_last_of_them(tax):
    blue = await a_booked_blue(tax)
    first = await submit(tax, a_red(blue, await a_confirmed_form(tax, blue, -12_000), -12_000), "red_1")
    await eventually(lambda: is_in(tax, first.json()["number"], "BOOKED"))
    after_a_part = (await get_invoice(tax, blue))["status"]

    too_much = await apply(tax, blue, -346)
    second = await submit(tax, a_red(blue, await a_confirmed_form(tax, blue, -345), -345), "red_2")
    await eventually(lambda: is_in(tax, blue, "RED_FLUSHED"))

    assert after_a_part == "BOOKED"
    assert (too_much.status_code, too_much.json()["code"]) == (422, "E9406")
    assert (await get_invoice(tax, blue))["red_number"] == second.json()["number"]


@pytest.mark.parametrize(("by", "awaited"), [("SELLER", "BUYER"), ("BUYER", "SELLER")])
async def test_the_side_that_did_not_apply_is_awaited_and_it_alone_may_confirm(tax, by, awaited):
    blue = await a_booked_blue(tax)
    form = (await apply(tax, blue, by=by)).json()

    own_word = await move(tax, form["form_id"], "confirm", by)
    confirmed = await move(tax, form["form_id"], "confirm", awaited)
    again = await move(tax, form["form_id"], "confirm", awaited)

    assert form["state"] == f"AWAITING_{awaited}"
    assert (own_word.status_code, own_word.json()["code"]) == (403, "E9408")
    assert confirmed.json()["state"] == "CONFIRMED"
    assert (again.status_code, again.json()) == (200, confirmed.json())


async def test_an_invoice_has_one_active_form_and_after_it_ended_another(tax):
    blue = await a_booked_blue(tax)
    first = (await apply(tax, blue)).json()

    second = await apply(tax, blue)
    await move(tax, first["form_id"], "refuse", "BUYER")
    third = (await apply(tax, blue)).json()
    withdrawn = await move(tax, third["form_id"], "withdraw", "SELLER")
    forms = (await tax.http.get("/production/42/v1/red-forms", params={"blue_number": blue})).json()["forms"]

    assert (second.status_code, second.json()["code"], second.json()["form_id"]) == (409, "E9407", first["form_id"])
    assert withdrawn.json()["state"] == "WITHDRAWN"
    assert [form["state"] for form in forms] == ["REFUSED", "WITHDRAWN"]


async def test_of_many_who_apply_at_once_one_gets_the_form(tax):
    blue = await a_booked_blue(tax)

    answers = await asyncio.gather(*(apply(tax, blue, -1) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_a_form_that_nobody_confirmed_in_72_hours_is_void_and_makes_room(tax):
    blue = await a_booked_blue(tax)
    form_id = (await apply(tax, blue)).json()["form_id"]

    await tax.shift_clock(72 * HOUR_SECONDS - 60)
    in_time = (await tax.http.get(f"/production/42/v1/red-forms/{form_id}")).json()["state"]
    await tax.shift_clock(60)
    late = (await tax.http.get(f"/production/42/v1/red-forms/{form_id}")).json()["state"]
    too_late = await move(tax, form_id, "confirm", "BUYER")

    assert (in_time, late) == ("AWAITING_BUYER", "VOID_72H")
    assert (too_late.status_code, too_late.json()["code"]) == (409, "E9409")
    assert (await apply(tax, blue)).status_code == 201


async def test_a_red_invoice_needs_a_confirmed_form_of_its_blue_one_and_its_amount(tax):
    blue = await a_booked_blue(tax)
    other = await a_booked_blue(tax, "blue_2")
    awaiting = (await apply(tax, other)).json()["form_id"]
    form_id = await a_confirmed_form(tax, blue)

    answers = [
        await submit(tax, a_red(blue, "nothing"), "red_1"),
        await submit(tax, a_red(other, awaiting), "red_2"),
        await submit(tax, a_red(other, form_id), "red_3"),
        await submit(tax, a_red(blue, form_id, -1), "red_4"),
        await submit(tax, a_red(blue, form_id, seller={"name": "别家", "tax_id": "A" * 18}), "red_4"),
        await submit(tax, a_red(blue, form_id), "red_5"),
        await submit(tax, a_red(blue, form_id), "red_6"),
    ]

    assert [answer.json().get("code", "") for answer in answers] == [
        "E9403",
        "E9403",
        "E9403",
        "E9404",
        "E9403",
        "",
        "E9403",
    ]
    used = await move(tax, form_id, "withdraw", "SELLER")
    assert (used.status_code, used.json()["code"]) == (409, "E9409")


async def test_only_what_is_booked_and_stands_can_be_taken_back(tax):
    blue = await a_booked_blue(tax)
    void = await a_booked_blue(tax, "blue_2")
    await tax.http.post(f"/steering/invoices/{void}/void")
    red = (await submit(tax, a_red(blue, await a_confirmed_form(tax, blue, -5), -5), "red_1")).json()["number"]
    await eventually(lambda: is_in(tax, red, "BOOKED"))

    answers = [await apply(tax, number) for number in ("26421000000000000099", void, red)]
    elsewhere = await tax.http.post(
        "/production/11/v1/red-forms",
        json={"blue_number": blue, "amount_minor": -1, "reason": "x", "applied_by": "SELLER"},
    )

    assert [answer.json()["code"] for answer in answers] == ["E4040", "E9405", "E9405"]
    assert elsewhere.json()["code"] == "E4040"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"blue_number": "1"}, "E4005", "blue_number"),
        ({"amount_minor": 5}, "E4003", "amount_minor"),
        ({"amount_minor": -1.5}, "E4003", "amount_minor"),
        ({"reason": ""}, "E4005", "reason"),
        ({"applied_by": "MOTHER"}, "E4005", "applied_by"),
        ({"applied_by": ["SELLER"]}, "E4005", "applied_by"),
    ],
)
async def test_an_application_that_cannot_be_read_is_refused_by_its_field(tax, changes, code, field):
    asked = {"blue_number": "2" * 20, "amount_minor": -1, "reason": "退", "applied_by": "SELLER"} | changes

    answer = await tax.http.post("/production/42/v1/red-forms", json=asked)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


async def test_a_form_that_is_not_there_is_told_by_a_code_of_its_own(tax):
    asked = await tax.http.get("/production/42/v1/red-forms/none")
    moved = await move(tax, "none", "confirm", "BUYER")

    assert {answer.json()["code"] for answer in (asked, moved)} == {"E4046"}


async def test_an_answer_about_a_form_may_be_lost_after_it_was_opened(tax):
    blue = await a_booked_blue(tax)
    asked = {"blue_number": blue, "amount_minor": -1, "reason": "退", "applied_by": "SELLER"}

    with pytest.raises(httpx.RemoteProtocolError):
        await tax.http.post("/production/42/v1/red-forms", json=asked, headers={"Tax-Fault": "DROP_AFTER_COMMIT"})

    assert (await apply(tax, blue)).json()["code"] == "E9407"


async def test_a_buyer_without_a_taxpayer_number_has_nothing_to_confirm(tax):
    blue = await a_booked_blue(tax, buyer={"title": "个人", "tax_id": ""})

    form = (await apply(tax, blue)).json()
    red = await submit(tax, a_red(blue, form["form_id"]), "red_1")

    assert form["state"] == "NO_CONFIRMATION_NEEDED"
    assert red.json()["status"] == "ACCEPTED"


async def test_a_form_that_was_confirmed_is_withdrawn_in_a_state_of_its_own_and_makes_room(tax):
    blue = await a_booked_blue(tax)
    form_id = await a_confirmed_form(tax, blue)

    withdrawn = await move(tax, form_id, "withdraw", "SELLER")
    again = await move(tax, form_id, "withdraw", "SELLER")
    red = await submit(tax, a_red(blue, form_id), "red_1")

    assert (withdrawn.json()["state"], again.json()) == ("WITHDRAWN_CONFIRMED", withdrawn.json())
    assert (red.status_code, red.json()["code"]) == (422, "E9403")
    assert (await apply(tax, blue)).status_code == 201


async def test_the_authority_voids_the_form_of_an_abnormal_invoice(tax):
    blue = await a_booked_blue(tax)
    form_id = (await apply(tax, blue)).json()["form_id"]

    voided = await tax.http.post(f"/steering/red-forms/{form_id}/void")
    confirmed = await move(tax, form_id, "confirm", "BUYER")
    again = await tax.http.post(f"/steering/red-forms/{form_id}/void")

    assert (voided.status_code, again.status_code) == (200, 404)
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "E9409")
    assert (await tax.http.get(f"/production/42/v1/red-forms/{form_id}")).json()["state"] == "VOID_ABNORMAL"


async def test_the_forms_of_a_seller_are_listed_by_page_in_the_order_of_application(tax):
    made = [(await apply(tax, await a_booked_blue(tax, f"blue_{no}"))).json()["form_id"] for no in range(3)]
    asked = {"seller_tax_id": SELLER_TAX_ID, "limit": "2"}

    first = (await tax.http.get("/production/42/v1/red-forms", params=asked)).json()
    second = (await tax.http.get("/production/42/v1/red-forms", params=asked | {"after": first["next"]})).json()
    elsewhere = (await tax.http.get("/production/11/v1/red-forms", params=asked)).json()

    assert [form["form_id"] for form in (*first["forms"], *second["forms"])] == made
    assert (second["next"], elsewhere["forms"]) == ("", [])
