"""Packages that people carry to the authority, and abandonments, for the contract."""

from bihuan.invoice_sync.v1 import manual_pb2

from services.invoice_sync.convert.basics import money_to_proto, timestamp
from services.invoice_sync.convert.invoice import state_to_proto
from services.invoice_sync.store.abandonments import Abandonment
from services.invoice_sync.store.manual import ItemStanding, PackageShown


def package_to_proto(shown: PackageShown) -> manual_pb2.ManualPackage:
    """A package as it is now."""
    package, head = shown.package, shown.package.head
    return manual_pb2.ManualPackage(
        package_id=head.package_id,
        seller_tax_id=head.seller_tax_id,
        route=head.route,
        invoice_count=head.invoice_count,
        amount=money_to_proto(head.amount),
        content_sha256=package.content_sha256,
        export_by=head.export_by,
        reason=head.reason,
        export_time=timestamp(head.export_time),
        open_count=shown.open_count,
        booked_count=shown.booked_count,
        steps=[
            manual_pb2.ManualStep(
                kind=each.kind,
                operator=each.operator,
                reason=each.reason,
                step_time=timestamp(each.step_time),
                invoice_count=each.invoice_count,
            )
            for each in shown.steps
        ],
    )


def item_to_proto(found: ItemStanding) -> manual_pb2.ManualItem:
    """An invoice of a package."""
    item, told = found.item, found.receipt
    return manual_pb2.ManualItem(
        item_no=item.item_no,
        invoice_id=item.invoice_id,
        sync_state=state_to_proto(found.sync_state),
        invoice_number=found.invoice_number,
        receipt_status=told.status if told else "",
        receipt_number=told.invoice_number if told else "",
        receipt_code=told.authority_code if told else "",
        amount=money_to_proto(found.amount),
        document_sha256=item.document_sha256,
    )


def abandonment_to_proto(made: Abandonment) -> manual_pb2.Abandonment:
    """A proposal to leave an invoice, and what was decided."""
    return manual_pb2.Abandonment(
        abandonment_id=made.abandonment_id,
        invoice_id=made.invoice_id,
        state=manual_pb2.Abandonment.State.Value(f"STATE_{made.state}"),
        sync_state=state_to_proto(made.sync_state),
        propose_by=made.propose_by,
        propose_reason=made.propose_reason,
        propose_time=timestamp(made.propose_time),
        decide_by=made.decide_by,
        decide_reason=made.decide_reason,
        decide_time=timestamp(made.decide_time),
    )
