"""The money of a payment: a refund after its invoice asks for a red letter, what came again can be invoiced."""

import asyncio
import importlib
from dataclasses import replace

import grpc
import pytest
from bihuan.invoice_sync.v1 import red_letter_service_pb2 as pb
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.errors import from_rpc_error
from services.invoice_sync.store import cases, invoiceable, payments
from tests.invoice_sync.builders import a_payment
from tests.invoice_sync.red_bench import ALL, FIRM, PART, red_bench
from tests.support.eventually import eventually

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def bench(system):
    async with red_bench(system) as made:
        yield made


async def open_cases(system) -> list[str]:
    async with system.sessions() as session:
        return [each.kind for each in await cases.page(session, 10, None, "", open_only=True)]


def back(payment, version: int, refunded_minor: int):
    return replace(payment, version=version, refunded_minor=refunded_minor)


async def remainder(bench, payment_id: str, request_id: str = "request-rest-1"):
    asked = pb.InvoiceRemainderRequest(
        request_id=request_id, payment_id=payment_id, buyer_title=FIRM.name, buyer_tax_id=FIRM.tax_id
    )
    return (await bench.door.reds.InvoiceRemainder(asked)).invoice


async def test_a_refund_after_the_invoice_asks_for_its_red_letter_until_that_is_in_the_books(bench, system):
    paid = a_payment()
    blue = await bench.booked(payment=paid)

    await system.follow(back(paid, 2, PART))
    asked, opened = await bench.money(paid.payment_id), await open_cases(system)
    letter = await bench.asked(blue, PART)
    await bench.step()
    await bench.buyer_says(letter, "confirm")
    await bench.until(letter, "BOOKED")
    await system.sweep.sweep()

    assert (asked, opened) == ((ALL, 0, PART, 0), ["RED_REQUIRED"])
    assert await bench.money(paid.payment_id) == (ALL, PART, 0, 0)
    assert await open_cases(system) == []


async def test_a_refund_from_before_there_were_cases_gets_its_own_from_the_sweep(bench, system):
    paid = a_payment()
    await bench.booked(payment=paid)
    await system.follow(back(paid, 2, PART))
    await system.execute("DELETE FROM finding_case")

    await system.sweep.sweep()
    await system.sweep.sweep()

    assert await open_cases(system) == ["RED_REQUIRED"]


async def test_what_came_again_by_a_won_chargeback_is_invoiced_once_on_request(bench, system):
    paid = a_payment(refunded_minor=PART)
    await bench.booked(payment=paid)
    before = await bench.money(paid.payment_id)

    await system.follow(back(paid, 2, 0))
    rest = await remainder(bench, paid.payment_id)
    again = await remainder(bench, paid.payment_id)
    with pytest.raises(grpc.aio.AioRpcError) as nothing:
        await remainder(bench, paid.payment_id, "request-rest-2")

    assert before == (ALL - PART, 0, 0, 0)
    assert (rest.amount.amount_minor, again.invoice_id) == (PART, rest.invoice_id)
    assert "INVOICED_IN_FULL" in str(nothing.value.trailing_metadata())
    assert await bench.money(paid.payment_id) == (ALL, 0, 0, 0)


async def test_a_remainder_asked_for_again_while_its_first_try_is_at_work_is_the_same_one(bench, system):
    paid = a_payment(refunded_minor=PART)
    await bench.booked(payment=paid)
    await system.follow(back(paid, 2, 0))

    async def both_wait() -> bool:
        async with system.sessions() as session:
            return await session.scalar(text(WAITS)) >= 2

    async with system.sessions.begin() as session:
        await payments.lock(session, paid.payment_id)
        tries = [asyncio.create_task(remainder(bench, paid.payment_id)) for _ in range(2)]
        await eventually(both_wait)
    first, second = await asyncio.gather(*tries)

    assert (first.invoice_id, first.amount.amount_minor) == (second.invoice_id, PART)


async def test_a_chargeback_that_is_won_after_the_invoice_leaves_no_red_letter_to_ask_for(bench, system):
    paid = a_payment()
    await bench.booked(payment=paid)

    await system.follow(back(paid, 2, ALL), back(paid, 3, 0))
    await system.sweep.sweep()

    assert await bench.money(paid.payment_id) == (ALL, 0, 0, 0)
    assert await open_cases(system) == []


async def test_what_a_red_letter_freed_is_invoiced_anew_to_another_buyer(bench, system):
    blue = await bench.booked()
    letter = await bench.asked(blue)
    await bench.step()
    await bench.buyer_says(letter, "confirm")
    await bench.until(letter, "BOOKED")

    anew = await remainder(bench, blue.payment_id)
    told = await bench.door.why(blue.payment_id)
    with pytest.raises(grpc.aio.AioRpcError) as nothing:
        await remainder(bench, blue.payment_id, "request-rest-2")

    assert "INVOICED_IN_FULL" in str(nothing.value.trailing_metadata())
    assert told.invoice_id == anew.invoice_id, "of several invoices of a payment the newest blue one counts"
    assert (anew.amount.amount_minor, anew.buyer_title) == (ALL, FIRM.name)
    assert await bench.money(blue.payment_id) == (2 * ALL, ALL, 0, 0)


async def test_the_database_refuses_more_than_is_left_whatever_the_code_does(bench, system):
    blue = await bench.booked()

    async with system.sessions.begin() as session:
        assert await invoiceable.take(session, {blue.payment_id: 1}) == {blue.payment_id}
    with pytest.raises(IntegrityError, match="never_over"):
        await system.execute("UPDATE invoiceable SET invoiced_minor = invoiced_minor + 1")
    with pytest.raises(IntegrityError, match="red_required"):
        await system.execute("UPDATE invoiceable SET red_required_minor = invoiced_minor - red_minor + 1")


async def test_what_was_invoiced_before_there_was_a_money_row_is_counted_by_the_migration_as_the_service_counts(
    bench, system
):
    paid, refunded = a_payment(), a_payment(merchant_order_no="refunded")
    for each in (paid, refunded):
        await bench.booked(payment=each)
    await system.follow(back(refunded, 2, PART))
    counted = [await bench.money(each.payment_id) for each in (paid, refunded)]
    migration = importlib.import_module("services.invoice_sync.migrations.versions.0008_red_letters")

    await system.execute("DELETE FROM invoiceable")
    await system.execute(migration._MONEY[1])

    assert [await bench.money(each.payment_id) for each in (paid, refunded)] == counted
    assert counted == [(ALL, 0, 0, 0), (ALL, 0, PART, 0)]


async def test_what_a_release_invoiced_that_knows_no_money_row_is_not_invoiced_again(bench, system):
    blue = await bench.booked()
    await system.execute("DELETE FROM invoiceable")

    with pytest.raises(grpc.aio.AioRpcError) as full:
        await remainder(bench, blue.payment_id)

    assert from_rpc_error(full.value).metadata["cause"] == "INVOICED_IN_FULL"
