"""Contract to domain and back. It decides nothing, but it refuses what cannot be said in the domain's words."""

import hashlib
from datetime import UTC, date, datetime

from bihuan.payments.v1 import feed_pb2, payment_pb2, payment_service_pb2
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.money import Money, UnknownCurrency
from chassis.validation import invalid
from services.payments.domain.payment import NumberedChange, Payment, PaymentContent, ReconciliationState
from services.payments.domain.reconciliation import Fact
from services.payments.domain.slice_manifest import Manifest
from services.payments.store import PaymentFilter

_OUTCOMES = {
    payment_pb2.Payment.RECONCILIATION_STATE_MATCHED: ReconciliationState.MATCHED,
    payment_pb2.Payment.RECONCILIATION_STATE_EXCEPTION: ReconciliationState.EXCEPTION,
}


def to_content(request: payment_service_pb2.RecordPaymentRequest) -> PaymentContent:
    """What the request tells. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return PaymentContent(
        merchant_id=request.merchant_id,
        merchant_order_no=request.merchant_order_no,
        bill_no=request.bill_no,
        channel=request.channel,
        channel_txn_no=request.channel_txn_no,
        amount=_to_money("amount", request.amount),
        pay_time=_to_instant("pay_time", request.pay_time),
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


def to_facts(request: payment_service_pb2.RecordReconciliationsRequest) -> list[Fact]:
    """What the runs decided. Raises Fault INVALID_FIELD with every fact whose class does not fit its outcome."""
    facts = [_to_fact(index, fact) for index, fact in enumerate(request.facts)]
    misfits = tuple(
        FieldFault(
            f"facts[{index}].exception_class",
            "FITS_OUTCOME",
            "names the class of an exception, and is empty when matched",
            "差异须给出类别，已对账须为空",
        )
        for index, fact in enumerate(facts)
        if (fact.outcome is ReconciliationState.EXCEPTION) != bool(fact.exception_class)
    )
    if misfits:
        raise invalid(misfits)
    return facts


def to_day(field: str, text: str) -> date:
    """The day in a field that has the form of one. Raises Fault INVALID_FIELD when the calendar lacks it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid((FieldFault(field, "DATE", "is no day of the calendar", "不是有效日期"),)) from None


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
        amount=_from_money(content.amount),
        state=payment_pb2.Payment.State.Value(f"STATE_{payment.state}"),
        reconciliation_state=payment_pb2.Payment.ReconciliationState.Value(
            f"RECONCILIATION_STATE_{payment.reconciliation_state}"
        ),
        pay_time=_from_instant(content.pay_time),
        business_date=payment.business_date.isoformat(),
        create_time=_from_instant(payment.create_time),
        version=payment.version,
        trace_id=telemetry.trace_id_of(payment.traceparent),
        payer_name=content.payer_name,
    )


def from_change(numbered: NumberedChange) -> feed_pb2.PaymentChange:
    """The contract's change."""
    return feed_pb2.PaymentChange(
        sequence=numbered.sequence,
        payment=from_payment(numbered.payment),
        traceparent=numbered.payment.traceparent,
        run_id=numbered.run_id,
    )


def from_manifest(channel: str, business_date: str, manifest: Manifest, max_sequence: int) -> feed_pb2.SliceManifest:
    """The contract's manifest."""
    return feed_pb2.SliceManifest(
        channel=channel,
        business_date=business_date,
        payment_count=manifest.payment_count,
        amount_sums=[_from_money(money) for money in manifest.amount_sums],
        digest=manifest.digest,
        max_sequence=max_sequence,
    )


def _to_fact(index: int, fact: payment_service_pb2.ReconciliationFact) -> Fact:
    return Fact(
        payment_id=fact.payment_id,
        run_id=fact.run_id,
        outcome=_OUTCOMES[fact.outcome],
        exception_class=fact.exception_class,
        decide_time=_to_instant(f"facts[{index}].decide_time", fact.decide_time),
    )


def _to_money(field: str, money: money_pb2.Money) -> Money:
    try:
        return Money(money.currency_code, money.amount_minor)
    except UnknownCurrency as fault:
        code = money.currency_code
        message, message_zh = str(fault), f"ISO 4217 中没有可用的币种 {code}"
        fields = (FieldFault(f"{field}.currency_code", "ISO_4217", message, message_zh),)
        metadata = {"currency_code": code}
        raise Fault(Kind.INVALID, "UNKNOWN_CURRENCY", message, message_zh, fields=fields, metadata=metadata) from fault


def _to_instant(field: str, timestamp: Timestamp) -> datetime:
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except ValueError:
        raise invalid((FieldFault(field, "TIMESTAMP", "is out of the range of time", "时间超出范围"),)) from None


def _from_money(money: Money) -> money_pb2.Money:
    return money_pb2.Money(currency_code=money.currency_code, amount_minor=money.amount_minor)


def _from_instant(instant: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp
