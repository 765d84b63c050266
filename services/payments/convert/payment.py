"""A payment and what is asked of it, both ways."""

from collections.abc import Iterable

from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.type.v1 import money_pb2

from chassis import telemetry
from services.payments.convert.basics import from_instant, from_money, refuse_misfits, to_day, to_instant, to_money
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


def to_splits(splits: Iterable[payment_pb2.PaymentSplit], path: str = "") -> tuple[Split, ...]:
    """The parts of a payment. Raises Fault UNKNOWN_CURRENCY."""
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
    return payment_service_pb2.RecordPaymentResponse(
        payment=from_payment(done.payment), replayed=isinstance(done, Replayed)
    )


def from_payment(payment: Payment) -> payment_pb2.Payment:
    """The contract's payment."""
    content, code = payment.content, payment.content.amount.currency_code
    told = payment_pb2.Payment(
        payment_id=payment.payment_id,
        merchant_id=content.merchant_id,
        merchant_order_no=content.merchant_order_no,
        bill_no=content.bill_no,
        channel=content.channel,
        channel_txn_no=content.channel_txn_no,
        amount=from_money(content.amount),
        state=_STATES[payment.state],
        reconciliation_state=_RECONCILIATION_STATES[payment.reconciliation_state],
        pay_time=None if content.pay_time is None else from_instant(content.pay_time),
        business_date=payment.business_date.isoformat() if payment.business_date else "",
        create_time=from_instant(payment.create_time),
        expire_time=None if payment.expire_time is None else from_instant(payment.expire_time),
        version=payment.version,
        trace_id=telemetry.trace_id_of(payment.traceparent),
        payer_name=content.payer_name,
        refunded_amount=money_pb2.Money(currency_code=code, amount_minor=payment.refunded_minor),
        refund_reserved_amount=money_pb2.Money(currency_code=code, amount_minor=payment.refund_reserved_minor),
        refundable_amount=money_pb2.Money(currency_code=code, amount_minor=payment.refundable_minor),
        cause=payment.cause,
        origin=_ORIGINS[payment.origin],
    )
    _put_parts(told, payment)
    return told


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
