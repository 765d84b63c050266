"""Payments for tests, each unlike the last, and the service that takes them, whole, on real sockets."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from bihuan.payments.v1 import payment_service_pb2 as payment_pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.clock import ManualClock
from chassis.database import Sessions
from chassis.money import Money
from services.payments.domain.payment import Payment, PaymentContent, succeeded_payment
from services.payments.rpc import Actions

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # 12:00 in Beijing
TABLES = ("payments", "requests", "reconciliations", "feed")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PaymentsSystem:
    """A payments service with its clock at NOON; `open_channel` reaches it without any of our client's help."""

    engine: AsyncEngine
    sessions: Sessions
    clock: ManualClock
    actions: Actions
    channel: grpc.aio.Channel
    open_channel: grpc.aio.Channel

    @property
    def payments(self):
        return payment_grpc.PaymentServiceStub(self.channel)

    @property
    def feed(self):
        return feed_grpc.PaymentFeedServiceStub(self.channel)

    async def row_counts(self) -> dict[str, int]:
        async with self.engine.connect() as connection:
            return {name: await connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in TABLES}

    async def read_feed(self, from_sequence: int = 0, batch_size: int = 0) -> list:
        request = feed_pb.StreamPaymentChangesRequest(from_sequence=from_sequence, batch_size=batch_size)
        return [change async for answer in self.feed.StreamPaymentChanges(request) for change in answer.changes]


NOTHING = dict.fromkeys(TABLES, 0)


def a_request(**changes) -> payment_pb.RecordPaymentRequest:
    """A request that is right, and like no other, but for what is changed."""
    number = next(_numbers)
    fields = {
        "request_id": f"request-{number:06}",
        "merchant_id": "wuhan-water",
        "merchant_order_no": f"ORDER-{number:06}",
        "bill_no": f"BILL-{number:06}",
        "channel": "wechat_pay",
        "channel_txn_no": f"42000{number:06}",
        "amount": money_pb2.Money(currency_code="CNY", amount_minor=12_30),
        "pay_time": Timestamp(seconds=int(NOON.timestamp())),
        "payer_name": "王小明",
    }
    return payment_pb.RecordPaymentRequest(**{**fields, **changes})


def a_payment(**changes) -> Payment:
    """A payment that was just taken in, like no other, but for what is changed of its content."""
    number = next(_numbers)
    fields = {
        "merchant_id": "wuhan-water",
        "merchant_order_no": f"ORDER-{number:06}",
        "bill_no": "",
        "channel": "wechat_pay",
        "channel_txn_no": f"42000{number:06}",
        "amount": Money("CNY", 12_30),
        "pay_time": NOON,
        "payer_name": "",
    }
    return succeeded_payment(PaymentContent(**{**fields, **changes}), f"pay_{number:06}", NOON, "")
