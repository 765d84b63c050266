"""Endpoints, deliveries and tries as messages of the contract."""

from bihuan.gateway.v1 import webhook_pb2, webhook_service_pb2

from services.gateway.convert.basics import time_to_proto
from services.gateway.domain.webhook import Attempt, Delivery, DeliveryState, Endpoint, EndpointAsked, EndpointState
from services.gateway.store.webhook_outbox import DeliveryFilter

_ENDPOINT_STATE = {
    EndpointState.ENABLED: webhook_pb2.WebhookEndpoint.STATE_ENABLED,
    EndpointState.DISABLED: webhook_pb2.WebhookEndpoint.STATE_DISABLED,
}
_DELIVERY_STATE = {
    DeliveryState.WAITING: webhook_pb2.WebhookDelivery.STATE_WAITING,
    DeliveryState.DELIVERED: webhook_pb2.WebhookDelivery.STATE_DELIVERED,
    DeliveryState.FAILED: webhook_pb2.WebhookDelivery.STATE_FAILED,
}
_DELIVERY_STATE_OF: dict[int, str] = {value: state.value for state, value in _DELIVERY_STATE.items()}


def endpoint_to_proto(endpoint: Endpoint) -> webhook_pb2.WebhookEndpoint:
    """An endpoint as the contract tells it; a deleted one is never told."""
    return webhook_pb2.WebhookEndpoint(
        endpoint_id=endpoint.endpoint_id,
        url=endpoint.url,
        description=endpoint.description,
        merchant_ids=sorted(endpoint.merchant_ids),
        event_types=sorted(endpoint.event_types),
        state=_ENDPOINT_STATE[endpoint.state],
        disable_cause=endpoint.disable_cause,
        disable_time=time_to_proto(endpoint.disable_time),
        failing_since_time=time_to_proto(endpoint.failing_since),
        create_time=time_to_proto(endpoint.create_time),
        previous_secret_until_time=time_to_proto(endpoint.previous_until),
        version=endpoint.version,
    )


def delivery_to_proto(delivery: Delivery) -> webhook_pb2.WebhookDelivery:
    """A delivery as the contract tells it."""
    waits = delivery.state is DeliveryState.WAITING
    return webhook_pb2.WebhookDelivery(
        delivery_id=delivery.delivery_id,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        object_id=delivery.object_id,
        merchant_id=delivery.merchant_id,
        state=_DELIVERY_STATE[delivery.state],
        try_count=delivery.try_count,
        next_try_time=time_to_proto(delivery.next_try_time if waits else None),
        create_time=time_to_proto(delivery.create_time),
        end_time=time_to_proto(delivery.end_time),
        last_status_code=delivery.last_status_code,
    )


def attempt_to_proto(attempt: Attempt) -> webhook_pb2.WebhookAttempt:
    """A try as the contract tells it."""
    answer = attempt.answer
    return webhook_pb2.WebhookAttempt(
        attempt_no=attempt.attempt_no,
        start_time=time_to_proto(attempt.start_time),
        duration_milliseconds=answer.duration_milliseconds,
        status_code=answer.status_code,
        fault=answer.fault,
        answer_start=answer.start,
    )


def asked_from_proto(
    request: webhook_service_pb2.CreateWebhookEndpointRequest | webhook_service_pb2.UpdateWebhookEndpointRequest,
) -> EndpointAsked:
    """What is said of an endpoint."""
    return EndpointAsked(url=request.url, description=request.description, event_types=frozenset(request.event_types))


def filter_from_proto(request: webhook_service_pb2.ListWebhookDeliveriesRequest) -> DeliveryFilter:
    """Which deliveries a list is asked for."""
    return DeliveryFilter(
        endpoint_id=request.endpoint_id,
        state=_DELIVERY_STATE_OF.get(request.state, ""),
        object_id=request.object_id,
    )
