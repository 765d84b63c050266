"""What goes back of a payment is a change of it in the feed: the mirror takes it in its stride."""

import grpc
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.payments.v1 import refund_service_pb2_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import select

from services.reconciler.tables import PaymentRow
from tests.reconciler.builders import NOON, System


async def test_refunds_reversals_and_chargebacks_raise_the_version_and_leave_what_is_matched(
    system: System, payments_target: str
):
    payment_id = await system.record(1)
    await system.mirror.follow_payments()
    facts = {"payment_id": payment_id, "amount": money_pb2.Money(currency_code="CNY", amount_minor=100)}
    at = Timestamp(seconds=int(NOON.timestamp()))
    async with grpc.aio.insecure_channel(payments_target) as channel:
        refunds = refund_service_pb2_grpc.RefundServiceStub(channel)
        refund = pb.RecordRefundRequest(request_id="request-r1", merchant_refund_no="R1", finish_time=at, **facts)
        reversal = pb.RecordReversalRequest(request_id="request-t1", channel_takeback_no="T1", take_time=at, **facts)
        dispute = pb.RecordChargebackRequest(request_id="request-t2", channel_takeback_no="T2", take_time=at, **facts)
        await refunds.RecordRefund(refund, timeout=20)
        await refunds.RecordReversal(reversal, timeout=20)
        await refunds.RecordChargeback(dispute, timeout=20)

    came = await system.mirror.follow_payments()

    async with system.sessions() as session:
        (row,) = await session.scalars(select(PaymentRow))
    assert came == 3
    assert (row.payment_id, row.version, row.first_sequence) == (payment_id, 4, 1)
    assert (row.currency_code, row.amount_minor) == ("CNY", 1200)
