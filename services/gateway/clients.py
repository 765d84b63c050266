"""The gateway's channels to the services behind it, and the question whether they are well."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import channel
from services.gateway.contract import Contract, Operation

_HEALTH_SECONDS = 1.0


def connect(contract: Contract, targets: Mapping[str, str], timeout_seconds: float) -> dict[str, grpc.aio.Channel]:
    """A channel for each area of the contract, by area: payments, reconciler …"""
    return {
        area: channel.connect(target, contract.services_of(area), timeout_seconds) for area, target in targets.items()
    }


def caller_of(upstream: grpc.aio.Channel, operation: Operation) -> Callable[..., Any]:
    """What calls an operation, over the channel of its area."""
    kind = upstream.stream_unary if operation.method.client_streaming else upstream.unary_unary
    service = operation.method.containing_service.full_name
    return kind(
        f"/{service}/{operation.method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=operation.answer_type().FromString,
    )


async def is_serving(upstream: grpc.aio.Channel) -> bool:
    """Whether a service says, within a second, that it takes calls."""
    try:
        answer = await health_pb2_grpc.HealthStub(upstream).Check(  # type: ignore[attr-defined]
            health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS
        )
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
