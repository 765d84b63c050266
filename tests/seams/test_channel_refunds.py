"""What every channel must make of a refund, each outcome produced for real over a socket."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.money import Money
from services.payments.channels import (
    NotFound,
    RefundAbout,
    RefundProcessing,
    RefundSucceeded,
    Refused,
    Succeeded,
    Unknown,
)
from services.payments.channels.proof import difference
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


def about(refund):
    """What a word about a refund must name, and no other."""
    return RefundAbout(refund.merchant_refund_no, refund.merchant_order_no, refund.channel_txn_no, refund.amount)


async def ended(channels, refund):
    """The refund's end, once the channel has come to it."""

    async def found():
        told = await channels.channel.query_refund(refund)
        return told if isinstance(told, RefundSucceeded | Refused) else None

    return await eventually(found)


async def test_a_refund_of_a_part_comes_to_its_end_with_its_amount(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 3_000)

    asked = await channels.channel.refund(refund)
    told = await ended(channels, refund)

    assert isinstance(asked, RefundProcessing | RefundSucceeded)
    assert isinstance(told, RefundSucceeded)
    assert told.about == about(refund)
    assert told.succeed_time is not None
    assert abs(told.succeed_time - datetime.now(UTC)) < timedelta(minutes=1)


async def test_many_refunds_of_one_order_are_each_their_own_and_the_order_stays_paid(channels):
    order = await channels.paid(10_000)
    refunds = [await channels.refund_of(order, amount) for amount in (3_000, 6_000, 1_000)]

    for refund in refunds:
        await channels.channel.refund(refund)
    told = [await ended(channels, refund) for refund in refunds]
    found = await channels.channel.query(order)

    assert [each.about for each in told] == [about(refund) for refund in refunds]
    # What went back whole was paid all the same.
    assert isinstance(found, Succeeded)
    assert found.amount == order.amount


async def test_the_same_refund_again_moves_no_more_money(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 6_000)

    await channels.channel.refund(refund)
    await ended(channels, refund)
    again = await channels.channel.refund(refund)

    assert isinstance(again, RefundSucceeded)
    assert again.about == about(refund)
    assert (await channels.steering.order(channels.kind, order.merchant_order_no))["refunded_minor"] == 6_000


async def test_more_than_was_paid_does_not_go_back(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 10_001)

    told = await channels.channel.refund(refund)

    assert isinstance(told, Refused)
    assert told.code
    assert await channels.channel.query_refund(refund) == NotFound()


async def test_a_refund_of_what_was_not_paid_is_refused(channels):
    order = await channels.started()
    refund = await channels.refund_of(order, 1)

    assert isinstance(await channels.channel.refund(refund), Refused)


async def test_another_amount_under_the_number_is_refused_and_moves_no_more_money(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 1_000)
    await channels.channel.refund(refund)
    await ended(channels, refund)

    told = await channels.channel.refund(replace(refund, amount=Money("CNY", 2_000)))

    assert isinstance(told, Refused)
    assert (await channels.steering.order(channels.kind, order.merchant_order_no))["refunded_minor"] == 1_000


async def test_a_refund_that_the_channel_never_had_is_not_found(channels):
    order = await channels.paid()

    assert await channels.channel.query_refund(await channels.refund_of(order, 1)) == NotFound()


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "HTTP_500", "RATE_LIMITED"])
async def test_a_refund_whose_answer_is_not_had_is_unknown_and_asking_again_moves_the_money_once(channels, fault):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 4_000)
    await channels.steering.plan(fault, merchant_order_no=order.merchant_order_no, on="REFUND", times=1)

    told = await channels.channel.refund(refund)
    await channels.channel.refund(refund)
    found = await ended(channels, refund)

    assert isinstance(told, Unknown)
    assert isinstance(found, RefundSucceeded)
    assert (await channels.steering.order(channels.kind, order.merchant_order_no))["refunded_minor"] == 4_000


