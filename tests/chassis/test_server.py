"""chassis.server and chassis.channel, against each other through a real socket."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
import structlog
from bihuan.gateway.v1 import api_key_service_pb2
from bihuan.payments.v1 import payment_pb2, payment_service_pb2, payment_service_pb2_grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from chassis import channel, database, guard, server, telemetry
from chassis.errors import Fault, Kind, from_rpc_error
from chassis.loop import Loop
from tests.support.eventually import eventually
from tests.support.storage import NAME, refuse_a_name

SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]
Answer = Callable[[], Awaitable[payment_service_pb2.GetPaymentResponse]]
REQUEST = payment_service_pb2.GetPaymentRequest(payment_id="pay_1")
FOUND = payment_service_pb2.GetPaymentResponse(payment=payment_pb2.Payment(payment_id="pay_1"))


class _Payments(payment_service_pb2_grpc.PaymentServiceServicer):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def GetPayment(self, request, context):
        return await self._answer()


class _Peer:
    def __init__(self, running: server.Running, open_channel: grpc.aio.Channel) -> None:
        self.running = running
        self.channel = open_channel
        self.stub = payment_service_pb2_grpc.PaymentServiceStub(open_channel)


@pytest.fixture
async def peer() -> AsyncIterator[Callable[..., Awaitable[_Peer]]]:
    made: list[_Peer] = []

    async def start(answer: Answer, loops=(), timeout_seconds: float = 5) -> _Peer:
        running = await server.start("127.0.0.1:0", [server.Servicer.of(_Payments(answer))], loops)
        made.append(_Peer(running, channel.connect(f"127.0.0.1:{running.port}", [SERVICE], timeout_seconds)))
        return made[-1]

    yield start
    for one in made:
        await one.channel.close()
        await one.running.stop()


async def _found() -> payment_service_pb2.GetPaymentResponse:
    return FOUND


async def _fault_of(call: Awaitable[object]) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


async def test_a_call_without_a_deadline_is_refused(peer):
    running = (await peer(_found)).running
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as bare:
        fault = await _fault_of(payment_service_pb2_grpc.PaymentServiceStub(bare).GetPayment(REQUEST))

    assert (fault.kind, fault.reason) == (Kind.INVALID, "DEADLINE_REQUIRED")


async def test_a_field_that_breaks_its_rule_is_named_in_both_languages(peer):
    stub = (await peer(_found)).stub

    fault = await _fault_of(stub.GetPayment(payment_service_pb2.GetPaymentRequest()))

    assert fault.reason == "INVALID_FIELD"
    assert [(field.field, field.rule) for field in fault.fields] == [("payment_id", "STRING_MIN_LEN")]
    assert "长度" in fault.message_zh


async def test_a_fault_of_ours_tells_the_caller_nothing_of_the_inside(peer):
    async def broken():
        raise RuntimeError("password=hunter2")

    fault = await _fault_of((await peer(broken)).stub.GetPayment(REQUEST))

    assert (fault.kind, fault.reason) == (Kind.INTERNAL, "INTERNAL")
    assert "hunter2" not in fault.message + str(fault.metadata)


async def test_an_idempotent_call_is_repeated_while_the_server_is_unavailable(peer):
    calls = []

    async def at_the_third_try():
        calls.append(1)
        if len(calls) < 3:
            raise Fault(Kind.UNAVAILABLE, "UNAVAILABLE", "not now", "暂不可用")
        return FOUND

    answer = await (await peer(at_the_third_try)).stub.GetPayment(REQUEST)

    assert answer == FOUND
    assert len(calls) == 3


def test_a_call_that_may_not_be_repeated_has_no_retry_policy():
    keys = api_key_service_pb2.DESCRIPTOR.services_by_name["ApiKeyService"]

    config = channel.service_config([keys])

    assert {name["method"] for name in config["methodConfig"][0]["name"]} == {"ListApiKeys", "RevokeApiKey"}


async def test_a_call_made_inside_another_has_no_more_time_than_that(peer):
    async def never():
        await asyncio.Event().wait()

    stub = (await peer(never)).stub
    began = asyncio.get_running_loop().time()

    with channel.deadline_scope(0.3):
        fault = await _fault_of(stub.GetPayment(REQUEST))

    assert fault.kind is Kind.DEADLINE
    assert asyncio.get_running_loop().time() - began < 3


async def test_a_rush_of_calls_over_the_limit_is_answered_with_when_to_come_again_and_never_cut_off(peer):
    leave = asyncio.Event()

    async def slow():
        await leave.wait()
        return FOUND

    async def outcome(stub) -> str:
        try:
            await stub.GetPayment(REQUEST, timeout=30)
        except grpc.aio.AioRpcError as refused:
            retry = error_details_pb2.RetryInfo()
            status = rpc_status.from_call(refused)
            told = [one for one in status.details if one.Unpack(retry)] if status else []
            return f"{refused.code().name}, come again: {bool(told and retry.retry_delay.seconds)}"
        return "found"

    target = f"127.0.0.1:{(await peer(slow)).running.port}"
    async with grpc.aio.insecure_channel(target) as bare:
        stub = payment_service_pb2_grpc.PaymentServiceStub(bare)
        calls = [asyncio.ensure_future(outcome(stub)) for _ in range(2_500)]
        await eventually(lambda: sum(call.done() for call in calls) == 2_500 - 256)
        leave.set()
        outcomes = Counter(await asyncio.gather(*calls))

    assert outcomes == {"found": 256, "RESOURCE_EXHAUSTED, come again: True": 2_244}


async def test_what_is_over_the_limit_is_refused_and_not_queued(peer, monkeypatch):
    monkeypatch.setattr(server, "_CALLS_IN_FLIGHT_MAX", 1)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow():
        entered.set()
        await leave.wait()
        return FOUND

    stub = (await peer(slow)).stub
    first = asyncio.ensure_future(stub.GetPayment(REQUEST))
    await entered.wait()

    fault = await _fault_of(stub.GetPayment(REQUEST))
    leave.set()

    assert fault.kind is Kind.OVERLOADED
    assert await first == FOUND


async def test_one_trace_goes_through_client_and_server_under_the_current_names(peer, spans):
    stub = (await peer(_found)).stub

    with telemetry.span("outside"):
        await stub.GetPayment(REQUEST)
        trace_id = telemetry.current_trace_id()

    ended = {(span.name, span.kind.name): span for span in spans.get_finished_spans()}
    client_span = ended["bihuan.payments.v1.PaymentService/GetPayment", "CLIENT"]
    server_span = ended["bihuan.payments.v1.PaymentService/GetPayment", "SERVER"]
    assert f"{server_span.context.trace_id:032x}" == trace_id
    assert server_span.parent.span_id == client_span.context.span_id
    assert server_span.attributes["rpc.system.name"] == "grpc"
    assert server_span.attributes["rpc.response.status_code"] == "OK"


async def test_a_refusal_has_the_same_status_name_on_both_sides(peer, spans):
    async def twice():
        raise Fault(Kind.EXISTS, "BUSINESS_KEY_REUSED", "it is there", "已存在")

    await _fault_of((await peer(twice)).stub.GetPayment(REQUEST))

    told = {span.kind.name: span.attributes["rpc.response.status_code"] for span in spans.get_finished_spans()}
    assert told == {"SERVER": "ALREADY_EXISTS", "CLIENT": "ALREADY_EXISTS"}


async def test_a_row_that_the_database_refuses_is_logged_without_its_contents(peer, postgres):
    engine = database.connect(postgres.url("postgres"), "test")

    async def refused():
        await refuse_a_name(engine)

    stub = (await peer(refused)).stub
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as logs:
        fault = await _fault_of(stub.GetPayment(REQUEST))

    await engine.dispose()
    assert fault.reason == "INTERNAL"
    assert [(entry["event"], entry["constraint"]) for entry in logs] == [("unhandled", "short")]
    assert NAME not in str(logs)


async def test_a_call_ends_at_the_longest_that_a_call_may_take_whatever_its_deadline(peer, monkeypatch):
    monkeypatch.setattr(guard, "_CALL_SECONDS_MAX", 0.2)
    ended = asyncio.Event()

    async def never():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    fault = await asyncio.wait_for(_fault_of((await peer(never)).stub.GetPayment(REQUEST, timeout=86_400)), 60)

    assert fault.reason == "DEADLINE_EXCEEDED"
    assert ended.is_set()


async def test_an_answer_over_the_limit_is_not_taken_for_too_many_calls(peer):
    async def large():
        return payment_service_pb2.GetPaymentResponse(payment=payment_pb2.Payment(payment_id="p" * 5_000_000))

    fault = await _fault_of((await peer(large)).stub.GetPayment(REQUEST))

    assert (fault.kind, fault.reason) == (Kind.INTERNAL, "INTERNAL")
    assert "larger than 4194304 bytes" in fault.message


async def test_a_request_over_the_limit_is_told_with_the_limit(peer):
    request = payment_service_pb2.GetPaymentRequest(payment_id="p" * 5_000_000)

    fault = await _fault_of((await peer(_found)).stub.GetPayment(request))

    assert (fault.kind, fault.reason, fault.metadata) == (Kind.INVALID, "TOO_LARGE", {"limit_bytes": "4194304"})


async def test_stopping_lets_the_call_and_the_loop_under_way_end(peer):
    entered, leave, turned = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow():
        entered.set()
        await leave.wait()
        return FOUND

    async def turn() -> int:
        turned.set()
        return 0

    made = await peer(slow, loops=[Loop("test", turn, 60)])
    call = asyncio.ensure_future(made.stub.GetPayment(REQUEST))
    await entered.wait()
    await turned.wait()
    stopping = asyncio.ensure_future(made.running.stop())
    await asyncio.sleep(0)
    leave.set()
    await stopping

    assert await call == FOUND
    assert all(loop.done() for loop in made.running.loops)


async def test_a_server_waits_for_calls_and_not_for_each_method_apart(peer):
    await peer(_found)

    waiting = [repr(task) for task in asyncio.all_tasks()]

    # A registered method has a task that waits for its next call, and each call costs what all of these cost.
    assert not any("_request_registered_call" in one for one in waiting)
    assert sum("_request_call" in one for one in waiting) == 1


async def test_health_answers_for_each_service(peer):
    made = await peer(_found)

    answer = await health_pb2_grpc.HealthStub(made.channel).Check(
        health_pb2.HealthCheckRequest(service=SERVICE.full_name), timeout=30
    )

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
