"""An order that is paid in several parts, both ways."""

from bihuan.payments.v1 import payment_pb2, split_order_pb2, split_order_service_pb2

from services.payments.convert.basics import from_instant, from_money, refuse_misfits, to_money
from services.payments.domain.split_order import Part, PartContent, SplitOrder, SplitOrderContent, judge_parts


def to_split_order(request: split_order_service_pb2.CreateSplitOrderRequest) -> SplitOrderContent:
    """The order that is told. Raises Fault UNKNOWN_CURRENCY, INVALID_FIELD when its parts are not the whole."""
    total = to_money("total", request.total)
    parts = tuple(
        PartContent(part.merchant_order_no, to_money(f"parts[{index}].amount", part.amount))
        for index, part in enumerate(request.parts)
    )
    refuse_misfits(judge_parts(parts, total))
    return SplitOrderContent(request.merchant_id, request.split_order_no, total, parts)


def from_split_order(order: SplitOrder) -> split_order_pb2.SplitOrder:
    """The contract's order."""
    content = order.content
    return split_order_pb2.SplitOrder(
        merchant_id=content.merchant_id,
        split_order_no=content.split_order_no,
        total=from_money(content.total),
        state=split_order_pb2.SplitOrder.State.Value(f"STATE_{order.state}"),
        paid_amount=from_money(order.paid),
        pending_amount=from_money(order.pending),
        parts=[_from_part(part) for part in order.parts],
        create_time=from_instant(order.create_time),
    )


def _from_part(part: Part) -> split_order_pb2.SplitOrderPart:
    payment = part.payment
    state = payment_pb2.Payment.STATE_UNSPECIFIED
    return split_order_pb2.SplitOrderPart(
        merchant_order_no=part.content.merchant_order_no,
        amount=from_money(part.content.amount),
        payment_id=part.payment_id,
        payment_state=payment_pb2.Payment.State.Value(f"STATE_{payment.state}") if payment else state,
        paid_amount=from_money(part.paid),
        differs=part.differs,
    )