async def test_a_refund_that_fails_after_it_was_accepted_is_never_told_as_given_back(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 4_000)
    await channels.steering.plan("REFUND_FAILS_AFTER_ACCEPTANCE", merchant_order_no=order.merchant_order_no, times=1)

    asked = await channels.channel.refund(refund)

    async def has_failed():
        entry = await channels.steering.order(channels.kind, order.merchant_order_no)
        return entry["refunds"][0]["state"] == "FAILED"

    await eventually(has_failed)
    told = await channels.channel.query_refund(refund)
    assert not isinstance(asked, RefundSucceeded | Refused)
    # Alipay tells nothing of a refund that did not succeed.
    assert isinstance(told, NotFound if channels.kind == "alipay" else Refused)


async def given_back(channels, order):
    return (await channels.steering.order(channels.kind, order.merchant_order_no))["refunded_minor"]


@pytest.mark.parametrize("txn_no", ["of another account", "of another order"])
async def test_a_refund_of_a_payment_of_the_same_number_never_moves_the_money_of_another(channels, txn_no):
    order, other = await channels.paid(10_000), await channels.paid(10_000)
    refund, of_other = await channels.refund_of(order, 3_000), await channels.refund_of(other, 3_000)
    numbers = {"of another account": "4200009999999999999999999999", "of another order": of_other.channel_txn_no}
    strange = replace(refund, merchant_refund_no=f"S{refund.merchant_refund_no}", channel_txn_no=numbers[txn_no])

    told = await channels.channel.refund(strange)
    moved = await given_back(channels, order), await given_back(channels, other)
    await channels.channel.refund(refund)
    await ended(channels, refund)

    assert isinstance(told, Refused)
    assert moved == (0, 0)
    assert (await given_back(channels, order), await given_back(channels, other)) == (3_000, 0)


async def test_a_refund_of_a_payment_of_another_amount_moves_no_money(channels):
    order = await channels.paid(10_000)
    refund = replace(await channels.refund_of(order, 3_000), payment_amount=Money("CNY", 9_999))

    if channels.kind == "hmac_pay":
        pytest.skip("it is told no amount of the payment, and goes by both of its numbers")
    assert isinstance(await channels.channel.refund(refund), Refused)
    assert await given_back(channels, order) == 0


async def test_a_payment_is_found_by_the_number_of_the_channel(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 1)

    found = await channels.channel.query(replace(order, channel_txn_no=refund.channel_txn_no))

    assert isinstance(found, Succeeded)
    assert (found.merchant_order_no, found.channel_txn_no) == (order.merchant_order_no, refund.channel_txn_no)


# Alipay's answer to a refund names neither the refund nor its amount, so nothing of it is taken for the refund's end.
@pytest.mark.parametrize("what", ["REFUND_NO", "ORDER_NO", "TXN_NO", "AMOUNT"])
@pytest.mark.parametrize("on", ["REFUND", "QUERY_REFUND"])
async def test_an_answer_about_another_refund_names_what_is_anothers(channels, what, on):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 3_000)
    if on == "QUERY_REFUND":
        await channels.channel.refund(refund)
        await ended(channels, refund)
    await channels.steering.plan("ANOTHER_REFUND", merchant_order_no=order.merchant_order_no, on=on, code=what)

    told = await (channels.channel.refund if on == "REFUND" else channels.channel.query_refund)(refund)

    unnamed = channels.kind == "alipay" and on == "REFUND" and what in ("REFUND_NO", "AMOUNT")
    assert isinstance(told, RefundSucceeded | RefundProcessing)
    assert bool(difference(refund, told.about)) is not unnamed
    assert not unnamed or told.about == about(refund), "it is the query's word"


async def test_an_alipay_refund_that_was_not_made_is_found_without_its_standing_and_is_no_success(channels):
    if channels.kind != "alipay":
        pytest.skip("the rule of Alipay's refund_status")
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 4_000)
    await channels.steering.plan("REFUND_FAILS_AFTER_ACCEPTANCE", merchant_order_no=order.merchant_order_no, times=1)

    first = await channels.channel.refund(refund)
    again = await channels.channel.refund(refund)
    found = await channels.channel.query_refund(refund)

    assert isinstance(first, Unknown)
    assert isinstance(again, Unknown)
    assert found == NotFound()
    assert await given_back(channels, order) == 0
