"""Alerts and limits as messages of the contract."""

from bihuan.gateway.v1 import security_service_pb2

from services.gateway.convert.basics import time_to_proto
from services.gateway.domain.rate import MethodClass
from services.gateway.store.brakes import KeptSuspension, RateOverride


def alert_to_proto(kept: KeptSuspension) -> security_service_pb2.SecurityAlert:
    """A suspension as the contract tells it."""
    return security_service_pb2.SecurityAlert(
        suspension_id=kept.suspension_id,
        address=kept.address,
        key_id=kept.key_id,
        offence=kept.offence,
        level=kept.level,
        start_time=time_to_proto(kept.start_time),
        until_time=time_to_proto(kept.until_time),
        trace_id=kept.trace_id,
        lift_time=time_to_proto(kept.lift_time),
        lifted_by=kept.lifted_by,
        lift_reason=kept.lift_reason,
    )


def limit_to_proto(limit: RateOverride) -> security_service_pb2.RateLimit:
    """A limit of its own as the contract tells it."""
    return security_service_pb2.RateLimit(
        subject=limit.subject,
        method_class=_CLASS_TO_PROTO[MethodClass(limit.method_class)],
        calls_per_second=int(limit.per_second),
        set_by=limit.set_by,
        set_time=time_to_proto(limit.set_time),
    )


def method_class_from_proto(value: int) -> MethodClass:
    """A class as it is kept; the rules of the contract let no other value in."""
    return _CLASS_OF[value]


_CLASS_TO_PROTO = {
    MethodClass.READ: security_service_pb2.METHOD_CLASS_READ,
    MethodClass.WRITE: security_service_pb2.METHOD_CLASS_WRITE,
    MethodClass.BULK: security_service_pb2.METHOD_CLASS_BULK,
}
_CLASS_OF: dict[int, MethodClass] = {value: one for one, value in _CLASS_TO_PROTO.items()}
