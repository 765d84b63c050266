"""Calls that wait at the same time go to payments together; no caller can tell."""

import asyncio

import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.type.v1 import batch_pb2

from chassis.errors import Fault, Kind
from services.gateway import contract
from services.gateway.batched import CALL_BYTES_MAX, SIZE_MAX, batch_method
from tests.support.eventually import eventually

PAYMENT = {
    "merchantId": "shop",
    "channel": "wechat_pay",
    "channelTxnNo": "4200",
    "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
    "payTime": "2026-03-01T08:00:00+08:00",
}
BATCHED = [operation for operation in contract.load().operations if batch_method(operation.method)]


def sent(peer, order_no: str, **headers: str):
    headers.setdefault("idempotency-key", f"request-{order_no}")
    return peer.plain.post("/v1/payments", json=PAYMENT | {"merchantOrderNo": order_no}, headers=headers)


async def echo(request, context):
    payment = payment_pb2.Payment(payment_id=f"pay_{request.merchant_order_no}")
    return pb.RecordPaymentResponse(payment=payment, replayed=request.merchant_order_no == "again")


@pytest.mark.parametrize("operation", BATCHED, ids=lambda operation: operation.method.name)
def test_what_the_contract_says_goes_together_can_do_so(operation):
    method, many = operation.method, batch_method(operation.method)
    calls, answers = many.input_type.fields_by_name["calls"], many.output_type.fields_by_name["answers"]

    assert (calls.is_repeated, calls.message_type.full_name) == (True, batch_pb2.BatchedCall.DESCRIPTOR.full_name)
    assert (answers.is_repeated, answers.message_type.full_name) == (
        True,
        batch_pb2.BatchedAnswer.DESCRIPTOR.full_name,
    )
    assert method.containing_service.file.package == many.containing_service.file.package
    # Who acts is told of a call and not of many, so none whose service wants to know it may go with others.
    assert "operator" not in method.input_type.fields_by_name
    assert many.full_name not in {each.method.full_name for each in contract.load().operations}
    assert method.GetOptions().idempotency_level == many.GetOptions().idempotency_level


def test_payments_are_recorded_together():
    assert [operation.method.name for operation in BATCHED] == ["RecordPayment"]


async def test_calls_at_the_same_time_go_in_few_batches_and_each_gets_its_own_answer(peer, upstream):
    upstream.answers["RecordPayment"] = echo

    answers = await asyncio.gather(*(sent(peer, str(number)) for number in range(60)), sent(peer, "again"))

    told = [answer.json()["payment"]["paymentId"] for answer in answers]
    assert told == [*(f"pay_{number}" for number in range(60)), "pay_again"]
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [*[None] * 60, "true"]
    assert sum(len(batch.calls) for batch in upstream.batches) == 61
    assert len(upstream.batches) < 40
    assert max(len(batch.calls) for batch in upstream.batches) <= SIZE_MAX


async def test_who_is_refused_is_refused_alone(peer, upstream):
    async def picky(request, context):
        if request.merchant_order_no == "reused":
            raise Fault(Kind.EXISTS, "REQUEST_ID_REUSED", "it was used", "已使用", metadata={"fields": "amount"})
        return await echo(request, context)

    upstream.answers["RecordPayment"] = picky

    first, refused, broken, last = await asyncio.gather(
        sent(peer, "1"),
        sent(peer, "reused"),
        sent(peer, "has blanks", **{"idempotency-key": "request-0003"}),
        sent(peer, "2"),
    )

    assert (first.status_code, last.status_code) == (200, 200)
    assert (refused.status_code, refused.json()["reason"]) == (409, "REQUEST_ID_REUSED")
    assert refused.json()["metadata"] == {"fields": "amount"}
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (400, "merchant_order_no")


@pytest.mark.parametrize(("kind", "status"), [(Kind.UNAVAILABLE, 503), (Kind.DEADLINE, 504)])
async def test_a_batch_that_fails_as_a_whole_tells_each_caller_what_it_would_be_told_alone(
    peer, upstream, kind, status
):
    async def failing(request, context):
        reason = {Kind.UNAVAILABLE: "UNAVAILABLE", Kind.DEADLINE: "DEADLINE_EXCEEDED"}[kind]
        raise Fault(kind, reason, "again, with the same request_id", "请重试")

    upstream.answers["BatchRecordPayments"] = failing

    answers = await asyncio.gather(*(sent(peer, str(number)) for number in range(5)))

    assert [answer.status_code for answer in answers] == [status] * 5
    assert all("same request_id" in answer.json()["detail"] for answer in answers)


async def test_each_caller_has_its_own_time(peer, upstream):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    upstream.answers["RecordPayment"] = slow
    patient = asyncio.ensure_future(sent(peer, "patient"))
    hurried = await sent(peer, "hurried", **{"request-timeout": "0.2"})
    release.set()

    assert (hurried.status_code, hurried.json()["reason"]) == (504, "DEADLINE_EXCEEDED")
    assert (await patient).status_code == 200


async def test_each_caller_stays_in_its_own_trace(peer, upstream):
    upstream.answers["RecordPayment"] = echo
    traces = [f"00-{number:032x}-00000000000000aa-00" for number in (1, 2)]

    await asyncio.gather(*(sent(peer, f"{number}", traceparent=trace) for number, trace in enumerate(traces)))

    calls = [call for batch in upstream.batches for call in batch.calls]
    assert sorted(call.traceparent for call in calls) == traces


async def test_a_large_request_goes_alone(peer, upstream):
    body = PAYMENT | {"merchantOrderNo": "1", "payerName": "x" * CALL_BYTES_MAX}

    answer = await peer.plain.post("/v1/payments", json=body, headers={"idempotency-key": "request-0001"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "payer_name")
    assert upstream.batches == []


async def test_a_gateway_that_stops_lets_the_calls_that_wait_have_their_answers(start_peer, upstream):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return await echo(request, context)

    upstream.answers["RecordPayment"] = slow
    async with start_peer() as peer:
        waiting = asyncio.ensure_future(sent(peer, "1"))
        await eventually(lambda: bool(upstream.calls))
        stopping = asyncio.ensure_future(peer.gateway.outside.stop())
        release.set()
        answer = await waiting
        await stopping

    assert answer.json()["payment"]["paymentId"] == "pay_1"
