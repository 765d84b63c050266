"""Changes of exceptions, as the contract tells them. It decides nothing."""

from bihuan.reconciler.v1 import exception_pb2, feed_pb2
from bihuan.type.v1 import money_pb2

from chassis.money import Money
from services.reconciler.convert.basics import line_id, timestamp
from services.reconciler.convert.exceptions import exception_class_value
from services.reconciler.domain.change import NumberedChange


def exception_change(change: NumberedChange) -> feed_pb2.ExceptionChange:
    """A change in its place."""
    return feed_pb2.ExceptionChange(
        sequence=change.sequence,
        kind=feed_pb2.ExceptionChange.Kind.Value(f"KIND_{change.kind.value}"),
        exception_id=change.exception_id,
        run_id=change.run_id,
        channel=change.channel,
        business_date=change.business_date.isoformat(),
        exception_class=exception_class_value(change.exception_class.value),
        state=exception_pb2.Exception.State.Value(f"STATE_{change.state.value}"),
        payment_id=change.payment_id,
        line_id=line_id(change.statement_id, change.line_no),
        merchant_id=change.merchant_id,
        merchant_order_no=change.merchant_order_no,
        book_amount=_money(change.book_amount),
        channel_amount=_money(change.channel_amount),
        resolved_by_run_id=change.resolved_by_run_id,
        carried_from_exception_id=change.carried_from_exception_id,
        change_time=timestamp(change.change_time),
        trace_id=change.trace_id,
    )


def _money(amount: Money | None) -> money_pb2.Money | None:
    if amount is None:
        return None
    return money_pb2.Money(currency_code=amount.currency_code, amount_minor=amount.amount_minor)
