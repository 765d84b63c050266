"""Refunds at every channel, through all of it: of the right payment, and by no word about another refund."""

import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb

from tests.payments.builders import a_request
from tests.payments.flowing import Flow, flow_at
from tests.payments.refunding import FAILED, PROCESSING, SUCCEEDED, UNKNOWN, a_refund, get, money_of, yuan
from tests.payments.starting import a_start, rows
from tests.support.channel_bench import KINDS
from tests.support.eventually import eventually

PAID = payment_pb2.Payment.STATE_SUCCEEDED


@pytest.fixture(params=KINDS)
async def flow(request, fresh_database, tmp_path):
    async with flow_at(request.param, fresh_database, tmp_path) as made:
        yield made


async def paid_here(flow: Flow, merchant_id: str = "wuhan-water") -> payment_pb2.Payment:
    """A payment of 10 yuan that started here, and was paid at the channel."""
    request = a_start(channel=flow.kind, merchant_id=merchant_id, amount=yuan(10_00))
    payment_id = (await flow.payments.CreatePayment(request)).payment.payment_id
    await flow.steering.pay(flow.kind, request.merchant_order_no)
    return await flow.comes_to(payment_id, PAID)


async def told_by_another(flow: Flow, payment: payment_pb2.Payment, channel_txn_no: str) -> payment_pb2.Payment:
    """A payment that another merchant of the same account tells of, under the same order number."""
    told = a_request(
        merchant_id="wuhan-power",
        merchant_order_no=payment.merchant_order_no,
        channel=flow.kind,
        channel_txn_no=channel_txn_no,
        amount=payment.amount,
    )
    return (await flow.payments.RecordPayment(told)).payment


async def ended(flow: Flow, refund_id: str):
    """The refund once it has ended, asked about as often as it takes."""

    async def at_its_end():
        refund = (await flow.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund_id))).refund
        return refund if refund.state in (SUCCEEDED, FAILED) else None

    return await eventually(at_its_end)


@pytest.mark.parametrize("whose", ["of nobody", "of a third"])
async def test_a_refund_of_one_merchant_never_moves_the_money_of_another_with_the_same_order_number(flow, whose):
    ours, third = await paid_here(flow), await paid_here(flow)
    number = {"of nobody": "4200009999999999999999999999", "of a third": third.channel_txn_no}[whose]
    theirs = await told_by_another(flow, ours, number)

    of_theirs = (await flow.refunds.CreateRefund(a_refund(theirs.payment_id, 4_00))).refund
    moved = [(await flow.booked(each.merchant_order_no))["refunded_minor"] for each in (ours, third)]
    of_ours = (await flow.refunds.CreateRefund(a_refund(ours.payment_id, 3_00))).refund

    assert of_theirs.state == FAILED
    assert moved == [0, 0]
    assert await money_of(flow, theirs.payment_id) == (0, 0, 10_00)
    assert (await ended(flow, of_ours.refund_id)).state == SUCCEEDED
    assert await money_of(flow, ours.payment_id) == (3_00, 0, 7_00)
    assert (await flow.booked(ours.merchant_order_no))["refunded_minor"] == 3_00
    assert (await flow.booked(third.merchant_order_no))["refunded_minor"] == 0


@pytest.mark.parametrize("what", ["REFUND_NO", "ORDER_NO", "TXN_NO", "AMOUNT"])
async def test_a_refund_whose_answers_are_about_another_is_unknown_and_a_persons_until_they_are_its_own(flow, what):
    payment = await paid_here(flow)
    no = payment.merchant_order_no
    await flow.steering.plan("LOST_CALLBACK", merchant_order_no=no)
    await flow.steering.plan("ANOTHER_REFUND", merchant_order_no=no, code=what)

    refund = (await flow.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund
    if not refund.HasField("attention_time"):
        # Alipay's answer names neither the refund nor its amount; that of the query, which does, is then another's.
        refund = (await flow.refunds.ConfirmRefund(pb.ConfirmRefundRequest(refund_id=refund.refund_id))).refund
    listed = await flow.refunds.ListRefunds(pb.ListRefundsRequest(needs_attention=True))
    reserved = await money_of(flow, payment.payment_id)
    await flow.steering.http.delete("/steering/faults")
    known = await ended(flow, refund.refund_id)

    assert (refund.state, refund.HasField("next_try_time")) == (UNKNOWN, False)
    assert refund.cause.startswith("DISAGREES ")
    assert [each.refund_id for each in listed.refunds] == [refund.refund_id]
    assert reserved == (0, 4_00, 6_00)
    assert (known.state, known.cause, known.HasField("attention_time")) == (SUCCEEDED, "", False)
    assert (await flow.booked(no))["refunded_minor"] == 4_00


async def test_a_refund_callback_that_is_not_what_was_asked_moves_nothing_and_is_a_persons(flow):
    if flow.kind == "alipay":
        pytest.skip("its callbacks tell no amount of the refund, and the query is followed")
    payment = await paid_here(flow)
    no = payment.merchant_order_no
    await flow.steering.plan("WRONG_AMOUNT_CALLBACK", merchant_order_no=no, on="REFUND", times=1)

    refund = (await flow.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund

    async def disagrees():
        standing = await get(flow, refund.refund_id)
        return standing if standing.HasField("attention_time") else None

    shown = await eventually(disagrees)
    assert (shown.state, shown.cause) == (UNKNOWN, "DISAGREES amount told 4.01 CNY, asked 4.00 CNY")
    assert await money_of(flow, payment.payment_id) == (0, 4_00, 6_00)
    assert {row["kind"] for row in await rows(flow, "callbacks")} == {"PAYMENT"}


async def test_a_refund_whose_answer_was_lost_falls_due_by_the_callback_or_ends_by_it(flow):
    payment = await paid_here(flow)
    no = payment.merchant_order_no
    await flow.steering.plan("LOSE_ANSWER", merchant_order_no=no, on="REFUND", times=1)

    lost = (await flow.refunds.CreateRefund(a_refund(payment.payment_id, 4_00))).refund

    async def told():
        standing = await get(flow, lost.refund_id)
        return standing if standing.state != UNKNOWN else None

    by_callback = await eventually(told)
    assert [row["kind"] for row in await rows(flow, "callbacks")] == ["PAYMENT", "REFUND"]
    if flow.kind == "alipay":
        assert (by_callback.state, by_callback.HasField("next_try_time")) == (PROCESSING, True)
        await eventually(flow.actions.refunds.poll_refunds)
    assert (await get(flow, lost.refund_id)).state == SUCCEEDED
    assert await money_of(flow, payment.payment_id) == (4_00, 0, 6_00)
    assert (await flow.booked(no))["calls"]["REFUND"] == 1
