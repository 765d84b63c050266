"""One order paid in several parts: its state follows from the payments of its parts, whenever they come."""

import itertools

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import split_order_pb2 as order_pb
from bihuan.payments.v1 import split_order_service_pb2 as pb

from chassis.errors import from_rpc_error
from tests.payments.builders import a_request
from tests.payments.refunding import a_done_refund, reason_of, yuan
from tests.payments.starting import started

_numbers = itertools.count(1)


def an_order(*amounts: int, **changes) -> pb.CreateSplitOrderRequest:
    number = next(_numbers)
    fields = {
        "request_id": f"order-request-{number:06}",
        "merchant_id": "wuhan-water",
        "split_order_no": f"WHOLE-{number:06}",
        "total": yuan(sum(amounts)),
        "parts": [
            pb.SplitOrderPartContent(merchant_order_no=f"PART-{number:06}-{place}", amount=yuan(amount))
            for place, amount in enumerate(amounts)
        ],
    }
    return pb.CreateSplitOrderRequest(**{**fields, **changes})


async def pay(system, number: str, amount_minor: int, **changes) -> payment_pb2.Payment:
    request = a_request(merchant_order_no=number, amount=yuan(amount_minor), **changes)
    return (await system.payments.RecordPayment(request)).payment


async def look(system, order) -> order_pb.SplitOrder:
    request = pb.GetSplitOrderRequest(merchant_id=order.merchant_id, split_order_no=order.split_order_no)
    return (await system.split_orders.GetSplitOrder(request)).split_order


async def test_an_order_is_paid_when_all_its_parts_are_whichever_channel_they_came_by(system):
    asked = an_order(6_00, 4_00)
    first, second = (part.merchant_order_no for part in asked.parts)
    early = await pay(system, first, 6_00)  # before its order is told

    order = (await system.split_orders.CreateSplitOrder(asked)).split_order
    assert (order.state, order.paid_amount) == (order_pb.SplitOrder.STATE_PARTLY_PAID, yuan(6_00))
    assert [part.payment_id for part in order.parts] == [early.payment_id, ""]

    await pay(system, second, 4_00, channel="alipay")

    order = await look(system, order)
    assert (order.state, order.paid_amount, order.pending_amount) == (
        order_pb.SplitOrder.STATE_PAID,
        yuan(10_00),
        yuan(0),
    )
    assert [part.payment_state for part in order.parts] == [payment_pb2.Payment.STATE_SUCCEEDED] * 2


async def test_what_is_under_way_is_told_apart_from_what_came(system):
    asked = an_order(6_00, 4_00)
    order = (await system.split_orders.CreateSplitOrder(asked)).split_order
    assert (order.state, order.paid_amount) == (order_pb.SplitOrder.STATE_UNPAID, yuan(0))

    await started(system, merchant_order_no=asked.parts[0].merchant_order_no, amount=yuan(6_00))

    order = await look(system, order)
    assert (order.state, order.paid_amount, order.pending_amount) == (
        order_pb.SplitOrder.STATE_UNPAID,
        yuan(0),
        yuan(6_00),
    )


async def test_what_goes_back_is_paid_no_more_and_what_is_too_much_is_told(system):
    asked = an_order(6_00, 4_00)
    first, second = (part.merchant_order_no for part in asked.parts)
    order = (await system.split_orders.CreateSplitOrder(asked)).split_order
    large, other = await pay(system, first, 6_50), await pay(system, second, 4_00)

    over = await look(system, order)
    assert (over.state, over.paid_amount) == (order_pb.SplitOrder.STATE_OVERPAID, yuan(10_50))
    assert [part.differs for part in over.parts] == [True, False]

    await system.refunds.RecordRefund(a_done_refund(large.payment_id, 50))
    assert (await look(system, order)).state == order_pb.SplitOrder.STATE_PAID
    await system.refunds.RecordRefund(a_done_refund(other.payment_id, 4_00))

    left = await look(system, order)
    assert (left.state, left.paid_amount) == (order_pb.SplitOrder.STATE_PARTLY_PAID, yuan(6_00))


async def test_an_order_is_told_once_and_its_numbers_are_its_own_for_ever(system):
    asked = an_order(6_00, 4_00)
    first = await system.split_orders.CreateSplitOrder(asked)

    again = await system.split_orders.CreateSplitOrder(asked)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.split_order == first.split_order
    shared = an_order(1_00, 2_00)
    shared.parts[1].merchant_order_no = asked.parts[0].merchant_order_no
    assert await reason_of(system.split_orders.CreateSplitOrder(shared)) == "BUSINESS_KEY_REUSED"
    assert await reason_of(look(system, shared)) == "NOT_FOUND"
    changed = an_order(5_00, 5_00, split_order_no=asked.split_order_no)
    assert await reason_of(system.split_orders.CreateSplitOrder(changed)) == "BUSINESS_KEY_REUSED"
    other = an_order(1_00, 2_00, request_id=asked.request_id)
    assert await reason_of(system.split_orders.CreateSplitOrder(other)) == "REQUEST_ID_REUSED"
    used = a_request(request_id=asked.request_id)
    assert await reason_of(system.payments.RecordPayment(used)) == "REQUEST_ID_REUSED"


async def test_parts_that_are_not_the_whole_are_refused_with_every_reason(system):
    wrong = an_order(6_00, 4_00, total=yuan(10_01))
    wrong.parts[1].merchant_order_no = wrong.parts[0].merchant_order_no
    wrong.parts[1].amount.currency_code = "USD"

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await system.split_orders.CreateSplitOrder(wrong)

    fault = from_rpc_error(refused.value)
    assert [(field.field, field.rule) for field in fault.fields] == [
        ("parts[1].amount.currency_code", "SAME_CURRENCY"),
        ("parts[1].merchant_order_no", "PART_ONCE"),
        ("parts", "PARTS_SUM"),
    ]
    assert await reason_of(system.split_orders.CreateSplitOrder(an_order(1_00))) == "INVALID_FIELD"
    assert await reason_of(look(system, wrong)) == "NOT_FOUND"
