"""How long the gateway takes to end: its pod has no more time than that."""

import asyncio

import grpc
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc

from services.gateway import grpc_server
from services.gateway.grpc_door import GrpcDoor


async def test_calls_by_grpc_have_one_term_to_end_in_and_not_a_second_one(upstream, start_peer, monkeypatch):
    """A deed goes on when its caller is sent away, so that the server and the door may both wait their whole time."""
    reached, go_on, waits, close = asyncio.Event(), asyncio.Event(), [], GrpcDoor.close

    async def slow(_request, _context):
        reached.set()
        await go_on.wait()
        return payment_service_pb2.ConfirmPaymentResponse()

    async def watched(door, within_seconds):
        waits.append(within_seconds)
        go_on.set()
        await close(door, 20)

    monkeypatch.setattr(grpc_server, "_STOP_SECONDS", 0.5)
    monkeypatch.setattr(GrpcDoor, "close", watched)
    upstream.answers["ConfirmPayment"] = slow
    async with start_peer() as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stub = payment_service_pb2_grpc.PaymentServiceStub(channel)
        metadata = [("authorization", peer.admin.headers["authorization"]), ("idempotency-key", "confirm-0001")]
        request = payment_service_pb2.ConfirmPaymentRequest(payment_id="p")
        call = asyncio.ensure_future(stub.ConfirmPayment(request, metadata=metadata, timeout=60))
        await asyncio.wait_for(reached.wait(), 30)

        await peer.gateway.outside_grpc.stop()

        await asyncio.gather(call, return_exceptions=True)

    assert waits[0] < 0.1
