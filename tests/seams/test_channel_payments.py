"""What every channel must make of an order, each outcome produced for real over a socket."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.money import Money
from services.payments.channels import (
    Closed,
    Failed,
    NotFound,
    Processing,
    Refused,
    Succeeded,
    Unknown,
    UnknownCause,
)
from tests.support.channel_bench import with_amount
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_order_that_was_paid_is_found_paid_with_its_amount_its_number_and_its_moment(channels):
    order = channels.order()

    asked = await channels.channel.prepay(order)
    await channels.steering.scan(channels.kind, order.merchant_order_no)
    before = await channels.channel.query(order)
    await channels.steering.pay(channels.kind, order.merchant_order_no)
    found = await channels.channel.query(order)

    assert isinstance(asked, Processing)
    assert asked.code_url
    assert before == Processing()
    assert isinstance(found, Succeeded)
    book = await channels.steering.order(channels.kind, order.merchant_order_no)
    assert (found.merchant_order_no, found.channel_txn_no) == (order.merchant_order_no, book["channel_txn_no"])
    assert found.amount == order.amount == Money("CNY", book["amount_minor"])
    assert abs(found.succeed_time - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_same_order_again_is_the_same_order(channels):
    order = channels.order()

    first, second = await channels.channel.prepay(order), await channels.channel.prepay(order)

    assert isinstance(first, Processing)
    assert isinstance(second, Processing)
    assert second.code_url


async def test_an_order_that_is_paid_is_not_asked_for_anew(channels):
    order = await channels.paid()

    assert isinstance(await channels.channel.prepay(order), Succeeded)


async def test_an_order_that_the_channel_never_had_is_not_found(channels):
    order = channels.order()

    assert await channels.channel.query(order) == NotFound()
    assert await channels.channel.close(order) == NotFound()


async def test_a_closed_order_stays_closed_and_cannot_be_asked_for_again(channels):
    order = await channels.started()

    closed = await channels.channel.close(order)
    again = await channels.channel.close(order)

    assert (closed, again) == (Closed(), Closed())
    assert await channels.channel.query(order) == Closed()
    assert await channels.channel.prepay(order) == Closed()


async def test_an_order_that_was_paid_is_told_as_paid_when_it_is_to_be_closed(channels):
    order = await channels.paid()

    told = await channels.channel.close(order)

    assert isinstance(told, Succeeded)
    assert told.amount == order.amount


async def test_an_order_that_is_being_paid_is_not_told_as_closed(channels):
    order = await channels.started()
    await channels.steering.plan("LATE_SUCCESS", merchant_order_no=order.merchant_order_no, seconds=3600)
    await channels.steering.pay(channels.kind, order.merchant_order_no)

    told = await channels.channel.close(order)

    assert isinstance(told, Unknown)
    assert await channels.channel.query(order) == Processing()


async def test_an_order_that_the_payers_bank_refused_has_failed_and_says_so_when_it_is_to_be_closed(channels):
    order = await channels.started()
    await channels.steering.fail(channels.kind, order.merchant_order_no)

    told, closed = await channels.channel.query(order), await channels.channel.close(order)

    # Alipay closes what failed, and tells no more of it.
    ends = Closed if channels.kind == "alipay" else Failed
    assert isinstance(told, ends)
    assert isinstance(closed, ends)


async def test_a_late_success_is_processing_first(channels):
    order = await channels.started()
    await channels.steering.plan("LATE_SUCCESS", merchant_order_no=order.merchant_order_no, seconds=0.1)
    await channels.steering.pay(channels.kind, order.merchant_order_no)

    found = await eventually(lambda: _when(channels.channel.query(order), Succeeded))

    assert found.amount == order.amount


async def test_another_amount_under_the_number_leaves_the_order_as_it_was(channels):
    order = channels.order(amount_minor=100)
    await channels.channel.prepay(order)
    await channels.steering.scan(channels.kind, order.merchant_order_no)

    told = await channels.channel.prepay(with_amount(order, 1))
    await channels.steering.pay(channels.kind, order.merchant_order_no)
    found = await channels.channel.query(order)

    assert isinstance(told, Refused | Processing | Unknown)
    assert isinstance(found, Succeeded)
    assert found.amount.amount_minor == 100


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("LOSE_ANSWER", UnknownCause.CHANNEL_FAULT),
        ("SLOW", UnknownCause.TIMEOUT),
        ("HTTP_500", UnknownCause.CHANNEL_FAULT),
        ("RATE_LIMITED", UnknownCause.THROTTLED),
    ],
)
async def test_an_order_whose_answer_is_not_had_is_unknown_and_was_asked_for_once(channels, fault, cause):
    order = channels.order()
    seconds, patience = ({"seconds": 3}, 1.5) if fault == "SLOW" else ({}, 30)
    await channels.steering.plan(fault, merchant_order_no=order.merchant_order_no, on="CREATE", times=1, **seconds)
    channel = channels.again(call_seconds=patience)

    told = await channel.prepay(order)
    await channel.close_connections()
    again = await channels.channel.prepay(order)

    assert isinstance(told, Unknown)
    assert told.cause is cause
    assert isinstance(again, Processing)
    book = await channels.steering.order(channels.kind, order.merchant_order_no)
    assert book["calls"]["CREATE"] == 2


async def test_a_question_whose_answer_is_not_had_is_unknown(channels):
    order = await channels.paid()
    told = []
    for fault in ("LOSE_ANSWER", "HTTP_500", "RATE_LIMITED"):
        await channels.steering.plan(fault, merchant_order_no=order.merchant_order_no, on="QUERY", times=1)

        told.append(await channels.channel.query(order))

    found = await channels.channel.query(order)

    assert all(isinstance(each, Unknown) for each in told), told
    assert isinstance(found, Succeeded)


async def test_a_channel_that_nobody_can_reach_leaves_everything_unknown(channels):
    away = channels.again(base_url="http://127.0.0.1:9")
    order = channels.order()

    told = [await away.prepay(order), await away.query(order), await away.close(order)]
    await away.close_connections()

    assert {each.cause for each in told if isinstance(each, Unknown)} == {UnknownCause.UNREACHABLE}
    assert all(isinstance(each, Unknown) for each in told)


async def _when(asking, kind):
    answer = await asking
    return answer if isinstance(answer, kind) else None
