"""A client's side of gRPC: each call has a deadline, bears the trace, and is retried only where the contract allows."""

import asyncio
import contextlib
import contextvars
import json
import time
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from opentelemetry.trace import SpanKind

from chassis import telemetry, tls
from chassis.errors import Kind, plain_fault
from chassis.renewed_channel import RenewedChannel
from chassis.tls import Tls

_MARGIN_SECONDS = 0.05
_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)


class deadline_scope:  # noqa: N801  said as a verb: `with deadline_scope(...)`
    """Bound every call made inside to what is left of `seconds`."""

    __slots__ = ("_deadline", "_token")

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def __enter__(self) -> None:
        self._token = _deadline.set(self._deadline)

    def __exit__(self, *_: object) -> None:
        # A stream whose reader left it is closed elsewhere, in a context in which nothing was set.
        with contextlib.suppress(ValueError):
            _deadline.reset(self._token)


def seconds_left() -> float | None:
    """What is left of the innermost deadline_scope; None outside of any."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic()


def connect(
    target: str, services: Sequence[ServiceDescriptor], timeout_seconds: float, known: Tls | None = None
) -> grpc.aio.Channel:
    """A channel to a service. A call without a timeout of its own gets `timeout_seconds`, or what the caller has left.

    Methods that the contract calls idempotent (`idempotency_level`) are retried on UNAVAILABLE and CANCELLED, at most
    four tries, throttled when many fail. With `known`, or BIHUAN_TLS_* in the environment, both sides show who they
    are, no other service than the owner of `services` is talked to, and new certificates are taken when they are there.
    """
    known = known or tls.of_environment()
    named = [("grpc.ssl_target_name_override", tls.name_of(services))] if known else []
    options: list[tuple[str, Any]] = [
        *named,
        ("grpc.service_config", json.dumps(service_config(services))),
        ("grpc.enable_retries", 1),
        # A service that comes back is found again within seconds; by itself gRPC would look ever more seldom.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        # A refused statement's first errors stand in its status, which travels as metadata.
        ("grpc.max_metadata_size", 64 * 1024),
        ("grpc.absolute_max_metadata_size", 128 * 1024),
    ]
    interceptors: list[grpc.aio.ClientInterceptor] = [
        _UnaryCall(timeout_seconds),
        _StreamedAnswer(timeout_seconds),
        _StreamedRequest(timeout_seconds),
    ]
    if known is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    return RenewedChannel(
        known, lambda shown: grpc.aio.secure_channel(target, shown, options=options, interceptors=interceptors)
    )


def service_config(services: Sequence[ServiceDescriptor]) -> dict[str, Any]:
    """The gRPC service config (grpc/proposal A6) for some services."""
    retried = [
        {"service": service.full_name, "method": method.name}
        for service in services
        for method in service.methods
        if is_idempotent(method)
    ]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
    }
    return {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [{"name": retried, "retryPolicy": policy}] if retried else [],
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
    }


def is_idempotent(method: MethodDescriptor) -> bool:
    """Whether the contract says that the method may be repeated."""
    return bool(method.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN)


class _Bounded:
    """What the three kinds of call have in common."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds

    def _details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if traceparent := telemetry.current_traceparent():
            metadata.set_all("traceparent", [traceparent])
        return grpc.aio.ClientCallDetails(
            details.method,
            self._timeout(details.timeout),
            metadata,
            details.credentials,
            details.wait_for_ready,
        )

    def _timeout(self, asked: float | None) -> float:
        seconds = self._timeout_seconds if asked is None else asked
        deadline = _deadline.get()
        if deadline is not None:
            seconds = min(seconds, deadline - time.monotonic() - _MARGIN_SECONDS)
        if seconds <= 0:
            raise plain_fault(Kind.DEADLINE)
        return seconds


def _client_span(details: grpc.aio.ClientCallDetails) -> Any:
    method = details.method.decode() if isinstance(details.method, bytes) else details.method
    name = method.lstrip("/")
    return telemetry.span(name, kind=SpanKind.CLIENT, attributes={"rpc.system.name": "grpc", "rpc.method": name})


class _UnaryCall(_Bounded, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        with _client_span(client_call_details) as current:
            call = await continuation(self._details(client_call_details), request)
            try:
                code = await call.code()
            except asyncio.CancelledError:  # the call would go on for nobody
                call.cancel()
                raise
            current.set_attribute("rpc.response.status_code", code.name)
            if code is not grpc.StatusCode.OK:
                telemetry.fail(current, code.name)
            return call


class _StreamedRequest(_Bounded, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        with _client_span(client_call_details) as current:
            call = await continuation(self._details(client_call_details), request_iterator)
            code = await call.code()
            current.set_attribute("rpc.response.status_code", code.name)
            if code is not grpc.StatusCode.OK:
                telemetry.fail(current, code.name)
            return call


class _StreamedAnswer(_Bounded, grpc.aio.UnaryStreamClientInterceptor):
    """No span: whoever reads a long stream has one of its own for each thing that it takes from it."""

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._details(client_call_details), request)
