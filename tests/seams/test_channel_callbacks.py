"""What every channel's callbacks tell, as they come over a socket, and what is believed of them."""

import json
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from services.payments.channels import (
    Forged,
    ForgedCause,
    PaymentTold,
    RefundAbout,
    RefundMoved,
    RefundSucceeded,
    RefundTold,
    Succeeded,
)
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


def now() -> datetime:
    return datetime.now(UTC)


def read(channels, came):
    return channels.channel.read_callback(*came, now())


async def test_a_callback_tells_what_a_query_tells(channels):
    order = await channels.paid()

    told = read(channels, (await channels.callbacks(order))[-1])
    found = await channels.channel.query(order)

    assert isinstance(told, PaymentTold)
    assert told.merchant_order_no == order.merchant_order_no
    assert 1 <= len(told.event_id) <= 64
    assert isinstance(told.told, Succeeded)
    assert told.told == replace(found, succeed_time=told.told.succeed_time)
    # Alipay's clock tells whole seconds.
    assert abs(told.told.succeed_time - found.succeed_time) < timedelta(seconds=1)


async def test_what_is_repeated_is_told_as_the_same_event(channels):
    order = await channels.started()
    await channels.steering.plan("DUPLICATE_CALLBACK", merchant_order_no=order.merchant_order_no)
    await channels.steering.pay(channels.kind, order.merchant_order_no)

    told = [read(channels, came) for came in await channels.callbacks(order, count=2)]

    assert len({each.event_id for each in told}) == 1
    assert {each.told.channel_txn_no for each in told} == {told[0].told.channel_txn_no}


async def test_a_callback_with_a_signature_that_is_not_the_channels_is_not_believed(channels):
    order = await channels.started()
    await channels.steering.plan("FORGED_CALLBACK", merchant_order_no=order.merchant_order_no, times=1)
    await channels.steering.pay(channels.kind, order.merchant_order_no)

    told = [read(channels, came) for came in await channels.callbacks(order, count=2)]

    assert [each for each in told if isinstance(each, Forged)] == [Forged(ForgedCause.BAD_SIGNATURE)]


async def test_a_callback_of_another_amount_is_told_with_that_amount_for_its_reader_to_compare(channels):
    order = await channels.started()
    await channels.steering.plan("WRONG_AMOUNT_CALLBACK", merchant_order_no=order.merchant_order_no, times=1)
    await channels.steering.pay(channels.kind, order.merchant_order_no)

    told = [read(channels, came) for came in await channels.callbacks(order)]

    assert any(isinstance(each, PaymentTold) and each.told.amount != order.amount for each in told)


async def test_not_one_byte_of_a_callback_can_be_changed(channels):
    order = await channels.paid()
    headers, body = (await channels.callbacks(order))[-1]

    for at in range(0, len(body), 7):
        changed = body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :]
        assert isinstance(channels.channel.read_callback(headers, changed, now()), Forged), at


async def test_a_callback_is_not_believed_without_its_signature_nor_long_after(channels):
    order = await channels.paid()
    headers, body = (await channels.callbacks(order))[-1]
    unsigned = [(name, value) for name, value in parse_qsl(body.decode()) if name != "sign"]
    bare_body = urlencode(unsigned).encode() if channels.kind == "alipay" else body

    bare = channels.channel.read_callback({}, bare_body, now())
    late = channels.channel.read_callback(headers, body, now() + timedelta(hours=27))
    early = channels.channel.read_callback(headers, body, now() - timedelta(hours=1))

    assert bare == Forged(ForgedCause.NO_SIGNATURE)
    assert late == early == Forged(ForgedCause.OUT_OF_TIME)


async def test_a_callback_for_another_account_of_the_channel_is_not_taken_for_ours(channels):
    order = await channels.paid()
    came = (await channels.callbacks(order))[-1]
    other = {"wechat_pay": {"mch_id": "1900000999"}, "alipay": {"app_id": "2099"}, "hmac_pay": {"merchant_no": "other"}}
    channel = channels.again(**other[channels.kind])

    told = channel.read_callback(*came, now())
    await channel.close_connections()

    assert told == Forged(ForgedCause.OTHER_ACCOUNT)


async def test_what_is_no_callback_at_all_is_not_believed(channels):
    order = await channels.paid()
    headers, _ = (await channels.callbacks(order))[-1]

    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"a=1&a=2",
        json.dumps({"resource": 1}).encode(),
        b"x" * 99_999,
    ):
        assert isinstance(channels.channel.read_callback(headers, body, now()), Forged), body[:20]


async def test_a_refund_is_told_where_the_channel_tells_of_refunds(channels):
    order = await channels.paid(10_000)
    refund = await channels.refund_of(order, 4_000)
    await channels.channel.refund(refund)

    told = [read(channels, came) for came in await channels.callbacks(order, count=2)]

    ends = [each for each in told if isinstance(each, RefundTold)]
    assert [each.merchant_refund_no for each in ends] == [refund.merchant_refund_no]
    # Alipay's bears the sum of all refunds and not the amount of this one, so its end is asked for.
    kind, amount = (RefundMoved, None) if channels.kind == "alipay" else (RefundSucceeded, refund.amount)
    assert isinstance(ends[0].told, kind)
    numbers = refund.merchant_refund_no, refund.merchant_order_no, refund.channel_txn_no
    assert ends[0].told.about == RefundAbout(*numbers, amount)


async def test_the_channel_is_answered_so_that_it_stops_and_goes_on_when_it_is_not(channels):
    order = await channels.started()
    taken, refused = channels.channel.reply(taken=True), channels.channel.reply(taken=False)
    answers = iter([refused])

    def answer(count: int) -> tuple[int, bytes]:
        is_ours = channels.is_about(order, *channels.merchant.came[count - 1])  # others may still be told of late
        return astuple(next(answers, taken) if is_ours else taken)[::2]

    channels.merchant.answer = answer
    await channels.steering.pay(channels.kind, order.merchant_order_no)
    came = await channels.callbacks(order, count=2)

    assert len({read(channels, each).event_id for each in came}) == 1

    async def delivered():
        book = await channels.steering.order(channels.kind, order.merchant_order_no)
        return [each["state"] for each in book["callbacks"]] == ["DELIVERED"]

    await eventually(delivered)
    assert len(await channels.callbacks(order)) == 2
