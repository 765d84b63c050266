"""Intake by batches: many calls share a transaction, and each still has its own answer, its own error, its own time."""

import asyncio
import dataclasses
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from bihuan.payments.v1 import feed_pb2, payment_pb2
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from sqlalchemy import text

from chassis import server
from chassis.errors import Fault, Kind, from_rpc_error
from services.payments import rpc
from services.payments.actions.intake import Asked, Batching, IntakeActions
from services.payments.config import Config
from services.payments.convert import payment as convert
from services.payments.domain.fee import FeeRules
from services.payments.domain.intake import Recorded
from services.payments.domain.life import MOVES
from services.payments.domain.payment import Origin, State, Success
from services.payments.store import intake as store
from services.payments.store import payment as payments
from services.payments.store.sql import Lanes
from tests.payments.builders import NOON, NOTHING, a_payment, a_request, as_told, take_in
from tests.support.eventually import eventually
from tests.support.metric_points import points


async def refusal(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)


@asynccontextmanager
async def intake_of(system, batching: Batching) -> AsyncIterator[tuple[IntakeActions, payment_grpc.PaymentServiceStub]]:
    """The same service with another batching; calls go there without any of our client's retries."""
    intake = IntakeActions(system.engine, system.clock, FeeRules(), batching)
    running = await server.start("127.0.0.1:0", rpc.servicers(dataclasses.replace(system.actions, intake=intake)))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield intake, payment_grpc.PaymentServiceStub(channel)
    await running.stop()
    await intake.close(5)


@asynccontextmanager
async def stopped(system) -> AsyncIterator[pb.RecordPaymentRequest]:
    """While it lasts, the batch in which the request comes waits for a key that another transaction holds."""
    rival = a_payment()
    async with system.sessions() as session:
        await take_in(session, rival)
        yield a_request(merchant_order_no=rival.content.merchant_order_no)
        await session.rollback()


def asked(request: pb.RecordPaymentRequest) -> Asked:
    return Asked(request.request_id, convert.to_content(request))


async def is_waiting(system) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with system.engine.connect() as connection:
        return await connection.scalar(query) > 0


async def test_new_repeated_and_refused_payments_of_one_batch_each_have_their_own_answer(system):
    kept = a_request()
    await system.payments.RecordPayment(kept)
    other_amount, same_again, same_order = (pb.RecordPaymentRequest.FromString(kept.SerializeToString()) for _ in "abc")
    other_amount.amount.amount_minor += 1
    same_order.request_id = "same-order-again"
    new, twin = a_request(), a_request()
    of_twins = pb.RecordPaymentRequest.FromString(twin.SerializeToString())

    requests = [new, other_amount, same_again, same_order, twin, of_twins]
    answers = await asyncio.gather(
        *(system.payments.RecordPayment(request) for request in requests), return_exceptions=True
    )

    recorded, refused, *replayed, one, other = answers
    assert not recorded.replayed
    assert from_rpc_error(refused).reason == "REQUEST_ID_REUSED"
    assert [answer.replayed for answer in replayed] == [True, True]
    assert one.payment == other.payment
    assert sorted((one.replayed, other.replayed)) == [False, True]
    assert await system.row_counts() == {
        "payments": 3,
        "order_key": 3,
        "requests": 4,
        "reconciliations": 0,
        "feed": 3,
    }


async def test_a_payment_whose_data_the_database_refuses_does_not_fail_its_neighbours(system):
    async with system.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE payments ADD CHECK (bill_no <> 'POISON')"))
    requests = [a_request() for _ in range(8)]
    requests[5].bill_no = "POISON"

    answers = await asyncio.gather(
        *(system.payments.RecordPayment(request) for request in requests), return_exceptions=True
    )

    failed = [index for index, answer in enumerate(answers) if isinstance(answer, BaseException)]
    assert failed == [5]
    assert from_rpc_error(answers[5]).kind is Kind.INTERNAL
    assert (await system.row_counts())["payments"] == 7


async def test_who_finds_the_queue_full_is_told_when_to_come_again_and_nothing_is_stored(system):
    batching = Batching(size_max=1, waiting_max=1, in_flight_max=1)
    async with intake_of(system, batching) as (actions, stub), stopped(system) as blocked:
        in_flight = asyncio.ensure_future(actions.record_payment(asked(blocked)))
        await eventually(lambda: is_waiting(system))
        waiting = asyncio.ensure_future(actions.record_payment(asked(a_request())))
        await asyncio.sleep(0)  # it waits now
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.RecordPayment(a_request(), timeout=20)
    await asyncio.gather(in_flight, waiting)

    assert from_rpc_error(refused.value).reason == "OVERLOADED"
    retry = error_details_pb2.RetryInfo()
    assert [each for each in rpc_status.from_call(refused.value).details if each.Unpack(retry)] != []
    assert retry.retry_delay.seconds > 0
    assert (await system.row_counts())["payments"] == 2


