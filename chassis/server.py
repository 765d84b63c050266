"""A gRPC server: health, reflection, limits, deadlines, validation, tracing, errors, a graceful stop. No business."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import structlog
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import probes, storage_fault, telemetry, tls
from chassis.channel import deadline_scope
from chassis.errors import STATUS_OF, Fault, Kind, plain_fault, to_status
from chassis.loop import Loop
from chassis.validation import validate

RpcContext = grpc.aio.ServicerContext[Any, Any]
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
_CALLS_IN_FLIGHT_MAX = 256
# Beyond its own 1,000 gRPC would cut off calls that nobody has looked at, at random and without a word of ours.
_CALLS_UNREAD_MAX = 10_000
# No call takes longer, whatever deadline it came with; one that does ends as DEADLINE_EXCEEDED.
_CALL_SECONDS_MAX = 600.0
_STOP_SECONDS = 10.0
_DRAINED_MAX = 1024
# Infrastructure's own services: their callers often set no deadline, and their answers are not ours to judge.
_OPEN_SERVICES = ("/grpc.health.", "/grpc.reflection.")
_UNBOUND: AbstractAsyncContextManager[None] = contextlib.nullcontext()
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Servicer:
    """One service of a contract: its full name, the generated function that adds it, and what answers."""

    full_name: str
    add: Callable[[Any, grpc.aio.Server], None]
    implementation: Any


@dataclass(slots=True)
class Running:
    """A server that listens at `port` on the host that it was given."""

    server: grpc.aio.Server
    port: int
    health: health.aio.HealthServicer
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    stop_loops: asyncio.Event = field(default_factory=asyncio.Event)
    probed: probes.Probes | None = None
    probes_port: int = 0

    async def stop(self) -> None:
        """Say that no more is taken, let loops end their turn and calls their work, then close."""
        await self.health.enter_graceful_shutdown()
        self.stop_loops.set()
        if self.loops:
            _, late = await asyncio.wait(self.loops, timeout=_STOP_SECONDS)
            for loop in late:
                loop.cancel()
        await self.server.stop(_STOP_SECONDS)
        if self.probed is not None:
            await self.probed.stop()


async def start(
    listen: str,
    servicers: Sequence[Servicer],
    loops: Sequence[Loop] = (),
    *,
    calls_in_flight_max: int | None = None,
    callers: Collection[str] = (),
) -> Running:
    """Listen at host:port (port 0 takes a free one) and start the loops. Raises OSError when the port is taken.

    Each call must come with a deadline; one further away than 10 minutes counts as 10 minutes. Of more calls at once
    than `calls_in_flight_max` (256 when None) each further one is told OVERLOADED, and when to come again.

    With BIHUAN_PROBES_LISTEN in the environment, GET /livez and /readyz are answered there.
    With BIHUAN_TLS_* in the environment, only the services named in `callers` may call, known by their certificates.
    """
    known = tls.of_environment()
    calls_in_flight_max = calls_in_flight_max or _CALLS_IN_FLIGHT_MAX
    server = grpc.aio.server(
        interceptors=[_Guard(calls_in_flight_max, None if known is None else frozenset(callers))],
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.so_reuseport", 0),
            ("grpc.server.max_pending_requests", _CALLS_UNREAD_MAX),
            ("grpc.server.max_pending_requests_hard_limit", _CALLS_UNREAD_MAX),
            ("grpc.max_connection_age_ms", 300_000),
            ("grpc.max_connection_age_grace_ms", 30_000),
        ],
        maximum_concurrent_rpcs=calls_in_flight_max * 2,
    )
    states = health.aio.HealthServicer()
    unregistered = cast("grpc.aio.Server", _Unregistered(server))
    health_pb2_grpc.add_HealthServicer_to_server(states, unregistered)
    names = [servicer.full_name for servicer in servicers]
    for servicer in servicers:
        servicer.add(servicer.implementation, unregistered)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    try:
        port = (
            server.add_insecure_port(listen)
            if known is None
            else server.add_secure_port(listen, known.server_credentials())
        )
    except RuntimeError as fault:
        raise OSError(f"cannot listen at {listen}") from fault
    await server.start()
    for name in ["", *names]:
        await states.set(name, health_pb2.HealthCheckResponse.SERVING)
    running = Running(server, port, states)
    if listen_for_probes := probes.of_environment().listen:
        running.probed = probes.Probes(lambda: _is_serving(states))
        running.probes_port = await running.probed.start(listen_for_probes)
    running.loops = [asyncio.create_task(loop.run(running.stop_loops), name=loop.name) for loop in loops]
    return running


async def _is_serving(states: health.aio.HealthServicer) -> bool:
    # The context is only for services that are not known; "" always is.
    answer = await states.Check(health_pb2.HealthCheckRequest(), None)  # type: ignore[arg-type]
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def until_stopped(
    running: Running,
    also: Callable[[], Awaitable[None]] | None = None,
    before: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Wait for SIGTERM or SIGINT, then stop gracefully; `before` (a door that leads here) first, `also` last."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    _log.info("serving", port=running.port)
    await told.wait()
    _log.info("stopping")
    if before is not None:
        await before()
    await running.stop()
    if also is not None:
        await also()


class _Unregistered:
    """Adds handlers to a server, and leaves out the second way by which generated code tells it of each method.

    For every method that is told so, grpc.aio waits for its next call apart, and each call then costs as much more as
    there are methods (`_server_main_loop`, grpcio 1.85): with forty of them a quarter of the whole call.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Nothing: the generic handlers know the same methods."""


class _Guard(grpc.aio.ServerInterceptor):
    """Stands before every handler: caller, deadline, limit, validation, span, and one shape for every error."""

    def __init__(self, in_flight_max: int, callers: frozenset[str] | None) -> None:
        self._free = in_flight_max
        # None where calls go as plain text and nobody shows who it is.
        self._callers = callers
        # One for each method of the contract, and no more: what is not known here has no handler and is not kept.
        self._handlers: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        method = handler_call_details.method
        if (known := self._handlers.get(method)) is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None or method.startswith(_OPEN_SERVICES):
            return handler
        made = self._handlers[method] = self._guarding(method, handler)
        return made

    def _guarding(self, method: str, handler: Any) -> Any:
        coders = (handler.request_deserializer, handler.response_serializer)
        if handler.request_streaming:
            assert not handler.response_streaming, "no contract streams both ways"
            return grpc.stream_unary_rpc_method_handler(self._answer_to_many(method, handler.stream_unary), *coders)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._many_answers(method, handler.unary_stream), *coders)
        return grpc.unary_unary_rpc_method_handler(self._one_answer(method, handler.unary_unary), *coders)

    def _one_answer(self, method: str, call: Any) -> Any:
        async def inner(request: Any, context: RpcContext) -> Any:
            async with self._guarded(method, context):
                return await call(_checked(request), context)

        return inner

    def _answer_to_many(self, method: str, call: Any) -> Any:
        async def inner(requests: AsyncIterator[Message], context: RpcContext) -> Any:
            async with self._guarded(method, context):
                try:
                    return await call(_checked_stream(requests), context)
                except Exception:
                    await _drain(requests)
                    raise

        return inner

    def _many_answers(self, method: str, call: Any) -> Any:
        async def inner(request: Any, context: RpcContext) -> AsyncIterator[Any]:
            async with self._guarded(method, context):
                async for answer in call(_checked(request), context):
                    yield answer

        return inner

    @contextlib.asynccontextmanager
    async def _guarded(self, method: str, context: RpcContext) -> AsyncIterator[None]:
        name = method[1:]
        attributes = {"rpc.system.name": "grpc", "rpc.method": name}
        fault: Fault | None = None
        with telemetry.span(name, kind=SpanKind.SERVER, parent=_traceparent(context), attributes=attributes) as current:
            try:
                if self._callers is not None and not tls.is_one_of(context.auth_context(), self._callers):
                    raise plain_fault(Kind.DENIED)
                seconds = min(_remaining_seconds(context), _CALL_SECONDS_MAX)
                # A nearer deadline is gRPC's own to keep: it cancels the call.
                bound = asyncio.timeout(seconds) if seconds >= _CALL_SECONDS_MAX else _UNBOUND
                with self._place(), deadline_scope(seconds):
                    async with bound:
                        yield
            except Exception as raised:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
                fault = fault_of(raised, method)
                telemetry.fail(current, fault.reason)
            code = grpc.StatusCode.OK if fault is None else STATUS_OF[fault.kind][0]
            current.set_attribute("rpc.response.status_code", code.name)
        # Outside the span and every transaction, so that nothing is still open when the caller has its answer.
        if fault is not None:
            await context.abort_with_status(rpc_status.to_status(to_status(fault)))

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if self._free <= 0:
            raise plain_fault(Kind.OVERLOADED)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def _traceparent(context: RpcContext) -> str:
    """What the caller sent of its trace; empty when it sent nothing."""
    for key, value in context.invocation_metadata() or ():
        if key == "traceparent" and isinstance(value, str):
            return value
    return ""


def _checked(request: Message) -> Message:
    validate(request)
    return request


async def _checked_stream(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
    async for request in requests:
        validate(request)
        yield request


async def _drain(requests: AsyncIterator[Message]) -> None:
    """Take what the caller still sends. One whose sending is cut off often sees that instead of the answer."""
    left = _DRAINED_MAX
    async for _ in requests:
        if (left := left - 1) <= 0:
            return


def _remaining_seconds(context: RpcContext) -> float:
    remaining = context.time_remaining()
    # grpc tells "no deadline" as None or as a time beyond any patience.
    if remaining is None or remaining > 365 * 86_400:
        raise Fault(
            Kind.INVALID,
            "DEADLINE_REQUIRED",
            "the call has no deadline: set one",
            "调用未设置时限（deadline），请设置后重试",
        )
    return remaining


def fault_of(raised: Exception, method: str) -> Fault:
    """What a caller is told of an exception that a handler of the method raised."""
    if isinstance(raised, Fault):
        return raised
    if isinstance(raised, TimeoutError):
        return plain_fault(Kind.DEADLINE)
    if isinstance(raised, PoolTimeout):
        return plain_fault(Kind.OVERLOADED)
    if storage_fault.may_pass(raised):
        _log.warning("unavailable", rpc_method=method, error=type(raised).__name__)
        return plain_fault(Kind.UNAVAILABLE)
    _log.error("unhandled", rpc_method=method, **storage_fault.log_facts(raised))
    return plain_fault(Kind.INTERNAL)
