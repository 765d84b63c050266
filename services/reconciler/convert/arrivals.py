"""What is known of a payment before its day is closed, as the contract tells it. It decides nothing."""

from bihuan.reconciler.v1 import arrival_pb2, exception_pb2, run_pb2

from services.reconciler.convert.basics import timestamp
from services.reconciler.convert.exceptions import exception_class_value
from services.reconciler.tables import ArrivalMatchRow, ArrivalRevisionRow

_State = arrival_pb2.ArrivalMatch.State


def arrival_match(
    payment_id: str, stands: ArrivalMatchRow | None, revised: ArrivalRevisionRow | None
) -> arrival_pb2.ArrivalMatch:
    """The pair that stands; without one that of a run which found otherwise, or nothing."""
    if stands is not None:
        return arrival_pb2.ArrivalMatch(
            payment_id=payment_id,
            state=_State.STATE_CLOSED if stands.closed_by_run_id else _State.STATE_PAIRED,
            line_id=stands.line_id,
            rule_id=stands.rule_id,
            disposition=run_pb2.Disposition.Value(f"DISPOSITION_{stands.disposition}"),
            exception_class=_class(stands.exception_class),
            reason=stands.reason,
            run_id=stands.closed_by_run_id,
            at_time=timestamp(stands.match_time),
        )
    if revised is not None and revised.run_id:
        return arrival_pb2.ArrivalMatch(
            payment_id=payment_id,
            state=_State.STATE_REVISED,
            run_id=revised.run_id,
            at_time=timestamp(revised.revise_time),
        )
    return arrival_pb2.ArrivalMatch(payment_id=payment_id, state=_State.STATE_OPEN)


def _class(name: str) -> exception_pb2.ExceptionClass.ValueType:
    return exception_class_value(name) if name else exception_pb2.EXCEPTION_CLASS_UNSPECIFIED