async def test_one_limit_decides_how_many_payments_wait_and_who_is_past_it_is_told_at_once_when_to_come_again(system):
    limit = 5
    intake = IntakeActions(system.engine, system.clock, FeeRules(), Batching.for_calls(limit))
    servicers = rpc.servicers(dataclasses.replace(system.actions, intake=intake))
    running = await server.start("127.0.0.1:0", servicers, calls_in_flight_max=limit)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        stub = payment_grpc.PaymentServiceStub(channel)
        async with stopped(system) as blocked:
            first = asyncio.ensure_future(stub.RecordPayment(blocked, timeout=20))
            await eventually(lambda: is_waiting(system))
            calls = [asyncio.ensure_future(stub.RecordPayment(a_request(), timeout=20)) for _ in range(12)]
            await eventually(lambda: sum(call.done() for call in calls) == 12 - (limit - 1))
            past = [call for call in calls if call.done()]
        ended = await asyncio.gather(first, *calls, return_exceptions=True)
    await running.stop()
    await intake.close(5)

    assert {from_rpc_error(call.exception()).reason for call in past} == {"OVERLOADED"}
    for call in past:
        retry = error_details_pb2.RetryInfo()
        assert call.exception().code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert [each for each in rpc_status.from_call(call.exception()).details if each.Unpack(retry)] != []
    taken = [one for one in ended[1:] if not isinstance(one, BaseException)]
    assert len(taken) == limit - 1
    assert Batching.for_calls(Config(database_url="").calls_in_flight_max).waiting_max == 1_024


async def test_what_the_batches_of_intake_do_is_told_as_metrics_without_any_payments_own_data(system):
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    intake = IntakeActions(system.engine, system.clock, FeeRules(), meter=meter)

    await asyncio.gather(*(intake.record_payment(asked(a_request())) for _ in range(20)))
    await intake.close(5)

    told = points(reader)
    assert told["bihuan.intake.batch_size"].sum == 20
    assert told["bihuan.intake.batch_size"].count == told["bihuan.intake.flush_seconds"].count
    assert told["bihuan.intake.queue_wait_seconds"].max < 10
    assert told["bihuan.intake.queue_depth"].value == 0
    assert [dict(point.attributes) for point in told.values()] == [{}] * len(told)


async def test_a_call_whose_deadline_passes_in_the_queue_comes_into_no_batch(system):
    async with intake_of(system, Batching(in_flight_max=1)) as (actions, stub), stopped(system) as blocked:
        in_flight = asyncio.ensure_future(actions.record_payment(asked(blocked)))
        await eventually(lambda: is_waiting(system))
        refused = await refusal(stub.RecordPayment(a_request(), timeout=0.3))
    await in_flight

    assert (refused.kind, refused.reason) == (Kind.DEADLINE, "DEADLINE_EXCEEDED")
    assert (await system.row_counts())["payments"] == 1


async def test_a_connection_that_the_database_has_dropped_is_replaced_before_anything_is_asked_of_it(system):
    unretried = payment_grpc.PaymentServiceStub(system.open_channel)
    await unretried.RecordPayment(a_request(), timeout=20)
    async with system.engine.connect() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    answer = await unretried.RecordPayment(a_request(), timeout=20)

    assert not answer.replayed


async def test_a_batch_whose_commit_was_not_heard_of_is_asked_for_again_and_is_no_replay(system):
    told = [as_told(a_payment()) for _ in range(3)]
    lanes = Lanes(system.engine)
    async with lanes.statement() as driver:
        await store.take_in_new(driver, told)  # and the connection breaks before the answer

    with pytest.raises(store.NotAllNew):
        async with lanes.statement() as driver:
            await store.take_in_new(driver, [*told, as_told(a_payment())])
    async with lanes.transaction() as driver:
        decided = await store.take_in(driver, told)
    await lanes.close()

    assert decided == [Recorded(one.payment) for one in told]
    assert (await system.row_counts())["payments"] == 3


async def test_a_batch_is_one_span_with_links_to_the_calls_that_came_into_it(system, spans):
    await asyncio.gather(*(system.payments.RecordPayment(a_request()) for _ in range(5)))

    finished = spans.get_finished_spans()
    calls = {span.context.span_id for span in finished if span.name == "record_payment"}
    batches = [span for span in finished if span.name == "commit.batch"]
    assert sorted(link.context.span_id for batch in batches for link in batch.links) == sorted(calls)
    assert sum(batch.attributes["bihuan.payment_count"] for batch in batches) == 5
    assert {batch.parent for batch in batches} == {None}


async def test_many_batches_at_once_leave_the_database_to_everybody_else(system):
    batches = [pb.BatchCreatePaymentsRequest(payments=[a_request() for _ in range(2)]) for _ in range(20)]

    answers = await asyncio.gather(*(system.payments.BatchCreatePayments(batch) for batch in batches))

    assert {len(answer.results) for answer in answers} == {2}
    # Of the engine's eight connections, intake has kept a few.
    assert system.engine.pool.checkedout() <= 3
    assert await system.payments.GetPayment(pb.GetPaymentRequest(payment_id=answers[0].results[0].payment.payment_id))


