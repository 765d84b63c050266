"""Records of the audit, and what a walk over them found, as messages of the contract."""

from bihuan.gateway.v1 import audit_record_pb2, audit_service_pb2

from services.gateway.audit_verify import Verdict
from services.gateway.convert.basics import time_from_proto, time_to_proto
from services.gateway.domain.audit_record import AuditRecord
from services.gateway.store.audit import AuditFilter


def audit_record_to_proto(record: AuditRecord) -> audit_record_pb2.AuditRecord:
    """A record as the contract tells it."""
    return audit_record_pb2.AuditRecord(
        record_id=record.record_id,
        record_time=time_to_proto(record.record_time),
        caller_id=record.caller_id,
        operator=record.operator,
        tenant_id=record.tenant_id,
        method=record.method,
        resource_ids=record.resource_ids,
        address=record.address,
        reason=record.reason,
        outcome=record.outcome,
        saw_unmasked=record.saw_unmasked,
        trace_id=record.trace_id,
        request_sha256=record.request_sha256.hex(),
    )


def audit_filter_from_proto(request: audit_service_pb2.ListAuditRecordsRequest) -> AuditFilter:
    """What a list is asked for."""
    return AuditFilter(
        caller_id=request.caller_id,
        method=request.method,
        resource_id=request.resource_id,
        outcome=request.outcome,
        unmasked_only=request.unmasked_only,
        from_time=time_from_proto(request, "from_time"),
        to_time=time_from_proto(request, "to_time"),
    )


def verdict_to_proto(verdict: Verdict) -> audit_service_pb2.VerifyAuditResponse:
    """What a walk found."""
    broken = verdict.broken
    return audit_service_pb2.VerifyAuditResponse(
        intact=broken is None,
        record_count=verdict.record_count,
        next_link_no=verdict.next_link_no,
        broken_link_no=broken.link_no if broken else 0,
        broken_record_id=broken.record_id if broken else "",
        why=broken.why.value if broken else "",
    )
