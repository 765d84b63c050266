"""The door for calls by gRPC: by the same parts, in the same order, as a request over HTTP. It knows no method.

What it serves are the public methods of the contract, under their own names; one handler is made for each from its
descriptor. A call has its course in a task of its own: a caller that leaves takes no mutating call away from the audit.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.channel import deadline_scope
from chassis.errors import STATUS_OF, Fault, Kind, to_status
from chassis.guard import RpcContext, fault_of
from services.gateway import kinds, requests
from services.gateway.access import Access
from services.gateway.audit import digest_head
from services.gateway.calls import Answered, Asker, Calls
from services.gateway.contract import Operation
from services.gateway.domain.rate import MethodClass
from services.gateway.grpc_messages import Inbox, Upload, mark_of, only, read, texts_of
from services.gateway.grpc_metadata import Head, head_of
from services.gateway.guard import Guard
from services.gateway.limits import InFlight
from services.gateway.problems import HttpFault, status_of
from services.gateway.rates import Quota
from services.gateway.suspension import Origin
from services.gateway.uploads import header_of

Metadata = tuple[tuple[str, str], ...]
_UNKNOWN: Final = Fault(Kind.NOT_FOUND, "UNKNOWN_ROUTE", "there is no such method", "方法不存在")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Times:
    """How long a call may take at most, and an upload, in seconds; its own deadline may be nearer."""

    call_seconds: float
    upload_seconds: float

    def of(self, operation: Operation) -> float:
        """How long a call of an operation may take."""
        return self.upload_seconds if operation.method.client_streaming else self.call_seconds


@dataclass(slots=True)
class _Course:
    """What becomes known of a call on its way: what its refusal is judged by, and what its caller is told beside."""

    operation: Operation
    head: Head
    origin: Origin | None = None
    caller_id: str = ""
    quota: Quota | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """How a call ended: with an answer, or with a fault; and what is told beside it."""

    content: bytes
    fault: Fault | None
    metadata: Metadata


# Asks the service behind, given who asks; what it reads of the caller's it leaves in the call's course.
_Ask = Callable[[_Course, Asker], Awaitable[Answered]]


class GrpcDoor(grpc.GenericRpcHandler):
    """Takes calls in, asks who calls, has them answered, and tells what went wrong."""

    def __init__(
        self,
        operations: Iterable[Operation],
        access: Access,
        calls: Calls,
        guard: Guard,
        in_flight: InFlight,
        times: Times,
        upload_bytes_max: int,
    ) -> None:
        self._access = access
        self._calls = calls
        self._guard = guard
        self._in_flight = in_flight
        self._times = times
        self._upload_bytes_max = upload_bytes_max
        self._under_way: set[asyncio.Task[_End]] = set()
        self._handlers: dict[str, Any] = {}
        for operation in operations:  # of several routes of a method the first tells as much as the others
            self._handlers.setdefault(path_of(operation), self._handler(operation))

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """What handles a method; what is not public is told like what is not there."""
        path = handler_call_details.method
        return self._handlers.get(path) or self._handler_of_none(path)

    async def close(self, within_seconds: float) -> None:
        """Let calls whose callers have left come to their end."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=within_seconds)

    def _handler(self, operation: Operation) -> Any:
        async def of_one(contents: AsyncIterator[bytes], context: RpcContext) -> bytes:
            ask = functools.partial(self._one, contents)
            return await _told(await self._followed(operation, context, ask), context)

        async def of_many(contents: AsyncIterator[bytes], context: RpcContext) -> bytes:
            inbox = Inbox(contents)
            try:
                end = await self._followed(operation, context, functools.partial(self._many, inbox))
                await inbox.let_go()
            finally:
                inbox.close()
            return await _told(end, context)

        # Each as a stream, of which nothing is taken in before somebody has proved a key: of a method that is told to
        # take one message gRPC would hold that before our first line runs, for whoever sends it, however slowly.
        # Without coders a message comes and goes as bytes: what does not parse gets an answer of ours, too.
        return grpc.stream_unary_rpc_method_handler(of_many if operation.method.client_streaming else of_one)

    def _handler_of_none(self, path: str) -> Any:
        async def handle(_: AsyncIterator[bytes], context: RpcContext) -> bytes:
            head = head_of(path, context)
            try:
                origin = self._guard.origin_behind(head.peer, head.forwarded, head.authorization)
                self._guard.judge(_UNKNOWN, origin, "", path.encode("utf-8", "replace"), b"", b"")
            except Fault as fault:  # to be suspended, too, is no reason to be told more
                _log.info("call", rpc_method=path, reason=fault.reason)
            status = to_status(_UNKNOWN)
            status.code = grpc.StatusCode.UNIMPLEMENTED.value[0]
            await context.abort_with_status(rpc_status.to_status(status))
            raise AssertionError("to abort is to raise")

        return grpc.stream_unary_rpc_method_handler(handle)

    async def _followed(self, operation: Operation, context: RpcContext, ask: _Ask) -> _End:
        """How a call ends. One that acts is followed to its end and written down, whoever still waits for it."""
        course = _Course(operation, head_of(path_of(operation), context))
        task = asyncio.create_task(self._ended(course, ask))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not kinds.mutates(operation):
                task.cancel()
            raise

    async def _ended(self, course: _Course, ask: _Ask) -> _End:
        name, content, fault = course.operation.method.full_name, b"", None
        attributes = {"rpc.system.name": "grpc", "rpc.method": course.head.path[1:]}
        with telemetry.span(
            name, kind=SpanKind.SERVER, parent=course.head.traceparent, attributes=attributes
        ) as current:
            metadata: list[tuple[str, str]] = []
            try:
                answered = await self._answered(course, ask)
                content = answered.message.SerializeToString()
                metadata += [("idempotent-replayed", "true")] if answered.is_replayed else []
            except Exception as raised:  # noqa: BLE001  the edge: whatever is raised becomes one shape of answer
                fault = fault_of(raised, name)
                self._refused(course, raised, fault)
                if status_of(fault) >= 500:
                    telemetry.fail(current, fault.reason)
                else:
                    current.set_attribute("error.type", fault.reason)
            code = grpc.StatusCode.OK if fault is None else STATUS_OF[fault.kind][0]
            current.set_attribute("rpc.response.status_code", code.name)
            metadata += [*_limit_of(course, fault), *_trace(telemetry.current_traceparent())]
        return _End(content, fault, tuple(metadata))

    async def _answered(self, course: _Course, ask: _Ask) -> Answered:
        operation, head = course.operation, course.head
        course.origin = origin = self._guard.origin_behind(head.peer, head.forwarded, head.authorization)
        is_timed = kinds.method_class(operation) is not MethodClass.BULK
        with self._in_flight.place(kinds.worth(operation), is_timed=is_timed):
            caller = await self._access.identify(head.authorization)
            course.caller_id = caller.caller_id
            telemetry.annotate(key_id=caller.caller_id)
            course.quota = await self._guard.let_in(operation, caller, origin)
            entry = self._guard.audit.begin(
                operation.method.full_name,
                origin.address,
                digest_head("POST", head.path.encode("ascii"), b""),
                head.reason,
                mutates=kinds.mutates(operation),
            )
            asker = Asker(caller, head.authorization, entry)
            return await self._guard.kept(entry, caller, lambda: self._permitted(course, asker, ask))

    async def _permitted(self, course: _Course, asker: Asker, ask: _Ask) -> Answered:
        self._access.permit(asker.caller, course.operation.method.full_name)
        seconds = min(self._times.of(course.operation), course.head.seconds)
        async with asyncio.timeout(seconds):
            with deadline_scope(seconds):
                answered = await ask(course, asker)
        # What a newer service knows and this contract does not, no mask is known for.
        answered.message.DiscardUnknownFields()
        self._calls.show(answered.message, asker)
        return answered

    async def _one(self, contents: AsyncIterator[bytes], course: _Course, asker: Asker) -> Answered:
        course.message = message = read(course.operation, await only(contents), asker.entry)
        requests.make_callers(message, course.operation, course.head.idempotency_key, asker.caller)
        return await self._calls.one(course.operation, message, asker)

    async def _many(self, inbox: Inbox, course: _Course, asker: Asker) -> Answered:
        operation = course.operation
        inbox.open()
        upload = Upload(operation, inbox, asker.entry, self._upload_bytes_max)
        async with asyncio.timeout(self._times.call_seconds):  # what is to come may take longer, but not its header
            first = await upload.first()
        course.message = header = getattr(first, header_of(operation).name)
        requests.fill_request_id(header, course.head.idempotency_key)
        requests.fill_operator(header, asker.caller.operator)
        try:
            return await self._calls.many(operation, first, header, upload.messages(), asker)
        except Fault as fault:
            raise (upload.fault or fault) from fault

    def _refused(self, course: _Course, raised: Exception, fault: Fault) -> None:
        if course.origin is not None:
            asked = course.head.path.encode("ascii") + b"?" + mark_of(course.message)
            self._guard.judge(raised, course.origin, course.caller_id, asked, b"", texts_of(course.message))
        _log.info("call", rpc_method=course.head.path, reason=fault.reason, key_id=course.caller_id)


def path_of(operation: Operation) -> str:
    """What a method is called on the wire."""
    return f"/{operation.method.containing_service.full_name}/{operation.method.name}"


async def _told(end: _End, context: RpcContext) -> bytes:
    """The answer, or the abortion with the fault's details."""
    if end.fault is None:
        context.set_trailing_metadata(end.metadata)
        return end.content
    status = rpc_status.to_status(to_status(end.fault))
    await context.abort(status.code, status.details, (*status.trailing_metadata, *end.metadata))
    raise AssertionError("to abort is to raise")


def _limit_of(course: _Course, fault: Fault | None) -> Metadata:
    """What a caller has left of its limit, when it came so far; by the names that HTTP has for it."""
    if isinstance(fault, HttpFault):
        return tuple(fault.headers.items())
    return tuple(course.quota.headers().items()) if course.quota is not None else ()


def _trace(traceparent: str) -> Metadata:
    return (("trace-id", traceparent[3:35]), ("traceparent", traceparent)) if traceparent else ()
