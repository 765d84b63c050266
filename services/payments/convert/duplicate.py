"""Duplicate payments, between contract and domain. It decides nothing."""

from bihuan.payments.v1 import bill_service_pb2, duplicate_pb2

from services.payments.convert.basics import from_instant, from_money
from services.payments.domain.duplicate import Covering, Duplicate, DuplicateState
from services.payments.store.duplicate import DuplicateFilter


def to_filter(request: bill_service_pb2.ListDuplicatesRequest) -> DuplicateFilter:
    """Which cases the list wants."""
    state = duplicate_pb2.DuplicatePayment.State.Name(request.state).removeprefix("STATE_")
    return DuplicateFilter(
        merchant_id=request.merchant_id,
        bill_no=request.bill_no,
        state=DuplicateState(state) if request.state else None,
    )


def from_duplicate(duplicate: Duplicate) -> duplicate_pb2.DuplicatePayment:
    """The contract's duplicate payment."""
    found, closing = duplicate.found, duplicate.closing
    message = duplicate_pb2.DuplicatePayment(
        duplicate_id=duplicate.duplicate_id,
        merchant_id=duplicate.merchant_id,
        bill_no=duplicate.bill_no,
        cause=duplicate_pb2.DuplicatePayment.Cause.Value(f"CAUSE_{found.cause}"),
        payment_id=found.payment_id,
        channel=found.channel,
        proposed_refund_amount=from_money(duplicate.proposed_refund),
        bill_amount=from_money(duplicate.bill_amount),
        covering_payments=[_from_covering(each) for each in found.covering],
        state=duplicate_pb2.DuplicatePayment.State.Value(f"STATE_{duplicate.state}"),
        create_time=from_instant(duplicate.create_time),
    )
    if closing is not None:
        message.close_time.FromDatetime(closing.close_time)
        message.dismiss_reason, message.dismissed_by = closing.reason, closing.closed_by
    return message


def _from_covering(covering: Covering) -> duplicate_pb2.CoveringPayment:
    return duplicate_pb2.CoveringPayment(
        payment_id=covering.payment_id,
        channel=covering.channel,
        channel_txn_no=covering.channel_txn_no,
        amount=from_money(covering.amount),
        pay_time=from_instant(covering.pay_time),
    )
