"""What anybody may ask by gRPC without a key: bounded in time, in number and by address."""

import asyncio
import contextlib

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chassis.errors import Fault
from services.gateway import grpc_open
from services.gateway.grpc_open import Places
from tests.support.called import called

CHECK = "/grpc.health.v1.Health/Check"
INFO = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
ASKED = reflection_pb2.ServerReflectionRequest(file_containing_symbol="bihuan.payments.v1.PaymentService")


async def _silent():
    await asyncio.Event().wait()
    yield b""


async def _answers(channel, count: int) -> list:
    stream = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([ASKED] * count), timeout=60)
    return [answer async for answer in stream]


async def test_who_sends_nothing_holds_neither_health_nor_reflection_for_long(peer, monkeypatch):
    monkeypatch.setattr(grpc_open, "CALL_SECONDS", 0.5)
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        check = channel.stream_unary(CHECK)(_silent(), timeout=60)
        info = channel.stream_stream(INFO)(_silent(), timeout=60)
        codes = [await check.code(), await info.code()]
        details = [await check.details(), await info.details()]

    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED] * 2
    assert details[0] == details[1] != ""


async def test_more_calls_without_a_key_than_an_address_may_hold_are_told_to_come_again(peer):
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        held = [channel.stream_stream(INFO)(_silent(), timeout=60) for _ in range(9)]
        ended = {asyncio.create_task(call.code()) for call in held}
        first, others = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        for call in held:
            call.cancel()
        await asyncio.wait(others)

    assert {one.result() for one in first} == {grpc.StatusCode.RESOURCE_EXHAUSTED}


async def test_the_contract_is_told_so_often_a_second_to_an_address_and_health_like_a_read(start_peer):
    async with (
        start_peer(rate_bulk_per_second=1.0, rate_read_per_second=1.0) as peer,
        grpc.aio.insecure_channel(peer.grpc_target) as channel,
    ):
        asking = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(timeout=60)
        with contextlib.suppress(grpc.aio.AioRpcError):
            for _ in range(30):  # one behind the other: to write to a call that has ended is a fault of its own
                await asking.write(ASKED)
                await asking.read()
        contract = await asking.code()
        health = {(await called(channel, "grpc.health.v1.Health.Check", b"")).reason for _ in range(30)}

    assert contract is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert health == {"", "RATE_LIMITED"}


async def test_an_answer_that_was_told_before_is_the_same(peer):
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        first, second = await _answers(channel, 2)

    assert first == second
    assert len(first.file_descriptor_response.file_descriptor_proto) > 5


async def test_bytes_that_are_no_question_and_services_that_are_not_there_are_told_so(peer):
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        codes = [await channel.unary_unary(CHECK)(asked, timeout=20).code() for asked in (b"\xff", b"\x0a\x01x")]

    assert codes == [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND]


async def test_who_is_suspended_is_not_told_the_contract(start_peer):
    async with start_peer(suspicion_points_max=3.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        for number in range(4):
            await called(channel, f"bihuan.payments.v1.PaymentService.Guess{number}", b"")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _answers(channel, 1)

    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_places_are_given_back_and_an_address_has_some_of_them():
    places = Places(total=3, of_address=2)

    with places.held("a"), places.held("a"):
        with pytest.raises(Fault), places.held("a"):
            pass
        with places.held("b"), pytest.raises(Fault), places.held("c"):
            pass
    with places.held("a"), places.held("a"), places.held("b"):
        pass
    assert not places._taken
