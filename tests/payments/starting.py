"""Payments that start here, for tests: each request unlike the last, and what stands in the rows behind them."""

import itertools

from bihuan.payments.v1 import channel_service_pb2, payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from tests.payments.builders import PaymentsSystem

CREATED, PROCESSING = payment_pb2.Payment.STATE_CREATED, payment_pb2.Payment.STATE_PROCESSING
SUCCEEDED, FAILED = payment_pb2.Payment.STATE_SUCCEEDED, payment_pb2.Payment.STATE_FAILED
CLOSED, UNKNOWN = payment_pb2.Payment.STATE_CLOSED, payment_pb2.Payment.STATE_UNKNOWN
TAKEN = channel_service_pb2.IngestCallbackResponse.OUTCOME_TAKEN
REPEATED = channel_service_pb2.IngestCallbackResponse.OUTCOME_REPEATED
REFUSED = channel_service_pb2.IngestCallbackResponse.OUTCOME_REFUSED
_numbers = itertools.count(1)


def a_start(**changes) -> pb.CreatePaymentRequest:
    """A request to start a payment that is right, and like no other, but for what is changed."""
    number = next(_numbers)
    fields = {
        "request_id": f"start-request-{number:06}",
        "merchant_id": "wuhan-water",
        "merchant_order_no": f"START-{number:06}",
        "bill_no": f"BILL-{number:06}",
        "channel": "model_pay",
        "amount": money_pb2.Money(currency_code="CNY", amount_minor=12_30),
        "description": "水费 2026年3月",
        "payer_name": "王小明",
    }
    return pb.CreatePaymentRequest(**{**fields, **changes})


def a_close(payment_id: str, **changes) -> pb.ClosePaymentRequest:
    return pb.ClosePaymentRequest(
        **{"request_id": f"close-request-{next(_numbers):06}", "payment_id": payment_id, **changes}
    )


def instant(at) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


async def started(system: PaymentsSystem, **changes) -> payment_pb2.Payment:
    return (await system.payments.CreatePayment(a_start(**changes))).payment


async def standing(system: PaymentsSystem, payment_id: str) -> payment_pb2.Payment:
    return (await system.payments.GetPayment(pb.GetPaymentRequest(payment_id=payment_id))).payment


async def confirmed(system: PaymentsSystem, payment_id: str) -> payment_pb2.Payment:
    return (await system.payments.ConfirmPayment(pb.ConfirmPaymentRequest(payment_id=payment_id))).payment


async def called_back(system: PaymentsSystem, told: tuple[dict[str, str], bytes], account_id: str = "model"):
    headers, body = told
    request = channel_service_pb2.IngestCallbackRequest(account_id=account_id, headers=headers, body=body)
    return await system.channels.IngestCallback(request)


async def order_row(system: PaymentsSystem, payment_id: str):
    async with system.engine.connect() as connection:
        statement = text("SELECT * FROM channel_orders WHERE payment_id = :id")
        return (await connection.execute(statement, {"id": payment_id})).mappings().one()


async def rows(system: PaymentsSystem, table: str) -> list:
    async with system.engine.connect() as connection:
        return list((await connection.execute(text(f"SELECT * FROM {table}"))).mappings())
