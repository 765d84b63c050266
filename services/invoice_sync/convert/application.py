"""Customers' applications, for the contract."""

from collections.abc import Sequence

from bihuan.invoice_sync.v1 import invoice_application_pb2 as pb

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.application import (
    WORDS,
    Application,
    ApplicationKind,
    ApplicationState,
    ApplicationStep,
    Proof,
    Remedy,
)


def application_to_proto(made: Application) -> pb.InvoiceApplication:
    """An application with the words of its state."""
    title, title_zh = WORDS[made.state]
    return pb.InvoiceApplication(
        application_id=made.application_id,
        invoice_id=made.invoice_id,
        payment_id=made.payment_id,
        merchant_id=made.merchant_id,
        kind=pb.ApplicationKind.Value(f"APPLICATION_KIND_{made.kind.value}"),
        buyer_title=made.buyer.name,
        buyer_tax_id=made.buyer.tax_id,
        amount_minor=made.amount_minor,
        why=made.why,
        filed_by=made.filed_by,
        create_time=timestamp(made.create_time),
        state=_state(made.state),
        title=title,
        title_zh=title_zh,
        state_time=timestamp(made.state_time),
        remedy=pb.Remedy.Value(f"REMEDY_{made.remedy.value if made.remedy else 'UNSPECIFIED'}"),
        reviewed_by=made.reviewed_by,
        red_letter_id=made.red_letter_id,
        new_invoice_id=made.new_invoice_id,
    )


def proof_to_proto(proof: Proof) -> pb.ApplicationProof:
    """A file, without its bytes."""
    return pb.ApplicationProof(
        sha256=proof.sha256, file_name=proof.file_name, media_type=proof.media_type, byte_count=proof.byte_count
    )


def steps_to_proto(steps: Sequence[ApplicationStep]) -> list[pb.ApplicationStep]:
    """Every step."""
    return [
        pb.ApplicationStep(
            step_no=each.step_no,
            step_time=timestamp(each.step_time),
            operator=each.operator,
            state=_state(each.to_state),
            why=each.why,
        )
        for each in steps
    ]


def kind_from_proto(kind: pb.ApplicationKind.ValueType) -> ApplicationKind:
    """What is the matter."""
    return ApplicationKind(pb.ApplicationKind.Name(kind).removeprefix("APPLICATION_KIND_"))


def remedy_from_proto(remedy: pb.Remedy.ValueType) -> Remedy | None:
    """What is to be done; None for the unspecified one, which refuses."""
    return Remedy(pb.Remedy.Name(remedy).removeprefix("REMEDY_")) if remedy else None


def state_from_proto(state: pb.ApplicationState.ValueType) -> ApplicationState | None:
    """A state; None for the unspecified one."""
    return ApplicationState(pb.ApplicationState.Name(state).removeprefix("APPLICATION_STATE_")) if state else None


def _state(state: ApplicationState) -> pb.ApplicationState.ValueType:
    return pb.ApplicationState.Value(f"APPLICATION_STATE_{state.value}")
