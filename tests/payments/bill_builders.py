"""Bills for tests, each unlike the last, and what is done to them over the wire."""

import itertools
from datetime import timedelta

from bihuan.payments.v1 import (
    bill_pb2,
    bill_service_pb2,
    bill_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    refund_service_pb2,
    refund_service_pb2_grpc,
)
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from tests.payments.builders import NOON, a_request

_numbers = itertools.count(1)


def cny(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency_code="CNY", amount_minor=amount_minor)


def a_bill(bill_no: str = "", **changes) -> bill_service_pb2.BillContent:
    fields = {
        "merchant_id": "wuhan-water",
        "bill_no": bill_no or f"W-2026-{next(_numbers):05}00",
        "category": bill_pb2.Bill.CATEGORY_WATER,
        "description": "2026年2月水费",
        "amount": cny(100_00),
        "due_date": "2026-03-15",
        "payer_account": "6222021234567890",
        "payer_name": "王小明",
    }
    return bill_service_pb2.BillContent(**{**fields, **changes})


def bills(system) -> bill_service_pb2_grpc.BillServiceStub:
    return bill_service_pb2_grpc.BillServiceStub(system.channel)


async def tell(system, content: bill_service_pb2.BillContent, request_id: str = ""):
    request_id = request_id or f"bill-request-{next(_numbers):05}"
    return await bills(system).CreateBill(bill_service_pb2.CreateBillRequest(request_id=request_id, bill=content))


async def pay(system, bill_no: str, amount_minor: int = 100_00, minutes: int = 0, **changes) -> payment_pb2.Payment:
    at = Timestamp(seconds=int((NOON + timedelta(minutes=minutes)).timestamp()))
    request = a_request(bill_no=bill_no, **{"amount": cny(amount_minor), "pay_time": at, **changes})
    return (await system.payments.RecordPayment(request)).payment


async def get(system, bill_no: str) -> bill_service_pb2.GetBillResponse:
    request = bill_service_pb2.GetBillRequest(merchant_id="wuhan-water", bill_no=bill_no)
    return await bills(system).GetBill(request)


async def reconcile(system, payment_id: str, outcome: str, exception_class: str = "") -> None:
    fact = payment_service_pb2.ReconciliationFact(
        payment_id=payment_id,
        run_id="run_1",
        outcome=payment_pb2.Payment.ReconciliationState.Value(f"RECONCILIATION_STATE_{outcome}"),
        exception_class=exception_class,
        decide_time=Timestamp(seconds=int(NOON.timestamp())),
    )
    await system.payments.RecordReconciliations(payment_service_pb2.RecordReconciliationsRequest(facts=[fact]))


async def record_refund(system, payment_id: str, amount_minor: int) -> None:
    request = refund_service_pb2.RecordRefundRequest(
        request_id=f"refund-{payment_id[-8:]}-{amount_minor}",
        payment_id=payment_id,
        merchant_refund_no=f"R-{payment_id[-12:]}-{amount_minor}",
        amount=cny(amount_minor),
        finish_time=Timestamp(seconds=int(NOON.timestamp())),
    )
    await refund_service_pb2_grpc.RefundServiceStub(system.channel).RecordRefund(request)
