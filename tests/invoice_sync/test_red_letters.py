"""A red letter through each of its states, over a real channel and with the authority's own forms."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from bihuan.invoice_sync.v1 import red_letter_service_pb2 as pb
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.errors import from_rpc_error
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.red_work import RedWork
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.invoice import PERSON, InvoiceKind
from services.invoice_sync.domain.number import NumberPolicy
from services.invoice_sync.domain.red_letter import RedState
from services.invoice_sync.domain.red_words import WORDS
from services.invoice_sync.store import cases
from services.invoice_sync.tax import sandbox
from tests.invoice_sync.red_bench import ALL, FORMS, HOUR_SECONDS, PART, red_bench
from tests.support.eventually import eventually


@pytest.fixture
async def bench(system):
    async with red_bench(system) as made:
        yield made


async def test_a_letter_that_the_buyer_confirms_becomes_a_red_invoice_in_the_books_and_frees_its_money(bench, system):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    asked = await bench.state(letter)

    await bench.step()
    awaiting = await bench.state(letter)
    await bench.buyer_says(letter, "confirm")
    await bench.step()
    confirmed = await bench.state(letter)
    await bench.step()
    issued = await bench.state(letter)
    held = await bench.money(blue.payment_id)
    await bench.until(letter, "BOOKED")

    told = await bench.told(letter)
    (red,) = [each for each in await system.invoices_of(blue.payment_id) if each.kind is InvoiceKind.RED]
    assert (asked, awaiting, confirmed, issued) == ("APPLYING", "AWAITING_BUYER", "CONFIRMED", "ISSUED")
    assert held == (ALL, 0, 0, 0), "before the red letter is in the books its money is not free"
    assert await bench.money(blue.payment_id) == (ALL, ALL, 0, ALL)
    assert (red.amount.amount_minor, red.original_invoice_id) == (-ALL, blue.invoice_id)
    assert red.red_of == blue.standing.invoice_number
    assert told.red_letter.red_invoice_id == red.invoice_id
    assert [step.operator for step in told.steps] == [
        "zhang",
        "tax authority",
        "tax authority",
        "bihuan",
        "tax authority",
    ]
    assert all(step.response_sha256 for step in told.steps[1:3])


async def test_a_person_has_nothing_to_confirm_so_that_the_red_invoice_goes_at_once(bench):
    blue = await bench.booked(PERSON)
    letter = await bench.asked(blue)

    await bench.step()
    state = await bench.state(letter)
    await bench.until(letter, "BOOKED")

    assert state == "NO_CONFIRMATION_NEEDED"


async def test_72_hours_after_the_application_and_not_before_the_form_is_void_and_another_may_be_asked_for(
    bench, system
):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await bench.step()

    await system.steering.shift_clock(72 * HOUR_SECONDS - 120)
    system.clock.advance(72 * HOUR_SECONDS - 120)
    await bench.step()
    in_time = await bench.state(letter)
    await system.steering.shift_clock(240)
    system.clock.advance(240)
    await bench.step()

    expired = (await bench.told(letter)).red_letter
    form = (await system.steering.http.get(f"{FORMS}/{expired.form_id}")).json()
    assert (in_time, await bench.state(letter)) == ("AWAITING_BUYER", "EXPIRED")
    assert expired.expire_time.ToDatetime(UTC) - datetime.fromisoformat(form["applied_at"]) == timedelta(hours=72)
    assert await bench.money(blue.payment_id) == (ALL, 0, 0, 0)
    assert await bench.asked(blue, request_id="request-red-2")


async def test_a_letter_is_looked_at_in_the_moment_in_which_its_form_becomes_void(bench, system):
    letter = await bench.asked(await bench.booked())
    await bench.step()
    ends = (await bench.told(letter)).red_letter.expire_time.ToDatetime(tzinfo=system.clock.now().tzinfo)

    system.clock.advance((ends - system.clock.now()).total_seconds() - 1)
    await bench.work.step_due()

    async with system.sessions() as session:
        assert await session.scalar(text("SELECT due_at FROM red_letter")) == ends


async def test_a_buyer_who_refuses_leaves_the_invoice_as_it_was(bench, system):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await bench.step()

    await bench.buyer_says(letter, "refuse")
    await bench.step()

    assert await bench.state(letter) == "REFUSED_BY_BUYER"
    assert await system.invoices_of(blue.payment_id) == [await system.again(blue)]


@pytest.mark.parametrize(("move", "ends"), [("CONFIRM", "BOOKED"), ("REFUSE", "REFUSED_BY_SELLER")])
async def test_what_the_buyer_applied_for_at_the_portal_is_followed_and_the_seller_decides(bench, move, ends):
    blue = await bench.booked()
    letter = await bench.buyer_applies(blue)
    found = await bench.state(letter)

    await bench.move(letter, move, "wang")
    await bench.until(letter, ends)

    told = await bench.told(letter)
    assert found == "AWAITING_SELLER"
    assert "wang" in [step.operator for step in told.steps]
    assert await bench.adoption.adopt_forms() == 0


async def test_of_two_who_decide_a_form_at_once_the_second_is_told_that_it_is_decided(bench):
    letter = await bench.buyer_applies(await bench.booked())

    ended = await asyncio.gather(
        bench.move(letter, "CONFIRM", "wang"), bench.move(letter, "REFUSE", "zhao"), return_exceptions=True
    )

    (lost,) = [one for one in ended if isinstance(one, BaseException)]
    assert isinstance(lost, grpc.aio.AioRpcError)
    assert from_rpc_error(lost).reason == "RED_LETTER_STATE"
    assert len({"wang", "zhao"} & {step.operator for step in (await bench.told(letter)).steps}) == 1


async def test_a_form_of_the_portal_that_met_a_letter_of_ours_is_followed_when_that_has_ended(
    bench, system, monkeypatch
):
    monkeypatch.setattr(sandbox, "_PAGE_SIZE", 1)
    first, second = await bench.booked(), await bench.booked()
    ours = await bench.asked(first)
    for each in (first, second):
        asked = {
            "blue_number": each.standing.invoice_number,
            "amount_minor": -ALL,
            "reason": "退",
            "applied_by": "BUYER",
        }
        (await system.steering.http.post(FORMS, json=asked)).raise_for_status()

    before = await bench.adoption.adopt_forms()
    await bench.step()
    ended = await bench.state(ours)
    after = await bench.adoption.adopt_forms()
    again = await bench.adoption.adopt_forms()

    assert (before, ended, after, again) == (1, "APPLY_FAILED", 1, 0)


async def test_a_form_is_withdrawn_before_it_is_confirmed(bench):
    letter = await bench.asked(await bench.booked())
    await bench.step()

    await bench.move(letter, "WITHDRAW")
    await bench.step()

    assert await bench.state(letter) == "WITHDRAWN"


async def test_a_form_is_withdrawn_after_it_was_confirmed_as_long_as_no_red_invoice_used_it(bench):
    letter = await bench.asked(await bench.booked())
    await bench.step()
    await bench.buyer_says(letter, "confirm")
    await bench.step()

    await bench.move(letter, "WITHDRAW")
    await bench.step()

    assert await bench.state(letter) == "WITHDRAWN_AFTER_CONFIRMATION"


async def test_a_form_that_the_authority_voids_as_abnormal_is_known_by_its_state(bench, system):
    letter = await bench.asked(await bench.booked())
    await bench.step()
    form_id = (await bench.told(letter)).red_letter.form_id

    await system.steering.http.post(f"/steering/red-forms/{form_id}/void")
    await bench.step()

    assert await bench.state(letter) == "ABNORMAL"


async def test_an_application_that_the_authority_refuses_fails_with_its_code(bench, system):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await system.steering.http.post(f"/steering/invoices/{blue.standing.invoice_number}/void")

    await bench.step()

    told = await bench.told(letter)
    assert await bench.state(letter) == "APPLY_FAILED"
    assert told.steps[-1].authority_code == "E9405"


async def test_a_red_invoice_that_the_authority_refuses_frees_nothing_and_its_form_can_be_withdrawn(bench, system):
    blue = await bench.booked(PERSON)
    letter = await bench.asked(blue)
    await bench.step()
    await system.steering.plan(fault="REJECT_BUSINESS", code="E9301", order_no=blue.merchant_order_no)

    await bench.until(letter, "RED_REFUSED")
    money = await bench.money(blue.payment_id)
    await system.steering.http.delete("/steering/faults")
    await bench.move(letter, "WITHDRAW")
    await bench.until(letter, "WITHDRAWN_AFTER_CONFIRMATION")

    assert money == (ALL, 0, 0, 0)


async def test_an_application_whose_answer_was_lost_is_found_again_and_never_made_twice(bench, system):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await system.steering.plan(fault="DROP_AFTER_COMMIT", times=1)

    await bench.step()
    lost = await bench.state(letter)
    await bench.step()

    forms = (await system.steering.http.get(FORMS, params={"blue_number": blue.standing.invoice_number})).json()[
        "forms"
    ]
    assert (lost, await bench.state(letter)) == ("APPLYING", "AWAITING_BUYER")
    assert [form["form_id"] for form in forms] == [(await bench.told(letter)).red_letter.form_id]


async def test_an_application_that_arrives_after_the_look_for_it_is_ours_and_has_not_failed(bench, system, monkeypatch):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await system.steering.plan(fault="DROP_AFTER_COMMIT", times=1)
    await bench.step()
    look, looks = system.tax.red_forms, []

    async def looked(*asked, **said):
        page = await look(*asked, **said)
        looks.append(page)
        return page if len(looks) > 1 else replace(page, forms=())

    monkeypatch.setattr(system.tax, "red_forms", looked)
    await bench.step()

    assert (await bench.state(letter), len(looks)) == ("AWAITING_BUYER", 2)


async def test_a_part_is_taken_back_then_the_rest_and_never_more(bench, system):
    blue = await bench.booked(PERSON)
    first = await bench.asked(blue, PART)
    await bench.until(first, "BOOKED")

    with pytest.raises(grpc.aio.AioRpcError) as too_much:
        await bench.asked(blue, ALL - PART + 1, "request-red-2")
    after_a_part = await bench.money(blue.payment_id)
    second = await bench.asked(blue, 0, "request-red-3")
    await bench.until(second, "BOOKED")
    with pytest.raises(grpc.aio.AioRpcError) as nothing_left:
        await bench.asked(blue, 0, "request-red-4")

    assert "EXCEEDS" in str(too_much.value.trailing_metadata())
    assert "EXCEEDS" in str(nothing_left.value.trailing_metadata())
    assert after_a_part == (ALL, PART, 0, PART)
    assert await bench.money(blue.payment_id) == (ALL, ALL, 0, ALL)


async def test_a_blue_invoice_has_one_active_letter_and_the_same_request_gives_it_again(bench):
    blue = await bench.booked()

    first, again = await bench.asked(blue), await bench.asked(blue)
    with pytest.raises(grpc.aio.AioRpcError) as second:
        await bench.asked(blue, request_id="request-red-2")

    assert first == again
    assert "ACTIVE" in str(second.value.trailing_metadata())


async def test_the_wholly_taken_back_invoice_is_voided_by_our_own_letter_which_is_no_case(bench, system):
    blue = await bench.booked(PERSON)
    await bench.until(await bench.asked(blue), "BOOKED")

    async def flushed() -> bool:
        await system.execute("UPDATE outbox SET due_at = :now", now=system.clock.now())
        await system.verify.verify_due()
        return (await system.again(blue)).standing.sync_state == "VOIDED"

    await eventually(flushed)

    async with system.sessions() as session:
        assert [each.kind for each in await cases.page(session, 10, None, "", open_only=True)] == []


async def test_red_letters_of_ours_agree_with_the_authoritys_totals(bench, system):
    blue = await bench.booked(PERSON)
    await bench.until(await bench.asked(blue), "BOOKED")

    async with system.sessions() as session:
        ours = (await session.execute(text("SELECT blue_count, red_count, red_minor FROM day_total"))).one()
    theirs = await system.tax.totals(blue.route, blue.seller.tax_id, blue.issue_date)

    assert tuple(ours) == (theirs.blue_count, theirs.red_count, theirs.red_minor) == (1, 1, -ALL)


async def test_steps_are_never_changed(bench, system):
    await bench.asked(await bench.booked())

    for statement in ("UPDATE red_step SET operator = 'li'", "DELETE FROM red_step", "TRUNCATE red_step CASCADE"):
        with pytest.raises(DBAPIError, match="append only"):
            await system.execute(statement)


async def test_only_what_is_in_the_books_is_taken_back(bench, system):
    (ready,) = await system.issued()

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.asked(ready)

    assert "NOT_IN_BOOKS" in str(refused.value.trailing_metadata())


async def test_letters_are_listed_by_state(bench):
    await bench.asked(await bench.booked())

    applying = await bench.door.reds.ListRedLetters(pb.ListRedLettersRequest(state="RED_STATE_APPLYING"))
    booked = await bench.door.reds.ListRedLetters(pb.ListRedLettersRequest(state="RED_STATE_BOOKED"))

    assert (len(applying.red_letters), len(booked.red_letters)) == (1, 0)


def test_every_state_tells_people_in_both_languages():
    assert set(WORDS) == set(RedState)
    assert all(words and words_zh and words != words_zh for words, words_zh in WORDS.values())


async def test_a_red_invoice_is_confirmed_when_the_red_totals_of_its_day_agree(bench, system):
    blue = await bench.booked(PERSON)
    letter = await bench.asked(blue)
    await bench.until(letter, "BOOKED")
    red_id = (await bench.told(letter)).red_letter.red_invoice_id
    await system.execute("UPDATE day_total SET red_minor = red_minor - 1, count_time = :now", now=system.clock.now())

    async def read_again() -> str:
        await system.execute("UPDATE outbox SET due_at = :now", now=system.clock.now())
        await system.verify.verify_due()
        return str((await system.read.get_invoice(red_id)).invoice.standing.sync_state)

    while_they_differ = [await read_again() for _ in range(2)]
    await system.execute("UPDATE day_total SET count_time = NULL")

    async def confirmed() -> bool:
        return await read_again() == "CONFIRMED"

    await eventually(confirmed)
    assert while_they_differ == ["BOOKED", "BOOKED"]


async def test_a_red_invoice_bears_a_number_of_the_sellers_own_and_waits_while_none_is_left(bench, system):
    blue = await bench.booked(PERSON)
    tools = replace(system.tools, numbers=NumberPolicy(preassigned=True, range_size=10, low_water=1))
    bench.work, numbers = RedWork(system.tax, tools), NumberActions(system.tax, tools)
    system.upload = UploadActions(system.tax, tools)
    letter = await bench.asked(blue)
    await bench.step()
    await bench.step()
    red_id = (await bench.told(letter)).red_letter.red_invoice_id
    waiting = (await system.read.get_invoice(red_id)).invoice

    await numbers.top_up()
    numbered = (await system.read.get_invoice(red_id)).invoice
    await bench.until(letter, "BOOKED")

    assert [rule.rule for rule in waiting.broken_rules] == ["NO_NUMBER"]
    assert len(numbered.standing.invoice_number) == 20
    assert (await system.again(numbered)).standing.invoice_number == numbered.standing.invoice_number
