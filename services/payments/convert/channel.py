"""Payments that start here, callbacks, and what needs a person, both ways."""

from collections.abc import Sequence

from bihuan.payments.v1 import channel_service_pb2, payment_service_pb2

from services.payments.convert.basics import from_instant, refuse_misfits, to_instant, to_money
from services.payments.convert.payment import from_payment, to_splits
from services.payments.domain.callback import Ingested, Outcome
from services.payments.domain.channel_order import AttentionCause, StartAsked
from services.payments.domain.payment import PaymentContent
from services.payments.domain.split import judge_splits
from services.payments.store.channel_order import Started

_OUTCOMES = {
    outcome: channel_service_pb2.IngestCallbackResponse.Outcome.Value(f"OUTCOME_{outcome}") for outcome in Outcome
}
_CAUSES = {cause: channel_service_pb2.ChannelAttention.Cause.Value(f"CAUSE_{cause}") for cause in AttentionCause}


def to_start(request: payment_service_pb2.CreatePaymentRequest) -> StartAsked:
    """What is to be started. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD."""
    amount = to_money("amount", request.amount)
    splits = to_splits(request.splits)
    refuse_misfits(judge_splits(splits, amount, request.bill_no))
    content = PaymentContent(
        merchant_id=request.merchant_id,
        merchant_order_no=request.merchant_order_no,
        bill_no=request.bill_no,
        channel=request.channel,
        channel_txn_no="",
        amount=amount,
        pay_time=None,
        payer_name=request.payer_name,
        splits=splits,
    )
    expire_time = None
    if request.HasField("expire_time"):
        # Channels know whole seconds at most.
        expire_time = to_instant("expire_time", request.expire_time).replace(microsecond=0)
    return StartAsked(request.request_id, content, request.description, expire_time)


def from_start(started: Started, *, replayed: bool) -> payment_service_pb2.CreatePaymentResponse:
    """The contract's answer."""
    return payment_service_pb2.CreatePaymentResponse(
        payment=from_payment(started.payment), replayed=replayed, code_url=started.order.code_url
    )


def from_ingested(ingested: Ingested) -> channel_service_pb2.IngestCallbackResponse:
    """The contract's answer to the callback door."""
    reply = ingested.reply
    return channel_service_pb2.IngestCallbackResponse(
        outcome=_OUTCOMES[ingested.outcome],
        http_status=reply.status,
        content_type=reply.content_type,
        body=reply.body,
    )


def from_attentions(page: Sequence[Started], token: str) -> channel_service_pb2.ListChannelAttentionsResponse:
    """The contract's page."""
    return channel_service_pb2.ListChannelAttentionsResponse(
        attentions=[_from_attention(started) for started in page], next_page_token=token
    )


def _from_attention(started: Started) -> channel_service_pb2.ChannelAttention:
    attention = started.order.attention
    assert attention is not None, "the list holds nothing else"
    return channel_service_pb2.ChannelAttention(
        payment_id=started.payment.payment_id,
        channel=started.payment.content.channel,
        cause=_CAUSES[attention.cause],
        detail=attention.detail,
        attention_time=from_instant(attention.attention_time),
    )
