"""Refunds that name a bill: that bill's part of the payment goes back, definitely, and no other's."""

import asyncio

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1.bill_pb2 import Bill
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Fault, Kind, from_rpc_error
from services.payments.domain.bill_share import PartTaken, share_left_minor
from tests.payments.bill_builders import a_bill, cny, get, pay, tell
from tests.payments.refunding import PROCESSING, SUCCEEDED, a_done_refund, a_refund, money_of

PAID, PARTLY, UNPAID = Bill.STATE_PAID, Bill.STATE_PARTLY_PAID, Bill.STATE_UNPAID


async def split_payment(system, *amounts_minor: int) -> tuple[payment_pb2.Payment, list[str]]:
    """A payment for several bills, which are told, and that stands in the model channel's book."""
    contents = [a_bill(amount=cny(amount)) for amount in amounts_minor]
    for content in contents:
        await tell(system, content)
    splits = [payment_pb2.PaymentSplit(bill_no=one.bill_no, amount=one.amount) for one in contents]
    paid = await pay(system, "", sum(amounts_minor), splits=splits, channel="model_pay")
    system.book_paid(paid.merchant_order_no, ("CNY", sum(amounts_minor)), paid.channel_txn_no)
    return paid, [one.bill_no for one in contents]


async def stand(system, bill_nos) -> list[tuple[int, int]]:
    """State and paid amount of each bill."""
    found = [(await get(system, bill_no)).bill for bill_no in bill_nos]
    return [(bill.state, bill.paid_amount.amount_minor) for bill in found]


async def refusal(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)


async def test_a_refund_that_names_a_bill_takes_from_that_bill_alone(system):
    paid, bills = await split_payment(system, 60_00, 30_00, 10_00)

    asked = a_refund(paid.payment_id, 20_00, bill_no=bills[1])
    refund = (await system.refunds.CreateRefund(asked)).refund
    done = a_done_refund(paid.payment_id, 60_00, bill_no=bills[0])
    recorded = (await system.refunds.RecordRefund(done)).refund

    assert (refund.state, refund.bill_no, recorded.bill_no) == (SUCCEEDED, bills[1], bills[0])
    assert await stand(system, bills) == [(UNPAID, 0), (PARTLY, 10_00), (PAID, 10_00)]
    assert await money_of(system, paid.payment_id) == (80_00, 0, 20_00)
    assert (await system.refunds.CreateRefund(asked)).replayed


async def test_a_refund_that_names_no_bill_is_taken_from_the_last_part_on_and_not_from_what_named_ones_took(system):
    paid, bills = await split_payment(system, 60_00, 30_00, 10_00)

    await system.refunds.CreateRefund(a_refund(paid.payment_id, 5_00, bill_no=bills[2]))
    await system.refunds.CreateRefund(a_refund(paid.payment_id, 15_00))

    assert await stand(system, bills) == [(PAID, 60_00), (PARTLY, 20_00), (UNPAID, 0)]


async def test_a_refund_under_way_lowers_its_bill_when_the_money_is_back_and_no_other_meanwhile(system):
    paid, bills = await split_payment(system, 60_00, 40_00)
    system.model.next_refund = "PROCESSING"
    refund = (await system.refunds.CreateRefund(a_refund(paid.payment_id, 40_00, bill_no=bills[1]))).refund
    under_way = await stand(system, bills)
    system.model.next_refund = "DONE"

    await system.refunds.CreateRefund(a_refund(paid.payment_id, 10_00))  # names none: not from what is reserved
    meanwhile = await stand(system, bills)
    system.model.end_refund(refund.merchant_refund_no, "DONE")
    system.clock.advance(60)
    await system.actions.refunds.poll_refunds()

    assert refund.state == PROCESSING
    assert under_way == [(PAID, 60_00), (PAID, 40_00)]
    assert meanwhile == [(PARTLY, 50_00), (PAID, 40_00)]
    assert await stand(system, bills) == [(PARTLY, 50_00), (UNPAID, 0)]


async def test_a_refund_that_the_channel_refuses_leaves_its_bill_as_it_was_and_its_share_free(system):
    paid, bills = await split_payment(system, 60_00, 40_00)
    system.model.next_refund = "REFUSED"
    await system.refunds.CreateRefund(a_refund(paid.payment_id, 40_00, bill_no=bills[1]))
    refused = await stand(system, bills)
    system.model.next_refund = "DONE"

    await system.refunds.CreateRefund(a_refund(paid.payment_id, 40_00, bill_no=bills[1]))

    assert refused == [(PAID, 60_00), (PAID, 40_00)]
    assert await stand(system, bills) == [(PAID, 60_00), (UNPAID, 0)]


