"""The audit over gRPC, for auditors and admins."""

from bihuan.gateway.v1 import audit_service_pb2, audit_service_pb2_grpc

from chassis import paging
from chassis.server import RpcContext
from services.gateway.access import Access
from services.gateway.actions.audit import AuditActions
from services.gateway.convert.audit import audit_filter_from_proto, audit_record_to_proto, verdict_to_proto
from services.gateway.rpc.permit import permitted

_AUDIT = "bihuan.gateway.v1.AuditService"
_PAGE_SIZE = 50


class AuditServicer(audit_service_pb2_grpc.AuditServiceServicer):
    """The audit, for auditors and admins."""

    def __init__(self, actions: AuditActions, access: Access) -> None:
        self._actions = actions
        self._access = access

    async def ListAuditRecords(
        self, request: audit_service_pb2.ListAuditRecordsRequest, context: RpcContext
    ) -> audit_service_pb2.ListAuditRecordsResponse:
        await permitted(self._access, context, f"{_AUDIT}.ListAuditRecords")
        wanted, size = audit_filter_from_proto(request), request.page_size or _PAGE_SIZE
        before_id = paging.last_id(str(wanted), request.page_token)
        records = await self._actions.list_audit_records(wanted, before_id, size)
        token = paging.encode(str(wanted), (records[-1].record_id,)) if len(records) == size else ""
        return audit_service_pb2.ListAuditRecordsResponse(
            records=map(audit_record_to_proto, records), next_page_token=token
        )

    async def VerifyAudit(
        self, request: audit_service_pb2.VerifyAuditRequest, context: RpcContext
    ) -> audit_service_pb2.VerifyAuditResponse:
        await permitted(self._access, context, f"{_AUDIT}.VerifyAudit")
        return verdict_to_proto(await self._actions.verify_audit(request.from_link_no))
