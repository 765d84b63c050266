"""A payment's whole way on every channel: started, paid at the stand-in, called back through the gateway, and known."""

import pytest
from bihuan.payments.v1 import payment_service_pb2

from tests.payments.flowing import flow_at
from tests.payments.starting import PROCESSING, SUCCEEDED, a_close, a_start, rows
from tests.support.channel_bench import KINDS, MERCHANT


@pytest.fixture(params=KINDS)
async def flow(request, fresh_database, tmp_path):
    async with flow_at(request.param, fresh_database, tmp_path) as made:
        yield made


async def test_a_payment_is_paid_and_known_by_the_callback_alone_whatever_else_calls_back(flow):
    request = a_start(channel=flow.kind, merchant_id=MERCHANT)
    no = request.merchant_order_no
    for fault in ("FORGED_CALLBACK", "WRONG_AMOUNT_CALLBACK", "DUPLICATE_CALLBACK"):
        await flow.steering.plan(fault, merchant_order_no=no, times=1)

    started = await flow.payments.CreatePayment(request)
    await flow.steering.scan(flow.kind, no)
    await flow.steering.pay(flow.kind, no)
    known = await flow.comes_to(started.payment.payment_id, SUCCEEDED)

    assert started.payment.state == PROCESSING
    assert started.code_url
    book = await flow.steering.order(flow.kind, no)
    assert (known.channel_txn_no, known.amount) == (book["channel_txn_no"], request.amount)
    # Nobody asked: the callback was enough.
    assert book["calls"].get("QUERY", 0) == 0
    assert [row["payment_id"] for row in await rows(flow, "callbacks")] == [known.payment_id]


async def test_a_payment_whose_first_answer_and_callback_are_lost_is_found_by_asking(flow):
    request = a_start(channel=flow.kind, merchant_id=MERCHANT)
    no = request.merchant_order_no
    await flow.steering.plan("LOSE_ANSWER", merchant_order_no=no, on="CREATE", times=1)
    await flow.steering.plan("LOST_CALLBACK", merchant_order_no=no)

    first = await flow.payments.CreatePayment(request)
    again = await flow.payments.CreatePayment(request)
    await flow.steering.scan(flow.kind, no)
    await flow.steering.pay(flow.kind, no)
    confirm = payment_service_pb2.ConfirmPaymentRequest(payment_id=first.payment.payment_id)
    known = (await flow.payments.ConfirmPayment(confirm)).payment
    closed = (await flow.payments.ClosePayment(a_close(known.payment_id))).payment

    assert (again.payment.state, bool(again.code_url), again.replayed) == (PROCESSING, True, True)
    assert known.state == closed.state == SUCCEEDED
    assert (await flow.steering.order(flow.kind, no))["calls"]["CREATE"] == 2