async def test_more_than_the_bills_part_has_left_is_refused_with_what_to_do_and_nothing_is_changed(system):
    paid, bills = await split_payment(system, 60_00, 40_00)
    await system.refunds.CreateRefund(a_refund(paid.payment_id, 30_00, bill_no=bills[1]))
    asked = a_refund(paid.payment_id, 10_01, bill_no=bills[1])

    fault = await refusal(system.refunds.CreateRefund(asked))

    (field,) = fault.fields
    assert (fault.kind, fault.reason, field.field, field.rule) == (
        Kind.PRECONDITION,
        "REFUND_EXCEEDS",
        "amount",
        "BILL_SHARE",
    )
    assert fault.metadata == {"refundable_minor": "1000", "currency_code": "CNY", "bill_no": bills[1]}
    assert "ask for less" in field.message
    assert "请减少金额" in field.message_zh
    assert await money_of(system, paid.payment_id) == (30_00, 0, 70_00)
    asked.amount.amount_minor = 10_00
    assert (await system.refunds.CreateRefund(asked)).refund.state == SUCCEEDED  # both keys were free
    # What an unnamed one took of the other part is not there for a named one either.
    await system.refunds.CreateRefund(a_refund(paid.payment_id, 50_00))
    named = a_refund(paid.payment_id, 10_01, bill_no=bills[0])
    assert (await refusal(system.refunds.CreateRefund(named))).reason == "REFUND_EXCEEDS"


@pytest.mark.parametrize("make", [a_refund, a_done_refund])
async def test_a_bill_that_the_payment_does_not_pay_is_refused_and_the_answer_names_those_that_it_pays(system, make):
    split, bills = await split_payment(system, 60_00, 40_00)
    one = await pay(system, "BILL-ALONE", 10_00, channel="model_pay")
    by_order = await pay(system, "", 10_00, merchant_order_no="ORDER-ALONE", channel="model_pay")
    call = system.refunds.CreateRefund if make is a_refund else system.refunds.RecordRefund

    for payment, own in ((split, bills), (one, ["BILL-ALONE"]), (by_order, ["ORDER-ALONE"])):
        fault = await refusal(call(make(payment.payment_id, 1_00, bill_no="BILL-OTHER")))
        (field,) = fault.fields
        assert (fault.kind, field.field, field.rule) == (Kind.INVALID, "bill_no", "BILL_OF_PAYMENT")
        assert all(bill_no in field.message and bill_no in field.message_zh for bill_no in own)
        assert await money_of(system, payment.payment_id) == (0, 0, payment.amount.amount_minor)
    for payment, own in ((one, "BILL-ALONE"), (by_order, "ORDER-ALONE")):
        system.book_paid(payment.merchant_order_no, ("CNY", 10_00), payment.channel_txn_no)
        assert (await call(make(payment.payment_id, 10_00, bill_no=own))).refund.bill_no == own


async def test_the_same_refund_number_for_another_bill_is_another_refund(system):
    paid, bills = await split_payment(system, 60_00, 40_00)
    asked = a_refund(paid.payment_id, 10_00, bill_no=bills[0])
    await system.refunds.CreateRefund(asked)

    other = a_refund(paid.payment_id, 10_00, bill_no=bills[1], merchant_refund_no=asked.merchant_refund_no)
    fault = await refusal(system.refunds.CreateRefund(other))

    assert (fault.reason, fault.metadata["fields"]) == ("BUSINESS_KEY_REUSED", "bill_no")


async def test_many_refunds_of_one_bill_at_once_never_take_more_than_its_part(system):
    paid, bills = await split_payment(system, 60_00, 10_00, 30_00)

    asked = [a_refund(paid.payment_id, 3_00, bill_no=bills[1]) for _ in range(8)]
    answers = await asyncio.gather(*map(system.refunds.CreateRefund, asked), return_exceptions=True)

    refused = [from_rpc_error(one).reason for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert refused == ["REFUND_EXCEEDS"] * 5
    assert await stand(system, bills) == [(PAID, 60_00), (PARTLY, 1_00), (PAID, 30_00)]


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=5), st.data())
def test_what_is_left_of_a_payment_is_the_sum_of_what_is_left_of_its_parts_whatever_was_named(told, data):
    numbers = [f"B{index}" for index in range(len(told))]
    named = dict.fromkeys(numbers, 0)
    unnamed = 0
    amount = sum(part for part, _ in told)

    def parts() -> list[PartTaken]:
        return [PartTaken(no, part, named[no], flag) for no, (part, flag) in zip(numbers, told, strict=True)]

    def shares() -> dict[str, int]:
        left = amount - unnamed - sum(named.values())
        return {no: share_left_minor(parts(), left, no) for no in numbers}

    for _ in range(6):
        before = shares()
        assert sum(before.values()) == amount - unnamed - sum(named.values())
        number = data.draw(st.sampled_from([*numbers, ""]))
        taken = data.draw(st.integers(0, before[number] if number else sum(before.values())))
        if number:
            named[number] += taken
            # It takes from its own part, and what names none stays where it was taken.
            assert shares() == {**before, number: before[number] - taken}
        else:
            unnamed += taken
            assert all(shares()[no] <= before[no] for no in numbers)
