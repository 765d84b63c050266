"""Deliveries, for the contract."""

from bihuan.invoice_sync.v1 import delivery_pb2

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.delivery import DeliveryShown


def delivery_to_proto(shown: DeliveryShown) -> delivery_pb2.Delivery:
    """A delivery with its steps; of the address only what is masked."""
    delivery = shown.delivery
    return delivery_pb2.Delivery(
        delivery_id=delivery.delivery_id,
        invoice_id=delivery.invoice_id,
        masked_address=delivery.masked_address,
        state=delivery_pb2.DeliveryState.Value(f"DELIVERY_STATE_{delivery.state}"),
        try_count=delivery.tries,
        next_try_time=timestamp(delivery.due_at),
        operator=delivery.operator,
        reason=delivery.reason,
        last_answer=delivery.last_answer,
        create_time=timestamp(delivery.create_time),
        update_time=timestamp(delivery.update_time),
        steps=[
            delivery_pb2.DeliveryStep(
                kind=each.kind, detail=each.detail, operator=each.operator, event_time=timestamp(each.event_time)
            )
            for each in shown.steps
        ],
    )
