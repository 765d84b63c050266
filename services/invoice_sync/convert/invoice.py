"""Invoices and their sums, for the contract."""

from collections.abc import Iterable
from itertools import groupby

from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2

from chassis import telemetry
from chassis.money import Money
from services.invoice_sync.convert.basics import money_to_proto, timestamp
from services.invoice_sync.domain.shown import Shown
from services.invoice_sync.domain.standing import SyncState


def invoice_to_proto(shown: Shown) -> invoice_pb2.Invoice:
    """An invoice as it stands; HELD while its gate is shut."""
    invoice, standing = shown.invoice, shown.invoice.standing
    return invoice_pb2.Invoice(
        invoice_id=invoice.invoice_id,
        payment_id=invoice.payment_id,
        merchant_id=invoice.merchant_id,
        merchant_order_no=invoice.merchant_order_no,
        amount=money_to_proto(invoice.amount),
        seller_name=invoice.seller.name,
        seller_tax_id=invoice.seller.tax_id,
        buyer_title=invoice.buyer.name,
        buyer_tax_id=invoice.buyer.tax_id,
        sync_state=state_to_proto(SyncState.HELD if shown.held_by else standing.sync_state),
        invoice_number=standing.invoice_number,
        document_sha256=invoice.document_sha256,
        idempotency_key=invoice.idempotency_key,
        submit_count=standing.submit_count,
        next_attempt_time=timestamp(shown.next_attempt_time),
        ack_time=timestamp(standing.ack_time),
        book_time=timestamp(standing.book_time),
        create_time=timestamp(invoice.create_time),
        trace_id=telemetry.trace_id_of(invoice.traceparent),
        payment_trace_id=telemetry.trace_id_of(invoice.payment_traceparent),
        issued_by=invoice_pb2.IssuePolicy.Value(f"ISSUE_POLICY_{invoice.issued_by}"),
        version=invoice.version,
        deadline_time=timestamp(standing.deadline_at),
        confirm_time=timestamp(standing.confirm_time),
        environment=invoice.route.environment,
        region=invoice.route.region,
        held_by=shown.held_by.kind.value if shown.held_by else "",
        given_up=standing.parked_reason.value,
        broken_rules=[
            invoice_pb2.BrokenRule(rule=each.rule, field=each.field, message=each.message, message_zh=each.message_zh)
            for each in invoice.broken_rules
        ],
        red_number=standing.red_number,
        kind=invoice_pb2.InvoiceKind.Value(f"INVOICE_KIND_{invoice.kind.value}"),
        original_invoice_id=invoice.original_invoice_id,
    )


def state_to_proto(state: SyncState) -> invoice_pb2.SyncState.ValueType:
    """A state."""
    return invoice_pb2.SyncState.Value(f"SYNC_STATE_{state.value}")


def state_from_proto(state: invoice_pb2.SyncState.ValueType) -> SyncState | None:
    """A state; None for the unspecified one."""
    return SyncState(invoice_pb2.SyncState.Name(state).removeprefix("SYNC_STATE_")) if state else None


def totals_to_proto(rows: Iterable[tuple[SyncState, int, Money]]) -> list[invoice_service_pb2.StateTotal]:
    """Counts by state, in the order of the contract, from rows by state and currency."""
    ordered = sorted(rows, key=lambda row: (state_to_proto(row[0]), row[2].currency_code))
    totals = []
    for state, grouped in groupby(ordered, key=lambda row: row[0]):
        of_state = list(grouped)
        totals.append(
            invoice_service_pb2.StateTotal(
                sync_state=state_to_proto(state),
                invoice_count=sum(count for _, count, _ in of_state),
                amount_sums=[money_to_proto(amount) for _, _, amount in of_state],
            )
        )
    return totals
