"""What goes back of payments, for tests: each request unlike the last, and how the money of a payment stands."""

import itertools

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2, refund_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1.payment_service_pb2 import GetPaymentRequest
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import from_rpc_error
from tests.payments.builders import NOON, a_request

SUCCEEDED, FAILED = refund_pb2.Refund.STATE_SUCCEEDED, refund_pb2.Refund.STATE_FAILED
PROCESSING, UNKNOWN = refund_pb2.Refund.STATE_PROCESSING, refund_pb2.Refund.STATE_UNKNOWN
_numbers = itertools.count(1)


def yuan(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency_code="CNY", amount_minor=amount_minor)


def a_refund(payment_id: str, amount_minor: int, **changes) -> pb.CreateRefundRequest:
    number = next(_numbers)
    fields = {
        "request_id": f"refund-request-{number:06}",
        "payment_id": payment_id,
        "merchant_refund_no": f"R-{number:06}",
        "amount": yuan(amount_minor),
        "reason": "多缴退费",
    }
    return pb.CreateRefundRequest(**{**fields, **changes})


def a_done_refund(payment_id: str, amount_minor: int, **changes) -> pb.RecordRefundRequest:
    number = next(_numbers)
    fields = {
        "request_id": f"refund-request-{number:06}",
        "payment_id": payment_id,
        "merchant_refund_no": f"R-{number:06}",
        "amount": yuan(amount_minor),
        "channel_refund_no": f"5000{number:06}",
        "finish_time": Timestamp(seconds=int(NOON.timestamp())),
    }
    return pb.RecordRefundRequest(**{**fields, **changes})


async def paid(
    system, amount_minor: int = 10_00, channel: str = "model_pay", merchant_id: str = "wuhan-water"
) -> payment_pb2.Payment:
    """A payment that the platform told of, and that stands in the model channel's book."""
    request = a_request(amount=yuan(amount_minor), channel=channel, merchant_id=merchant_id)
    answer = await system.payments.RecordPayment(request)
    content = answer.payment
    amount = (content.amount.currency_code, content.amount.amount_minor)
    system.book_paid(content.merchant_order_no, amount, content.channel_txn_no)
    return content


async def money_of(system, payment_id: str) -> tuple[int, int, int]:
    """Refunded, reserved and refundable."""
    payment = (await system.payments.GetPayment(GetPaymentRequest(payment_id=payment_id))).payment
    parts = (payment.refunded_amount, payment.refund_reserved_amount, payment.refundable_amount)
    assert sum(part.amount_minor for part in parts) == payment.amount.amount_minor
    return tuple(part.amount_minor for part in parts)


async def reason_of(call) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value).reason


async def get(system, refund_id: str) -> refund_pb2.Refund:
    return (await system.refunds.GetRefund(pb.GetRefundRequest(refund_id=refund_id))).refund
