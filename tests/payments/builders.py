"""Payments for tests, each unlike the last, and the service that takes them, whole, on real sockets."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from bihuan.payments.v1 import channel_service_pb2_grpc as channel_grpc
from bihuan.payments.v1 import payment_feed_service_pb2 as feed_pb
from bihuan.payments.v1 import payment_feed_service_pb2_grpc as feed_grpc
from bihuan.payments.v1 import payment_service_pb2 as payment_pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.payments.v1 import refund_service_pb2_grpc as refund_grpc
from bihuan.payments.v1 import split_order_service_pb2_grpc as split_order_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from chassis import ids
from chassis.clock import ManualClock
from chassis.database import Sessions
from chassis.money import Money
from services.payments.domain.intake import Recorded, Told, content_sha256
from services.payments.domain.payment import Payment, PaymentContent, succeeded_payment
from services.payments.rpc import Actions
from services.payments.store import intake
from services.payments.store.sql import driver_of
from tests.support.channel_model import ModelChannel

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # 12:00 in Beijing
TABLES = ("payments", "order_key", "requests", "reconciliations")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PaymentsSystem:
    """A payments service with its clock at NOON; `open_channel` reaches it without any of our client's help."""

    engine: AsyncEngine
    sessions: Sessions
    clock: ManualClock
    actions: Actions
    model: ModelChannel
    channel: grpc.aio.Channel
    open_channel: grpc.aio.Channel

    @property
    def payments(self):
        return payment_grpc.PaymentServiceStub(self.channel)

    @property
    def feed(self):
        return feed_grpc.PaymentFeedServiceStub(self.channel)

    @property
    def channels(self):
        return channel_grpc.ChannelServiceStub(self.channel)

    @property
    def refunds(self):
        return refund_grpc.RefundServiceStub(self.channel)

    @property
    def split_orders(self):
        return split_order_grpc.SplitOrderServiceStub(self.channel)

    def book_paid(self, merchant_order_no: str, amount: tuple[str, int], channel_txn_no: str) -> None:
        """Let the model channel have an order that was paid without us."""
        self.model.book_paid(merchant_order_no, Money(*amount), channel_txn_no)

    async def row_counts(self) -> dict[str, int]:
        """Of the tables that intake writes; `feed` are the changes with a number and without."""
        async with self.engine.connect() as connection:
            counts = {name: await connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in TABLES}
            feed = text("SELECT (SELECT count(*) FROM feed) + (SELECT count(*) FROM feed_waiting)")
            return {**counts, "feed": await connection.scalar(feed)}

    async def read_feed(self, from_sequence: int = 0, batch_size: int = 0) -> list:
        request = feed_pb.StreamPaymentChangesRequest(from_sequence=from_sequence, batch_size=batch_size)
        return [change async for answer in self.feed.StreamPaymentChanges(request) for change in answer.changes]


NOTHING = dict.fromkeys((*TABLES, "feed"), 0)


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
    return succeeded_payment(PaymentContent(**{**fields, **changes}), ids.new_id("pay", NOON), NOON, "")


def as_told(payment: Payment, request_id: str = "") -> Told:
    """The payment as the store takes it in."""
    request_id = request_id or f"request-{next(_numbers):06}"
    return Told(request_id, content_sha256(payment.content), payment)


async def take_in(session: AsyncSession, payment: Payment, request_id: str = "") -> None:
    """Take a new payment in, in a transaction that is the test's own."""
    (decided,) = await intake.take_in(await driver_of(session), [as_told(payment, request_id)])
    assert decided == Recorded(payment)
