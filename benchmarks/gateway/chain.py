"""What our door is held against: a plain gateway that sends each HTTP call on as one gRPC call, and does nothing else.

`python -m benchmarks.gateway.chain HTTP_PORT PAYMENTS_PORT`. It is written as well as its kind can be: uvicorn with
uvloop and httptools, orjson, one channel, no framework's model. It knows no caller, masks, limits and writes down
nothing, and has no traces.
"""

import sys
from datetime import datetime
from typing import Any

import grpc
import orjson
import uvicorn
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_CALL_SECONDS = 10.0


def application(payments_port: int) -> Starlette:
    """The chain's HTTP side."""
    stubs: list[Any] = []

    async def record(request: Request) -> Response:
        if not stubs:  # a channel belongs to the loop in which it is made
            stubs.append(payment_grpc.PaymentServiceStub(grpc.aio.insecure_channel(f"127.0.0.1:{payments_port}")))
        told = orjson.loads(await request.body())
        asked = _request(request.headers["idempotency-key"], told)
        answer = await stubs[0].RecordPayment(asked, timeout=_CALL_SECONDS)
        body = {"payment": _payment(answer.payment), "replayed": answer.replayed}
        return Response(orjson.dumps(body), media_type="application/json")

    return Starlette(routes=[Route("/v1/payments", record, methods=["POST"])])


def _request(request_id: str, told: dict[str, Any]) -> pb.RecordPaymentRequest:
    amount = told["amount"]
    return pb.RecordPaymentRequest(
        request_id=request_id,
        merchant_id=told["merchantId"],
        merchant_order_no=told["merchantOrderNo"],
        bill_no=told["billNo"],
        channel=told["channel"],
        channel_txn_no=told["channelTxnNo"],
        amount=money_pb2.Money(currency_code=amount["currencyCode"], amount_minor=int(amount["amountMinor"])),
        pay_time=Timestamp(seconds=int(datetime.fromisoformat(told["payTime"]).timestamp())),
        payer_name=told["payerName"],
    )


def _payment(payment: payment_pb2.Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "merchantId": payment.merchant_id,
        "merchantOrderNo": payment.merchant_order_no,
        "billNo": payment.bill_no,
        "channel": payment.channel,
        "channelTxnNo": payment.channel_txn_no,
        "amount": _money(payment.amount),
        "state": payment_pb2.Payment.State.Name(payment.state),
        "reconciliationState": payment_pb2.Payment.ReconciliationState.Name(payment.reconciliation_state),
        "payTime": payment.pay_time.seconds,
        "businessDate": payment.business_date,
        "createTime": payment.create_time.seconds,
        "version": str(payment.version),
        "traceId": payment.trace_id,
        "payerName": payment.payer_name,
        "refundedAmount": _money(payment.refunded_amount),
        "refundReservedAmount": _money(payment.refund_reserved_amount),
        "refundableAmount": _money(payment.refundable_amount),
        "origin": payment_pb2.Payment.Origin.Name(payment.origin),
    }


def _money(money: money_pb2.Money) -> dict[str, str]:
    return {"currencyCode": money.currency_code, "amountMinor": str(money.amount_minor)}


if __name__ == "__main__":
    uvicorn.run(
        application(int(sys.argv[2])),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
    )