async def test_a_batch_of_payments_is_taken_in_whole_and_may_be_repeated(system):
    batch = pb.BatchCreatePaymentsRequest(payments=[a_request() for _ in range(20)])

    first = await system.payments.BatchCreatePayments(batch)
    again = await system.payments.BatchCreatePayments(batch)

    orders = [one.merchant_order_no for one in batch.payments]
    assert [one.payment.merchant_order_no for one in first.results] == orders
    assert not any(one.replayed for one in first.results)
    assert all(one.replayed for one in again.results)
    assert [one.payment for one in again.results] == [one.payment for one in first.results]
    assert (await system.row_counts())["payments"] == 20


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"amount": money_pb2.Money(currency_code="CNY", amount_minor=-1)}, "INVALID_FIELD", "payments[2].amount"),
        (
            {"amount": money_pb2.Money(currency_code="ZZZ", amount_minor=1)},
            "UNKNOWN_CURRENCY",
            "payments[2].amount.currency_code",
        ),
        ({"pay_time": Timestamp(seconds=int(NOON.timestamp()) + 901)}, "INVALID_FIELD", "payments[2].pay_time"),
    ],
)
async def test_one_bad_payment_refuses_its_batch_by_its_place_and_nothing_is_stored(system, changes, reason, field):
    batch = pb.BatchCreatePaymentsRequest(payments=[a_request(), a_request(), a_request(**changes)])

    refused = await refusal(system.payments.BatchCreatePayments(batch))

    assert (refused.reason, [fault.field for fault in refused.fields]) == (reason, [field])
    assert await system.row_counts() == NOTHING


async def test_one_reused_order_refuses_its_batch_by_its_place_and_nothing_is_stored(system):
    kept = a_request()
    await system.payments.RecordPayment(kept)
    before = await system.row_counts()
    reused = a_request(merchant_order_no=kept.merchant_order_no)

    refused = await refusal(
        system.payments.BatchCreatePayments(pb.BatchCreatePaymentsRequest(payments=[a_request(), reused]))
    )

    assert (refused.reason, refused.metadata["index"]) == ("BUSINESS_KEY_REUSED", "1")
    assert await system.row_counts() == before


async def test_an_order_whose_payment_was_archived_is_not_taken_in_again(system):
    request = a_request()
    first = await system.payments.RecordPayment(request)
    await system.read_feed()
    async with system.engine.begin() as connection:  # as retention does, which drops whole months
        await connection.execute(text("DELETE FROM payments"))

    same = await refusal(system.payments.RecordPayment(request))
    request.request_id, request.amount.amount_minor = "another-request", 1
    other = await refusal(system.payments.RecordPayment(request))

    assert (same.reason, same.metadata["payment_id"]) == ("PAYMENT_ARCHIVED", first.payment.payment_id)
    assert (other.reason, other.metadata["payment_id"]) == ("BUSINESS_KEY_REUSED", first.payment.payment_id)
    assert (await system.row_counts())["payments"] == 0


async def test_a_state_is_left_only_for_one_that_it_may_be_left_for(system):
    left = {}
    for from_state, to_state in itertools.product(State, State):
        made = a_payment()
        success = Success("42", NOON, None) if to_state is State.SUCCEEDED else None
        async with system.sessions.begin() as session:
            await take_in(session, made)
            put = text("UPDATE payments SET state = :state WHERE payment_id = :id")
            await session.execute(put, {"state": from_state.value, "id": made.payment_id})
            moved = await payments.move(session, made.payment_id, to_state, cause="why", success=success)
            kept = await payments.get(session, made.payment_id)
        left[from_state, to_state] = (moved is not None, kept.state, kept.version)

    for (from_state, to_state), told in left.items():
        assert told == ((True, to_state, 2) if to_state in MOVES[from_state] else (False, from_state, 1))
    moves_count = sum(len(targets) for targets in MOVES.values())
    assert (await system.row_counts())["feed"] == len(left) + moves_count


async def test_money_that_comes_in_by_a_move_is_in_the_feed_and_in_the_manifest_of_its_day(system):
    made = dataclasses.replace(
        a_payment(channel_txn_no=""), state=State.CREATED, origin=Origin.STARTED_HERE, business_date=None
    )
    made = dataclasses.replace(made, content=dataclasses.replace(made.content, pay_time=None))
    async with system.sessions.begin() as session:
        await take_in(session, made)
    async with system.sessions.begin() as session:
        await payments.move(session, made.payment_id, State.SUCCEEDED, success=Success("42", NOON, None))

    created, succeeded = await system.read_feed()
    asked_for = feed_pb.GetSliceManifestRequest(channel="wechat_pay", business_date="2026-03-01")
    manifest = (await system.feed.GetSliceManifest(asked_for)).manifest

    assert (created.payment.state, created.payment.channel_txn_no) == (payment_pb2.Payment.STATE_CREATED, "")
    assert not created.payment.HasField("pay_time")
    assert (succeeded.payment.channel_txn_no, succeeded.payment.business_date) == ("42", "2026-03-01")
    assert succeeded.kind == feed_pb2.PaymentChange.KIND_PAYMENT
    assert (manifest.payment_count, manifest.max_sequence) == (1, 2)
