"""Alerts and limits over gRPC, for admins."""

from bihuan.gateway.v1 import security_service_pb2, security_service_pb2_grpc

from chassis import paging
from chassis.server import RpcContext
from services.gateway.access import Access
from services.gateway.actions.security import SecurityActions
from services.gateway.convert.security import alert_to_proto, limit_to_proto, method_class_from_proto
from services.gateway.rpc.permit import permitted

_SECURITY = "bihuan.gateway.v1.SecurityService"
_PAGE_SIZE = 50


class SecurityServicer(security_service_pb2_grpc.SecurityServiceServicer):
    """Alerts and limits, for admins."""

    def __init__(self, actions: SecurityActions, access: Access) -> None:
        self._actions = actions
        self._access = access

    async def ListSecurityAlerts(
        self, request: security_service_pb2.ListSecurityAlertsRequest, context: RpcContext
    ) -> security_service_pb2.ListSecurityAlertsResponse:
        await permitted(self._access, context, f"{_SECURITY}.ListSecurityAlerts")
        filter_text, size = str(request.suspended_only), request.page_size or _PAGE_SIZE
        before_id = paging.last_id(filter_text, request.page_token)
        alerts = await self._actions.list_security_alerts(before_id, size, suspended_only=request.suspended_only)
        token = paging.encode(filter_text, (alerts[-1].suspension_id,)) if len(alerts) == size else ""
        return security_service_pb2.ListSecurityAlertsResponse(
            alerts=map(alert_to_proto, alerts), next_page_token=token
        )

    async def LiftSuspension(
        self, request: security_service_pb2.LiftSuspensionRequest, context: RpcContext
    ) -> security_service_pb2.LiftSuspensionResponse:
        caller = await permitted(self._access, context, f"{_SECURITY}.LiftSuspension")
        kept = await self._actions.lift_suspension(request.suspension_id, caller.operator, request.reason)
        return security_service_pb2.LiftSuspensionResponse(alert=alert_to_proto(kept))

    async def ListRateLimits(
        self, request: security_service_pb2.ListRateLimitsRequest, context: RpcContext
    ) -> security_service_pb2.ListRateLimitsResponse:
        await permitted(self._access, context, f"{_SECURITY}.ListRateLimits")
        return security_service_pb2.ListRateLimitsResponse(
            limits=map(limit_to_proto, await self._actions.list_rate_limits())
        )

    async def SetRateLimit(
        self, request: security_service_pb2.SetRateLimitRequest, context: RpcContext
    ) -> security_service_pb2.SetRateLimitResponse:
        caller = await permitted(self._access, context, f"{_SECURITY}.SetRateLimit")
        limit = await self._actions.set_rate_limit(
            request.subject, method_class_from_proto(request.method_class), request.calls_per_second, caller.operator
        )
        return security_service_pb2.SetRateLimitResponse(limit=None if limit is None else limit_to_proto(limit))
