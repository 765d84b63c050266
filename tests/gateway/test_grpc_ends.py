"""How calls by gRPC end that find no audit or no place, or whose caller or key is gone."""

import asyncio

import grpc
import pytest
from bihuan.payments.v1 import payment_service_pb2
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from services.gateway.limits import InFlight
from tests.support.called import called
from tests.support.eventually import eventually

RECORD = "bihuan.payments.v1.PaymentService.RecordPayment"
GET = "bihuan.payments.v1.PaymentService.GetPayment"
ASKED = payment_service_pb2.GetPaymentRequest(payment_id="p")


def _request(request_id: str) -> payment_service_pb2.RecordPaymentRequest:
    return payment_service_pb2.RecordPaymentRequest(
        request_id=request_id,
        merchant_id="m",
        merchant_order_no="A-1",
        channel="wechat_pay",
        channel_txn_no="T-1",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=1_200),
        pay_time=Timestamp(seconds=1_772_352_000),
    )


def _key(peer) -> dict[str, str]:
    return {"authorization": peer.plain.headers["authorization"]}


def _getting(channel, metadata: dict[str, str]):
    path = "/bihuan.payments.v1.PaymentService/GetPayment"
    return channel.unary_unary(path)(ASKED.SerializeToString(), metadata=list(metadata.items()), timeout=60)


async def test_no_deed_is_done_while_the_audit_cannot_be_written_and_a_look_goes_on(peer, upstream):
    async with peer.gateway.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE audit_record RENAME TO audit_gone"))
    first = await called(peer.grpc_target, RECORD, _request("audit-key-1"), _key(peer))
    acted = len(upstream.calls)
    second = await called(peer.grpc_target, RECORD, _request("audit-key-2"), _key(peer))
    acted_then = len(upstream.calls)
    look = await called(peer.grpc_target, GET, ASKED, _key(peer))

    assert (first.code, first.reason, acted) == (grpc.StatusCode.DEADLINE_EXCEEDED, "AUDIT_NOT_WRITTEN", 1)
    assert (second.code, second.reason, acted_then) == (grpc.StatusCode.UNAVAILABLE, "AUDIT_UNAVAILABLE", 1)
    assert second.retry_seconds == 1
    assert look.code is grpc.StatusCode.OK


async def test_who_finds_no_place_is_told_to_come_again_and_places_come_back_whoever_held_them(
    peer, upstream, monkeypatch
):
    async def never(request, context):
        await asyncio.Event().wait()

    monkeypatch.setattr(peer.gateway.outside_grpc.door, "_in_flight", InFlight(1))
    upstream.answers["GetPayment"] = never
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        held = _getting(channel, _key(peer))
        await eventually(lambda: upstream.calls, timeout_seconds=20)
        full = await called(channel, GET, ASKED, _key(peer))
        held.cancel()
        await eventually(lambda: not peer.gateway.outside_grpc.door._under_way, timeout_seconds=20)
        del upstream.answers["GetPayment"]
        for refused in (await called(channel, GET, ASKED), await called(channel, GET, b"\xff", _key(peer))):
            assert refused.code is not grpc.StatusCode.RESOURCE_EXHAUSTED
        again = await called(channel, GET, ASKED, _key(peer))

    assert (full.code, full.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert full.retry_seconds == 1
    assert again.code is grpc.StatusCode.OK


async def test_a_look_whose_caller_leaves_is_called_off_at_the_service(peer, upstream):
    called_off = asyncio.Event()

    async def get(request, context):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            called_off.set()
            raise

    upstream.answers["GetPayment"] = get
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        call = _getting(channel, _key(peer))
        await eventually(lambda: upstream.calls, timeout_seconds=20)
        call.cancel()
        await asyncio.wait_for(called_off.wait(), 10)  # the gateway's own time for a call is twice that


@pytest.mark.parametrize("how", [grpc.Compression.Gzip, grpc.Compression.Deflate], ids=["gzip", "deflate"])
async def test_a_compressed_message_is_refused_before_it_could_grow(peer, upstream, how):
    async with grpc.aio.insecure_channel(peer.grpc_target, compression=how) as channel:
        asked = payment_service_pb2.GetPaymentRequest(payment_id="p" * 100_000)
        told = await called(channel, GET, asked, _key(peer))

    assert told.code is grpc.StatusCode.UNIMPLEMENTED
    assert upstream.calls == []


async def test_a_key_that_is_revoked_opens_nothing_more_on_a_connection_that_it_opened(peer):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "soon gone"})).json()
    key = {"authorization": f"Bearer {made['token']}"}
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        before = await called(channel, GET, ASKED, key)
        revoked = await peer.admin.post(f"/v1/apiKeys/{made['apiKey']['keyId']}:revoke", json={})
        after = await called(channel, GET, ASKED, key)

    assert revoked.status_code == 200
    assert before.code is grpc.StatusCode.OK
    assert (after.code, after.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


async def test_a_key_that_is_suspended_over_http_opens_nothing_more_on_a_connection_that_it_opened(start_peer):
    async with start_peer(suspicion_points_max=5.0) as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        before = await called(channel, GET, ASKED, _key(peer))
        for _ in range(8):
            await peer.plain.get("/v1/payments/p", params={"no_such_parameter": "x' or '1'='1"})
        after = await called(channel, GET, ASKED, _key(peer))

    assert before.code is grpc.StatusCode.OK
    assert (after.code, after.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SUSPENDED")
