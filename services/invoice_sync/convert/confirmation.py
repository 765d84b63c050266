"""Confirmations, for the contract."""

from bihuan.invoice_sync.v1 import confirmation_pb2

from services.invoice_sync.convert.basics import money_to_proto, timestamp
from services.invoice_sync.convert.findings import finding_to_proto
from services.invoice_sync.domain.confirmation import Confirmation, ConfirmationState


def confirmation_to_proto(confirmation: Confirmation) -> confirmation_pb2.Confirmation:
    """What a second person has to confirm, or decided."""
    applicant, decided = confirmation.applicant, confirmation.decided
    return confirmation_pb2.Confirmation(
        confirmation_id=confirmation.confirmation_id,
        payment_id=confirmation.payment_id,
        merchant_id=confirmation.merchant_id,
        amount=money_to_proto(confirmation.amount),
        buyer_title=applicant.title,
        buyer_tax_id=applicant.tax_id,
        natural_person=applicant.is_natural_person,
        state=confirmation_pb2.Confirmation.State.Value(f"STATE_{confirmation.state.value}"),
        findings=[finding_to_proto(each) for each in confirmation.findings],
        requested_by=confirmation.requested_by,
        create_time=timestamp(confirmation.create_time),
        decided_by=decided.decided_by if decided else "",
        reason=decided.reason if decided else "",
        decide_time=timestamp(decided.decide_time) if decided else None,
        invoice_id=decided.invoice_id if decided else "",
        bulk_request_id=confirmation.bulk_request_id,
    )


def state_from_proto(state: confirmation_pb2.Confirmation.State.ValueType) -> ConfirmationState | None:
    """A state; None for the unspecified one."""
    if not state:
        return None
    return ConfirmationState(confirmation_pb2.Confirmation.State.Name(state).removeprefix("STATE_"))
