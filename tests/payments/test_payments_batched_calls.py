"""Calls that the gateway sends together: each is recorded or refused by itself, in its own trace."""

import dataclasses

import pytest
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.type.v1 import batch_pb2, money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2
from sqlalchemy import text

from chassis.errors import Fault, Kind, from_status
from services.payments.actions.intake import Batching
from tests.payments.builders import NOON, NOTHING, a_request
from tests.payments.test_payments_intake import intake_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{}"


def batch(*requests: pb.RecordPaymentRequest, traceparent: str = "") -> pb.BatchRecordPaymentsRequest:
    calls = [
        batch_pb2.BatchedCall(request=request.SerializeToString(), traceparent=traceparent) for request in requests
    ]
    return pb.BatchRecordPaymentsRequest(calls=calls)


def read(answers: pb.BatchRecordPaymentsResponse) -> list[pb.RecordPaymentResponse | Fault]:
    return [
        pb.RecordPaymentResponse.FromString(one.answer)
        if one.WhichOneof("outcome") == "answer"
        else from_status(status_pb2.Status.FromString(one.status))
        for one in answers.answers
    ]


async def test_each_call_has_the_answer_that_it_would_have_had_alone(system):
    requests = [a_request() for _ in range(3)]

    first = read(await system.payments.BatchRecordPayments(batch(*requests)))
    again = read(await system.payments.BatchRecordPayments(batch(*reversed(requests))))
    alone = [await system.payments.RecordPayment(request) for request in requests]

    assert [one.payment.merchant_order_no for one in first] == [one.merchant_order_no for one in requests]
    assert not any(one.replayed for one in first)
    assert again == list(reversed(alone))
    assert (await system.row_counts())["payments"] == 3


async def test_calls_that_are_refused_leave_their_neighbours_as_they_are(system):
    kept = a_request()
    await system.payments.RecordPayment(kept)
    reused, same_order = (pb.RecordPaymentRequest.FromString(kept.SerializeToString()) for _ in "ab")
    reused.channel_txn_no, same_order.request_id = "another", "same-order-again"
    new, twin = a_request(), a_request()
    refused = [
        reused,
        a_request(amount=money_pb2.Money(currency_code="CNY", amount_minor=-1)),
        a_request(amount=money_pb2.Money(currency_code="ZZZ", amount_minor=1)),
        a_request(pay_time=Timestamp(seconds=int(NOON.timestamp()) + 901)),
        a_request(request_id=""),
        a_request(payer_name="a\0b"),
    ]
    alone = []
    for request in refused:
        (fault,) = read(await system.payments.BatchRecordPayments(batch(request)))
        alone.append(fault)

    *faults, one, other, again, of_new = read(
        await system.payments.BatchRecordPayments(batch(*refused, twin, twin, same_order, new))
    )

    assert [fault.reason for fault in faults] == [
        "REQUEST_ID_REUSED",
        "INVALID_FIELD",
        "UNKNOWN_CURRENCY",
        "INVALID_FIELD",
        "INVALID_FIELD",
        "INVALID_FIELD",
    ]
    assert [[field.field for field in fault.fields] for fault in faults[1:]] == [
        ["amount"],
        ["amount.currency_code"],
        ["pay_time"],
        ["request_id"],
        ["payer_name"],
    ]
    assert [vars(fault) for fault in faults] == [vars(fault) for fault in alone]
    assert sorted((one.replayed, other.replayed)) == [False, True]
    assert (again.replayed, of_new.replayed) == (True, False)
    assert (await system.row_counts())["payments"] == 3


async def test_what_is_no_request_at_all_is_refused_by_itself(system):
    calls = [batch_pb2.BatchedCall(request=b"\xff"), *batch(a_request()).calls]

    broken, right = read(await system.payments.BatchRecordPayments(pb.BatchRecordPaymentsRequest(calls=calls)))

    assert (broken.kind, broken.reason) == (Kind.INVALID, "MALFORMED_REQUEST")
    assert not right.replayed


async def test_a_payment_whose_data_the_database_refuses_fails_alone(system):
    async with system.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE payments ADD CHECK (bill_no <> 'POISON')"))
    requests = [a_request() for _ in range(8)]
    requests[5].bill_no = "POISON"

    answers = read(await system.payments.BatchRecordPayments(batch(*requests)))

    assert [index for index, one in enumerate(answers) if isinstance(one, Fault)] == [5]
    assert answers[5].kind is Kind.INTERNAL
    assert (await system.row_counts())["payments"] == 7


async def test_when_all_are_refused_nothing_is_stored(system):
    wrong = [a_request(merchant_id=""), a_request(channel="")]

    answers = read(await system.payments.BatchRecordPayments(batch(*wrong)))

    assert [one.reason for one in answers] == ["INVALID_FIELD"] * 2
    assert await system.row_counts() == NOTHING


@pytest.mark.parametrize(("flags", "is_kept"), [("01", True), ("00", False)])
async def test_a_payment_stands_in_its_callers_trace(system, spans, flags, is_kept):
    right, wrong = a_request(), a_request(merchant_id="")

    answers = read(await system.payments.BatchRecordPayments(batch(right, wrong, traceparent=TRACE.format(flags))))

    assert answers[0].payment.trace_id == "0af7651916cd43dd8448eb211c80319c"
    own = [span for span in spans.get_finished_spans() if span.name == "record_payment"]
    assert [format(span.parent.span_id, "016x") for span in own] == ["b7ad6b7169203331"] * is_kept
    assert [span.attributes["bihuan.payment_id"] for span in own] == [answers[0].payment.payment_id] * is_kept


async def test_calls_that_came_together_need_no_place_in_the_queue_of_those_that_come_alone(system):
    async with intake_of(system, dataclasses.replace(Batching(), size_max=1, waiting_max=1)) as (_, stub):
        answers = read(await stub.BatchRecordPayments(batch(*(a_request() for _ in range(50))), timeout=60))

    assert len([one for one in answers if not isinstance(one, Fault)]) == 50
