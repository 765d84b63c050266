"""What a run decided, as the contract says it."""

from bihuan.payments.v1 import payment_pb2, payment_service_pb2

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.payments.convert.basics import to_instant
from services.payments.domain.payment import ReconciliationState
from services.payments.domain.reconciliation import Fact

_OUTCOMES = {
    payment_pb2.Payment.RECONCILIATION_STATE_PENDING: ReconciliationState.PENDING,
    payment_pb2.Payment.RECONCILIATION_STATE_MATCHED: ReconciliationState.MATCHED,
    payment_pb2.Payment.RECONCILIATION_STATE_EXCEPTION: ReconciliationState.EXCEPTION,
}


def to_facts(request: payment_service_pb2.RecordReconciliationsRequest) -> list[Fact]:
    """What the runs decided. Raises Fault INVALID_FIELD with every fact whose class does not fit its outcome."""
    facts = [_to_fact(index, fact) for index, fact in enumerate(request.facts)]
    misfits = tuple(
        FieldFault(
            f"facts[{index}].exception_class",
            "FITS_OUTCOME",
            "names the class of an exception, and is empty otherwise",
            "差异须给出类别，其他须为空",
        )
        for index, fact in enumerate(facts)
        if (fact.outcome is ReconciliationState.EXCEPTION) != bool(fact.exception_class)
    )
    if misfits:
        raise invalid(misfits)
    return facts


def _to_fact(index: int, fact: payment_service_pb2.ReconciliationFact) -> Fact:
    return Fact(
        payment_id=fact.payment_id,
        run_id=fact.run_id,
        outcome=_OUTCOMES[fact.outcome],
        exception_class=fact.exception_class,
        decide_time=to_instant(f"facts[{index}].decide_time", fact.decide_time),
    )
