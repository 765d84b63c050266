"""Webhooks over gRPC. Whose an endpoint is, the actions look at: the caller goes with each call."""

from datetime import UTC

from bihuan.gateway.v1 import webhook_service_pb2 as pb
from bihuan.gateway.v1 import webhook_service_pb2_grpc

from chassis import paging
from chassis.server import RpcContext
from services.gateway.access import Access
from services.gateway.actions.webhook_delivery import WebhookDeliveryActions
from services.gateway.actions.webhook_endpoint import WebhookEndpointActions
from services.gateway.actions.webhook_sending import WebhookSendingActions
from services.gateway.convert.webhook import (
    asked_from_proto,
    attempt_to_proto,
    delivery_to_proto,
    endpoint_to_proto,
    filter_from_proto,
)
from services.gateway.domain.caller import Caller
from services.gateway.rpc.permit import permitted_within_scope

_SERVICE = "bihuan.gateway.v1.WebhookService"
_PAGE_SIZE = 50


class WebhookServicer(webhook_service_pb2_grpc.WebhookServiceServicer):
    """Endpoints and deliveries."""

    def __init__(
        self,
        endpoints: WebhookEndpointActions,
        deliveries: WebhookDeliveryActions,
        sending: WebhookSendingActions,
        access: Access,
    ) -> None:
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._sending = sending
        self._access = access

    async def CreateWebhookEndpoint(
        self, request: pb.CreateWebhookEndpointRequest, context: RpcContext
    ) -> pb.CreateWebhookEndpointResponse:
        caller = await self._caller(context, "CreateWebhookEndpoint")
        merchant_ids = frozenset(request.merchant_ids)
        made = await self._endpoints.create_webhook_endpoint(asked_from_proto(request), merchant_ids, caller)
        return pb.CreateWebhookEndpointResponse(endpoint=endpoint_to_proto(made.endpoint), secret=made.secret)

    async def ListWebhookEndpoints(
        self, request: pb.ListWebhookEndpointsRequest, context: RpcContext
    ) -> pb.ListWebhookEndpointsResponse:
        caller = await self._caller(context, "ListWebhookEndpoints")
        found = await self._endpoints.list_webhook_endpoints(caller, disabled_only=request.disabled_only)
        return pb.ListWebhookEndpointsResponse(endpoints=map(endpoint_to_proto, found))

    async def GetWebhookEndpoint(
        self, request: pb.GetWebhookEndpointRequest, context: RpcContext
    ) -> pb.GetWebhookEndpointResponse:
        caller = await self._caller(context, "GetWebhookEndpoint")
        found = await self._endpoints.get_webhook_endpoint(request.endpoint_id, caller)
        return pb.GetWebhookEndpointResponse(endpoint=endpoint_to_proto(found))

    async def UpdateWebhookEndpoint(
        self, request: pb.UpdateWebhookEndpointRequest, context: RpcContext
    ) -> pb.UpdateWebhookEndpointResponse:
        caller = await self._caller(context, "UpdateWebhookEndpoint")
        endpoint = await self._endpoints.update_webhook_endpoint(
            request.endpoint_id,
            asked_from_proto(request),
            caller,
            is_enabled=request.is_enabled,
            expected_version=request.expected_version,
        )
        return pb.UpdateWebhookEndpointResponse(endpoint=endpoint_to_proto(endpoint))

    async def DeleteWebhookEndpoint(
        self, request: pb.DeleteWebhookEndpointRequest, context: RpcContext
    ) -> pb.DeleteWebhookEndpointResponse:
        caller = await self._caller(context, "DeleteWebhookEndpoint")
        await self._endpoints.delete_webhook_endpoint(request.endpoint_id, caller, request.expected_version)
        return pb.DeleteWebhookEndpointResponse()

    async def RotateWebhookSecret(
        self, request: pb.RotateWebhookSecretRequest, context: RpcContext
    ) -> pb.RotateWebhookSecretResponse:
        caller = await self._caller(context, "RotateWebhookSecret")
        made = await self._endpoints.rotate_webhook_secret(
            request.endpoint_id, request.overlap_seconds, caller, request.expected_version
        )
        return pb.RotateWebhookSecretResponse(endpoint=endpoint_to_proto(made.endpoint), secret=made.secret)

    async def TestWebhookEndpoint(
        self, request: pb.TestWebhookEndpointRequest, context: RpcContext
    ) -> pb.TestWebhookEndpointResponse:
        caller = await self._caller(context, "TestWebhookEndpoint")
        delivery, attempt = await self._sending.test_webhook_endpoint(request.endpoint_id, caller)
        return pb.TestWebhookEndpointResponse(delivery=delivery_to_proto(delivery), attempt=attempt_to_proto(attempt))

    async def ListWebhookDeliveries(
        self, request: pb.ListWebhookDeliveriesRequest, context: RpcContext
    ) -> pb.ListWebhookDeliveriesResponse:
        caller = await self._caller(context, "ListWebhookDeliveries")
        wanted, size = filter_from_proto(request), request.page_size or _PAGE_SIZE
        filter_text = repr(wanted)
        before_id = paging.last_id(filter_text, request.page_token)
        found = await self._deliveries.list_webhook_deliveries(wanted, before_id, size, caller)
        token = paging.encode(filter_text, (found[-1].delivery_id,)) if len(found) == size else ""
        return pb.ListWebhookDeliveriesResponse(deliveries=map(delivery_to_proto, found), next_page_token=token)

    async def GetWebhookDelivery(
        self, request: pb.GetWebhookDeliveryRequest, context: RpcContext
    ) -> pb.GetWebhookDeliveryResponse:
        caller = await self._caller(context, "GetWebhookDelivery")
        delivery, attempts = await self._deliveries.get_webhook_delivery(request.delivery_id, caller)
        return pb.GetWebhookDeliveryResponse(
            delivery=delivery_to_proto(delivery), attempts=map(attempt_to_proto, attempts)
        )

    async def ReplayWebhookDelivery(
        self, request: pb.ReplayWebhookDeliveryRequest, context: RpcContext
    ) -> pb.ReplayWebhookDeliveryResponse:
        caller = await self._caller(context, "ReplayWebhookDelivery")
        delivery = await self._deliveries.replay_webhook_delivery(request.delivery_id, caller)
        return pb.ReplayWebhookDeliveryResponse(delivery=delivery_to_proto(delivery))

    async def ReplayWebhookEvents(
        self, request: pb.ReplayWebhookEventsRequest, context: RpcContext
    ) -> pb.ReplayWebhookEventsResponse:
        caller = await self._caller(context, "ReplayWebhookEvents")
        from_time, to_time = request.from_time.ToDatetime(UTC), request.to_time.ToDatetime(UTC)
        filter_text = f"{request.endpoint_id} {from_time} {to_time} {request.include_delivered}"
        replayed = await self._deliveries.replay_webhook_events(
            request.endpoint_id,
            from_time,
            to_time,
            paging.last_id(filter_text, request.page_token),
            caller,
            include_delivered=request.include_delivered,
        )
        after_id = replayed.after_event_id
        token = paging.encode(filter_text, (after_id,)) if after_id else ""
        return pb.ReplayWebhookEventsResponse(delivery_count=replayed.count, next_page_token=token)

    async def _caller(self, context: RpcContext, method: str) -> Caller:
        return await permitted_within_scope(self._access, context, f"{_SERVICE}.{method}")
