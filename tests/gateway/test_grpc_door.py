"""A caller with a key by gRPC: ordinary stubs, the same door as over HTTP."""

import grpc
from bihuan.payments.v1 import payment_pb2, payment_service_pb2, payment_service_pb2_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from tests.support.called import called

SECONDS = 20


def _request(**fields) -> payment_service_pb2.RecordPaymentRequest:
    usual = {
        "request_id": "request-0001",
        "merchant_id": "m",
        "merchant_order_no": "A-1",
        "channel": "wechat_pay",
        "channel_txn_no": "T-1",
        "amount": money_pb2.Money(currency_code="CNY", amount_minor=1_200),
        "pay_time": Timestamp(seconds=1_772_352_000),
    }
    return payment_service_pb2.RecordPaymentRequest(**(usual | fields))


async def test_a_stub_and_a_key_record_a_payment_and_are_told_limit_and_trace(peer, upstream):
    async def record(request, context):
        payment = payment_pb2.Payment(payment_id="pay_1", merchant_id=request.merchant_id, payer_name="张小明")
        return payment_service_pb2.RecordPaymentResponse(payment=payment, replayed=True)

    upstream.answers["RecordPayment"] = record
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stub = payment_service_pb2_grpc.PaymentServiceStub(channel)
        call = stub.RecordPayment(_request(), metadata=[("authorization", peer.plain.headers["authorization"])])
        answer = await call
        told = dict(await call.trailing_metadata())

    assert (answer.payment.payment_id, answer.payment.payer_name) == ("pay_1", "张**")
    assert told["idempotent-replayed"] == "true"
    assert told["ratelimit-policy"] == '"write";q=5000;w=1'
    assert told["ratelimit"].startswith('"write";r=')


async def test_without_a_key_a_call_is_refused_with_the_reason_that_http_gives(peer, upstream):
    refused = await called(peer.grpc_target, "bihuan.payments.v1.PaymentService.RecordPayment", _request())

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
    assert upstream.calls == []
