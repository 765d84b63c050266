"""Messages of callers by gRPC that do not come, come twice, or come before anybody has proved a key."""

import asyncio

import grpc
import pytest
from bihuan.payments.v1 import payment_service_pb2
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from services.gateway.grpc_messages import Inbox
from tests.support.called import called
from tests.support.eventually import eventually

GET = "bihuan.payments.v1.PaymentService.GetPayment"
INGEST = "bihuan.reconciler.v1.StatementService.IngestStatement"
REQUEST = payment_service_pb2.GetPaymentRequest(payment_id="p").SerializeToString()


def _key(peer) -> dict[str, str]:
    return {"authorization": peer.plain.headers["authorization"]}


async def _silent(*contents: bytes):
    """Some messages, and never an end."""
    for content in contents:
        yield content
    await asyncio.Event().wait()


def _opened(channel, method: str, contents, metadata=None):
    service, _, name = method.rpartition(".")
    return channel.stream_unary(f"/{service}/{name}")(contents, metadata=list((metadata or {}).items()), timeout=60)


@pytest.mark.parametrize("method", [GET, INGEST], ids=["one message", "many"])
async def test_who_has_proved_no_key_is_told_so_before_a_message_of_his_is_awaited(peer, upstream, method):
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        codes = [await _opened(channel, method, _silent()).code() for _ in range(3)]

    assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 3
    assert upstream.calls == []


@pytest.mark.parametrize("method", [GET, INGEST], ids=["one message", "many"])
async def test_a_message_that_does_not_come_is_awaited_as_long_as_a_call_may_last(start_peer, upstream, method):
    async with (
        start_peer(call_timeout_seconds=1.0) as peer,
        grpc.aio.insecure_channel(peer.grpc_target) as channel,
    ):
        code = await _opened(channel, method, _silent(), _key(peer)).code()

    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert upstream.calls == []


@pytest.mark.parametrize("requests", [[], [REQUEST, REQUEST]], ids=["none", "two"])
async def test_a_method_of_one_message_takes_one_and_no_other_number(peer, upstream, requests):
    told = await called(peer.grpc_target, GET, requests, _key(peer))

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
    assert upstream.calls == []


async def test_a_deed_whose_message_never_came_is_written_down_as_refused_once_its_caller_left(peer, upstream):
    record = "bihuan.payments.v1.PaymentService.RecordPayment"
    in_flight = peer.gateway.outside_grpc.door._under_way
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        call = _opened(channel, record, _silent(), _key(peer))
        await eventually(lambda: in_flight, timeout_seconds=20)
        call.cancel()
        await eventually(lambda: not in_flight, timeout_seconds=20)

    assert upstream.calls == []


async def test_an_upload_whose_caller_leaves_behind_its_end_is_no_file(peer, upstream):
    ended, reached = [], asyncio.Event()

    async def take(requests, context):
        async for part in requests:
            reached.set()
            ended.append(part.WhichOneof("part"))
        return statement_service_pb2.IngestStatementResponse(statement=statement_pb2.Statement(statement_id="s"))

    upstream.answers["IngestStatement"] = take
    part = statement_service_pb2.IngestStatementRequest
    header, end = part(), part()
    header.header.request_id, header.header.file_name = "request-0001", "a.csv"
    end.end.size_bytes = 1
    sent = [one.SerializeToString() for one in (header, part(chunk=b"x"), end)]
    in_flight = peer.gateway.outside_grpc.door._under_way
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        call = _opened(channel, INGEST, _silent(*sent), _key(peer))
        await eventually(lambda: len(ended) == 2, timeout_seconds=20)
        call.cancel()
        await eventually(lambda: not in_flight, timeout_seconds=20)

    assert ended == ["header", "chunk"]


@pytest.mark.parametrize("is_whole", [True, False], ids=["at an end", "broken off"])
async def test_an_inbox_tells_an_end_from_a_caller_that_left(is_whole):
    async def contents():
        yield b"all"
        if not is_whole:
            await asyncio.Event().wait()

    inbox = Inbox(contents())
    inbox.open()
    first = await inbox.next()
    if not is_whole:
        inbox.close()

    assert (first, await inbox.next()) == (b"all", None)
    assert inbox.is_whole is is_whole
    inbox.close()
