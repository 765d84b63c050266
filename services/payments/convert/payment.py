"""A payment and what is asked of it, both ways."""

from collections.abc import Sequence

from bihuan.payments.v1 import payment_pb2, payment_service_pb2

from chassis import telemetry
from services.payments.convert.basics import from_money, put_instant, refuse_misfits, to_day, to_instant, to_money
from services.payments.domain.intake import Recorded, Replayed
from services.payments.domain.payment import Origin, Payment, PaymentContent, ReconciliationState, State
from services.payments.domain.split import Split, judge_splits
from services.payments.store.payment import PaymentFilter


def to_content(request: payment_service_pb2.RecordPaymentRequest, path: str = "") -> PaymentContent:
    """What the request tells; `path` is where it stands in a batch. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    amount = to_money(f"{path}amount", request.amount)
    splits = to_splits(request.splits, path)
    refuse_misfits(judge_splits(splits, amount, request.bill_no), path)
    return PaymentContent(
        merchant_id=request.merchant_id,
        merchant_order_no=request.merchant_order_no,
        bill_no=request.bill_no,
        channel=request.channel,
        channel_txn_no=request.channel_txn_no,
        amount=amount,
        pay_time=to_instant(f"{path}pay_time", request.pay_time),
        payer_name=request.payer_name,
        splits=splits,
    )


def to_splits(splits: Sequence[payment_pb2.PaymentSplit], path: str = "") -> tuple[Split, ...]:
    """The parts of a payment. Raises Fault UNKNOWN_CURRENCY."""
    if not splits:  # as nearly always
        return ()
    return tuple(
        Split(split.bill_no, to_money(f"{path}splits[{index}].amount", split.amount))
        for index, split in enumerate(splits)
    )


def to_filter(request: payment_service_pb2.ListPaymentsRequest) -> PaymentFilter:
    """Which payments the list wants. Raises Fault INVALID_FIELD."""
    day = to_day("business_date", request.business_date) if request.business_date else None
    return PaymentFilter(request.merchant_id, request.merchant_order_no, request.channel, day)


def from_taken(done: Recorded | Replayed) -> payment_service_pb2.RecordPaymentResponse:
    """The contract's answer for a payment that was taken in, now or before."""
    told = payment_service_pb2.RecordPaymentResponse()
    put_taken(told, done)
    return told


def put_taken(told: payment_service_pb2.RecordPaymentResponse, done: Recorded | Replayed) -> None:
    """The same, put into an answer that is part of another: what is made apart is copied to its place."""
    told.replayed = isinstance(done, Replayed)
    _put_payment(told.payment, done.payment)


def from_payment(payment: Payment) -> payment_pb2.Payment:
    """The contract's payment."""
    told = payment_pb2.Payment()
    _put_payment(told, payment)
    return told


def _put_payment(told: payment_pb2.Payment, payment: Payment) -> None:
    content = payment.content
    told.payment_id = payment.payment_id
    told.merchant_id = content.merchant_id
    told.merchant_order_no = content.merchant_order_no
    told.bill_no = content.bill_no
    told.channel = content.channel
    told.channel_txn_no = content.channel_txn_no
    told.state = _STATES[payment.state]
    told.reconciliation_state = _RECONCILIATION_STATES[payment.reconciliation_state]
    told.business_date = payment.business_date.isoformat() if payment.business_date else ""
    told.version = payment.version
    told.trace_id = telemetry.trace_id_of(payment.traceparent)
    told.payer_name = content.payer_name
    told.cause = payment.cause
    told.origin = _ORIGINS[payment.origin]
    _put_amounts(told, payment)
    _put_instants(told, payment)
    _put_parts(told, payment)


def _put_amounts(told: payment_pb2.Payment, payment: Payment) -> None:
    code = payment.content.amount.currency_code
    for amount, minor in (
        (told.amount, payment.content.amount.amount_minor),
        (told.refunded_amount, payment.refunded_minor),
        (told.refund_reserved_amount, payment.refund_reserved_minor),
        (told.refundable_amount, payment.refundable_minor),
    ):
        amount.currency_code, amount.amount_minor = code, minor


def _put_instants(told: payment_pb2.Payment, payment: Payment) -> None:
    put_instant(told.create_time, payment.create_time)
    if payment.content.pay_time is not None:
        put_instant(told.pay_time, payment.content.pay_time)
    if payment.expire_time is not None:
        put_instant(told.expire_time, payment.expire_time)


def _put_parts(told: payment_pb2.Payment, payment: Payment) -> None:
    content, fee = payment.content, payment.fee
    if fee is not None:
        told.fee.fee_rule_id, told.fee.rate_ppm = fee.fee_rule_id, fee.rate_ppm
        told.fee.amount.CopyFrom(from_money(fee.amount))
    for split in content.splits:
        told.splits.add(bill_no=split.bill_no, amount=from_money(split.amount))


_STATES = {state: payment_pb2.Payment.State.Value(f"STATE_{state}") for state in State}
_RECONCILIATION_STATES = {
    state: payment_pb2.Payment.ReconciliationState.Value(f"RECONCILIATION_STATE_{state}")
    for state in ReconciliationState
}
_ORIGINS = {origin: payment_pb2.Payment.Origin.Value(f"ORIGIN_{origin}") for origin in Origin}
