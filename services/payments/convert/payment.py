"""A payment and what is asked of it, both ways."""

import hashlib

from bihuan.payments.v1 import payment_pb2, payment_service_pb2

from chassis import telemetry
from services.payments.convert.basics import from_instant, from_money, to_day, to_instant, to_money
from services.payments.domain.payment import Payment, PaymentContent
from services.payments.store.payment import PaymentFilter


def to_content(request: payment_service_pb2.RecordPaymentRequest) -> PaymentContent:
    """What the request tells. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return PaymentContent(
        merchant_id=request.merchant_id,
        merchant_order_no=request.merchant_order_no,
        bill_no=request.bill_no,
        channel=request.channel,
        channel_txn_no=request.channel_txn_no,
        amount=to_money("amount", request.amount),
        pay_time=to_instant("pay_time", request.pay_time),
        payer_name=request.payer_name,
    )


def to_fingerprint(request: payment_service_pb2.RecordPaymentRequest) -> bytes:
    """SHA-256 of what is asked, without the key it is asked under.

    Fields that this release does not know, and digits below the microsecond, are no part of what we keep, so they are
    no part of it either.
    """
    asked = payment_service_pb2.RecordPaymentRequest()
    asked.CopyFrom(request)
    asked.DiscardUnknownFields()
    asked.ClearField("request_id")
    asked.pay_time.nanos -= asked.pay_time.nanos % 1_000
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).digest()


def to_filter(request: payment_service_pb2.ListPaymentsRequest) -> PaymentFilter:
    """Which payments the list wants. Raises Fault INVALID_FIELD."""
    day = to_day("business_date", request.business_date) if request.business_date else None
    return PaymentFilter(request.merchant_id, request.merchant_order_no, request.channel, day)


def from_payment(payment: Payment) -> payment_pb2.Payment:
    """The contract's payment."""
    content = payment.content
    return payment_pb2.Payment(
        payment_id=payment.payment_id,
        merchant_id=content.merchant_id,
        merchant_order_no=content.merchant_order_no,
        bill_no=content.bill_no,
        channel=content.channel,
        channel_txn_no=content.channel_txn_no,
        amount=from_money(content.amount),
        state=payment_pb2.Payment.State.Value(f"STATE_{payment.state}"),
        reconciliation_state=payment_pb2.Payment.ReconciliationState.Value(
            f"RECONCILIATION_STATE_{payment.reconciliation_state}"
        ),
        pay_time=from_instant(content.pay_time),
        business_date=payment.business_date.isoformat(),
        create_time=from_instant(payment.create_time),
        version=payment.version,
        trace_id=telemetry.trace_id_of(payment.traceparent),
        payer_name=content.payer_name,
    )
