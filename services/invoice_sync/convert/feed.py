"""Changes of invoices, for the contract."""

from bihuan.invoice_sync.v1 import feed_pb2

from chassis import telemetry
from services.invoice_sync.convert.basics import money_to_proto, timestamp
from services.invoice_sync.convert.invoice import state_to_proto
from services.invoice_sync.domain.change import NumberedChange


def change_to_proto(change: NumberedChange) -> feed_pb2.InvoiceChange:
    """A change in its place."""
    return feed_pb2.InvoiceChange(
        sequence=change.sequence,
        kind=feed_pb2.InvoiceChange.Kind.Value(f"KIND_{change.kind.value}"),
        invoice_id=change.invoice_id,
        payment_id=change.payment_id,
        merchant_id=change.merchant_id,
        merchant_order_no=change.merchant_order_no,
        amount=money_to_proto(change.amount),
        sync_state=state_to_proto(change.sync_state),
        invoice_number=change.invoice_number,
        red_number=change.red_number,
        version=change.version,
        given_up=change.parked_reason.value,
        change_time=timestamp(change.change_time),
        trace_id=telemetry.trace_id_of(change.traceparent),
    )
