"""What stands before every handler: caller, deadline, limit, validation, span, one shape for errors. No business."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis import storage_fault, telemetry, tls
from chassis.channel import deadline_scope
from chassis.errors import STATUS_OF, Fault, Kind, plain_fault, to_status
from chassis.validation import validate

RpcContext = grpc.aio.ServicerContext[Any, Any]
# No call takes longer, whatever deadline it came with; one that does ends as DEADLINE_EXCEEDED.
_CALL_SECONDS_MAX = 600.0
_DRAINED_MAX = 1024
# Infrastructure's own services: their callers often set no deadline, and their answers are not ours to judge.
_OPEN_SERVICES = ("/grpc.health.", "/grpc.reflection.")
_log = structlog.get_logger()


class Guard(grpc.GenericRpcHandler):
    """All handlers of a server, each behind what every call must pass. A server gets this one alone.

    It stands where an interceptor would, which costs each call four coroutines and knows nothing that this does not.

    It takes handlers as a server does, and leaves out the second way by which generated code tells of each method: for
    every method that is told so, grpc.aio waits for its next call apart, and each call then costs as much more as there
    are methods (`_server_main_loop`, grpcio 1.85): with forty of them a quarter of the whole call.
    """

    def __init__(self, in_flight_max: int, callers: frozenset[str] | None) -> None:
        self.free = in_flight_max
        # None where calls go as plain text and nobody shows who it is.
        self.callers = callers
        self._added: list[Any] = []
        # One for each method of the contract, and no more: what is not known here has no handler and is not kept.
        self._guarded: dict[str, Any] = {}

    def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
        """Guard these too."""
        self._added.extend(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Nothing: the generic handlers know the same methods."""

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a call, guarded; None when no service has its method."""
        method = handler_call_details.method
        if (known := self._guarded.get(method)) is not None:
            return known
        found = (added.service(handler_call_details) for added in self._added)
        handler = next((one for one in found if one is not None), None)
        if handler is None or method.startswith(_OPEN_SERVICES):
            return handler
        made = self._guarded[method] = self._guarding(method, handler)
        return made

    def _guarding(self, method: str, handler: Any) -> Any:
        coders = (handler.request_deserializer, handler.response_serializer)
        if handler.request_streaming:
            assert not handler.response_streaming, "no contract streams both ways"
            return grpc.stream_unary_rpc_method_handler(self._answer_to_many(method, handler.stream_unary), *coders)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._many_answers(method, handler.unary_stream), *coders)
        return grpc.unary_unary_rpc_method_handler(self._one_answer(method, handler.unary_unary), *coders)

    def _one_answer(self, method: str, call: Callable[..., Any]) -> Any:
        async def inner(request: Any, context: RpcContext) -> Any:
            async with _Guarded(self, method, context):
                validate(request)
                return await call(request, context)

        return inner

    def _answer_to_many(self, method: str, call: Callable[..., Any]) -> Any:
        async def inner(requests: AsyncIterator[Message], context: RpcContext) -> Any:
            async with _Guarded(self, method, context):
                try:
                    return await call(_checked_stream(requests), context)
                except Exception:
                    await _drain(requests)
                    raise

        return inner

    def _many_answers(self, method: str, call: Callable[..., Any]) -> Any:
        async def inner(request: Any, context: RpcContext) -> AsyncIterator[Any]:
            async with _Guarded(self, method, context):
                validate(request)
                async for answer in call(request, context):
                    yield answer

        return inner


class _Guarded:
    """Around one call: it comes in or is refused, and whatever is raised inside becomes one shape of answer.

    By hand and not of generators, of which it would need four: they cost more than all that it does.
    """

    __slots__ = ("_bound", "_context", "_current", "_deadline", "_guard", "_method", "_span")

    def __init__(self, guard: Guard, method: str, context: RpcContext) -> None:
        self._guard = guard
        self._method = method
        self._context = context

    async def __aenter__(self) -> None:
        name = self._method[1:]
        attributes = {"rpc.system.name": "grpc", "rpc.method": name}
        parent = _traceparent(self._context)
        self._span = telemetry.span(name, kind=SpanKind.SERVER, parent=parent, attributes=attributes)
        self._current = self._span.__enter__()
        try:
            seconds = self._come_in()
        except Exception as refused:  # noqa: BLE001  as below
            await self._end(refused)
            return
        self._deadline = deadline_scope(seconds)
        self._deadline.__enter__()
        # A nearer deadline is gRPC's own to keep: it cancels the call.
        self._bound = asyncio.timeout(seconds) if seconds >= _CALL_SECONDS_MAX else None
        if self._bound is not None:
            await self._bound.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bound is not None:
            try:
                await self._bound.__aexit__(kind, raised, trace)
            except TimeoutError as late:
                raised = late
        self._deadline.__exit__()
        self._guard.free += 1
        if raised is None or isinstance(raised, Exception):
            await self._end(raised)
        else:
            self._span.__exit__(kind, raised, trace)

    def _come_in(self) -> float:
        """How long the call may take, in seconds. It has a place from here on; raises Fault when it gets none."""
        guard = self._guard
        if guard.callers is not None and not tls.is_one_of(self._context.auth_context(), guard.callers):
            raise plain_fault(Kind.DENIED)
        seconds = min(_remaining_seconds(self._context), _CALL_SECONDS_MAX)
        if guard.free <= 0:
            raise plain_fault(Kind.OVERLOADED)
        guard.free -= 1
        return seconds

    async def _end(self, raised: Exception | None) -> None:
        fault = None if raised is None else fault_of(raised, self._method)
        code = grpc.StatusCode.OK if fault is None else STATUS_OF[fault.kind][0]
        if fault is not None:
            telemetry.fail(self._current, fault.reason)
        self._current.set_attribute("rpc.response.status_code", code.name)
        self._span.__exit__(None, None, None)
        # Outside the span and every transaction, so that nothing is still open when the caller has its answer.
        if fault is not None:
            await self._context.abort_with_status(rpc_status.to_status(to_status(fault)))


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


def _traceparent(context: RpcContext) -> str:
    """What the caller sent of its trace; empty when it sent nothing."""
    for key, value in context.invocation_metadata() or ():
        if key == "traceparent" and isinstance(value, str):
            return value
    return ""


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
