"""Refunds and takebacks, and what is asked of them, both ways."""

import hashlib
from datetime import datetime

from bihuan.payments.v1 import refund_pb2, refund_service_pb2, takeback_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.payments.convert.basics import from_instant, from_money, to_instant, to_money
from services.payments.domain.refund import Refund, RefundContent, RefundOrigin, RefundState
from services.payments.domain.takeback import Takeback, TakebackContent, TakebackKind
from services.payments.store.refund import RefundFilter
from services.payments.store.takeback import TakebackFilter


def to_asked(request: refund_service_pb2.CreateRefundRequest) -> RefundContent:
    """The refund that is asked for. Raises Fault UNKNOWN_CURRENCY."""
    return RefundContent(
        payment_id=request.payment_id,
        merchant_refund_no=request.merchant_refund_no,
        amount=to_money("amount", request.amount),
        reason=request.reason,
        origin=RefundOrigin.STARTED_HERE,
        bill_no=request.bill_no,
    )


def to_done(request: refund_service_pb2.RecordRefundRequest) -> RefundContent:
    """The refund that is told as done. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return RefundContent(
        payment_id=request.payment_id,
        merchant_refund_no=request.merchant_refund_no,
        amount=to_money("amount", request.amount),
        reason=request.reason,
        origin=RefundOrigin.RECORDED,
        channel_refund_no=request.channel_refund_no,
        finish_time=to_instant("finish_time", request.finish_time),
        bill_no=request.bill_no,
    )


def to_takeback(
    request: refund_service_pb2.RecordReversalRequest | refund_service_pb2.RecordChargebackRequest, kind: TakebackKind
) -> TakebackContent:
    """The fact that is told. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return TakebackContent(
        kind=kind,
        payment_id=request.payment_id,
        channel_takeback_no=request.channel_takeback_no,
        amount=to_money("amount", request.amount),
        reason=request.reason,
        take_time=to_instant("take_time", request.take_time),
    )


def to_won(request: refund_service_pb2.RecordWonChargebackRequest) -> TakebackContent:
    """The won chargeback that is told. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    return TakebackContent(
        kind=TakebackKind.CHARGEBACK_WON,
        payment_id=request.payment_id,
        channel_takeback_no=request.channel_takeback_no,
        amount=to_money("amount", request.amount),
        reason=request.reason,
        take_time=to_instant("return_time", request.return_time),
    )


def to_fingerprint(request: Message) -> bytes:
    """SHA-256 of what is asked and by which call, without the key it is asked under.

    Fields that this release does not know, and digits below the microsecond, are no part of what we keep, so they are
    no part of it either.
    """
    asked = type(request)()
    asked.CopyFrom(request)
    asked.DiscardUnknownFields()
    asked.ClearField("request_id")
    for _, value in asked.ListFields():
        if isinstance(value, Timestamp):
            value.nanos -= value.nanos % 1_000
    named = asked.DESCRIPTOR.full_name.encode() + b"\0" + asked.SerializeToString(deterministic=True)
    return hashlib.sha256(named).digest()


def to_refund_filter(request: refund_service_pb2.ListRefundsRequest) -> RefundFilter:
    """Which refunds the list wants."""
    name = refund_pb2.Refund.State.Name(request.state).removeprefix("STATE_")
    return RefundFilter(
        payment_id=request.payment_id,
        merchant_id=request.merchant_id,
        merchant_refund_no=request.merchant_refund_no,
        state=RefundState(name) if request.state else None,
        needs_attention=request.needs_attention,
    )


def to_takeback_filter(request: refund_service_pb2.ListTakebacksRequest) -> TakebackFilter:
    """Which facts the list wants."""
    name = takeback_pb2.Takeback.Kind.Name(request.kind).removeprefix("KIND_")
    return TakebackFilter(request.payment_id, request.merchant_id, TakebackKind(name) if request.kind else None)


def from_refund(refund: Refund) -> refund_pb2.Refund:
    """The contract's refund."""
    content = refund.content
    return refund_pb2.Refund(
        refund_id=refund.refund_id,
        payment_id=content.payment_id,
        merchant_id=refund.merchant_id,
        merchant_refund_no=content.merchant_refund_no,
        amount=from_money(content.amount),
        state=refund_pb2.Refund.State.Value(f"STATE_{refund.state}"),
        origin=refund_pb2.Refund.Origin.Value(f"ORIGIN_{content.origin}"),
        reason=content.reason,
        channel_refund_no=refund.channel_refund_no,
        cause=refund.cause,
        create_time=from_instant(refund.create_time),
        finish_time=_instant(refund.finish_time),
        attempt_count=refund.attempt_count,
        next_try_time=_instant(refund.next_try_time),
        attention_time=_instant(refund.attention_time),
        bill_no=content.bill_no,
    )


def from_takeback(takeback: Takeback) -> takeback_pb2.Takeback:
    """The contract's fact."""
    content = takeback.content
    return takeback_pb2.Takeback(
        takeback_id=takeback.takeback_id,
        kind=takeback_pb2.Takeback.Kind.Value(f"KIND_{content.kind}"),
        payment_id=content.payment_id,
        merchant_id=takeback.merchant_id,
        channel_takeback_no=content.channel_takeback_no,
        amount=from_money(content.amount),
        uncovered_amount=from_money(takeback.uncovered_amount),
        reason=content.reason,
        take_time=from_instant(content.take_time),
        create_time=from_instant(takeback.create_time),
    )


def _instant(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else from_instant(instant)
