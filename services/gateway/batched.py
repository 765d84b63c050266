"""Calls of one method that wait at the same time go to its service together. It knows no method and reads no answer.

Which methods, and by what, stands in the contract (`bihuan.options.v1.batched_by`). Each caller has its own answer, its
own error, its own time and its own trace; what fails as a whole is to each of them what it would have been alone.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import grpc
from bihuan.options.v1 import batched_pb2
from bihuan.type.v1 import batch_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2
from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.batch import Batcher, BatchError, BatchFull, BatchLate
from chassis.batch_metrics import BatchMetrics
from chassis.errors import Fault, Kind, from_rpc_error, from_status, plain_fault
from services.gateway.contract import Operation

# As many of the largest stay below what a message may have.
CALL_BYTES_MAX = 8 * 1024
SIZE_MAX = 256
_WAITING_MAX = 4_096
_LINGER_SECONDS = 0.002
# While a service takes one batch in, the next is read and the last one answered: so both have work.
_IN_FLIGHT_MAX = 2
_ENOUGH = 32
_LINKS_MAX = 128


class _Waiting(NamedTuple):
    """A request, its caller's place in its trace, and until when it may take, by `time.monotonic`."""

    content: bytes
    traceparent: str
    until: float


class Together:
    """Sends the calls of one method in batches."""

    def __init__(self, operation: Operation, upstream: grpc.aio.Channel) -> None:
        method = batch_method(operation.method)
        assert method is not None, f"{operation.method.full_name} has no method that takes many of it"
        self._name = f"{method.containing_service.full_name}/{method.name}"
        self._request_type = GetMessageClass(method.input_type)
        self._answer_type = operation.answer_type()
        self._stub: Any = upstream.unary_unary(
            f"/{self._name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        self._batcher: Batcher[_Waiting, Message] = Batcher(
            self._flush,
            size_max=SIZE_MAX,
            waiting_max=_WAITING_MAX,
            linger_seconds=_LINGER_SECONDS,
            in_flight_max=_IN_FLIGHT_MAX,
            enough=_ENOUGH,
            watch=BatchMetrics(telemetry.meter(), "gateway.batched"),
        )

    def takes(self, request: Message) -> bool:
        """Whether a request is small enough to go with others."""
        return request.ByteSize() <= CALL_BYTES_MAX

    async def call(self, request: Message, within_seconds: float) -> Message:
        """The answer to one call. Raises the Fault that it was refused with, or that the batch failed with."""
        waiting = _waiting(request.SerializeToString(), telemetry.current_traceparent(), within_seconds)
        try:
            return await self._batcher.add(waiting, within_seconds)
        except BatchError as raised:
            raise told(raised) from raised

    def send(self, content: bytes, traceparent: str, within_seconds: float) -> "asyncio.Future[Message]":
        """The same for a request as bytes, and for who has no task of its own.

        Raises BatchError, or the future does, or it has a Fault.
        """
        return self._batcher.submit(_waiting(content, traceparent, within_seconds), within_seconds)

    async def close(self, within_seconds: float) -> None:
        """Take nothing more, and let what waits have its answer."""
        await self._batcher.close(within_seconds)

    async def _flush(self, waiting: list[_Waiting]) -> Sequence[Message | Exception]:
        calls = [batch_pb2.BatchedCall(request=one.content, traceparent=one.traceparent) for one in waiting]
        seconds = max(one.until for one in waiting) - time.monotonic()
        with self._span(waiting):
            try:
                answered: Any = await self._stub(self._request_type(calls=calls), timeout=seconds)
            except grpc.aio.AioRpcError as error:
                raise from_rpc_error(error) from error
        return [self._outcome(one) for one in answered.answers]

    def _span(self, waiting: list[_Waiting]) -> AbstractContextManager[Any]:
        """A batch belongs to no call: its span is of a trace of its own, with links to those that are kept."""
        links = [one.traceparent for one in waiting if telemetry.is_sampled(one.traceparent)][:_LINKS_MAX]
        if not links:
            return nullcontext()
        attributes = {"bihuan.call_count": len(waiting)}
        return telemetry.span(
            f"batch {self._name}", kind=SpanKind.INTERNAL, parent="", links=links, attributes=attributes
        )

    def _outcome(self, answered: batch_pb2.BatchedAnswer) -> Message | Exception:
        if answered.WhichOneof("outcome") == "answer":
            return self._answer_type.FromString(answered.answer)
        return from_status(status_pb2.Status.FromString(answered.status))


def _waiting(content: bytes, traceparent: str, within_seconds: float) -> _Waiting:
    assert len(content) <= CALL_BYTES_MAX, "it goes alone"
    return _Waiting(content, traceparent, time.monotonic() + within_seconds)


def told(raised: BatchError) -> Fault:
    """What a caller is told who got no answer of a batch. Cut off, its call may have been done; the same keys tell."""
    match raised:
        case BatchFull():
            return plain_fault(Kind.OVERLOADED)
        case BatchLate():
            return plain_fault(Kind.DEADLINE)
        case _:
            return plain_fault(Kind.UNAVAILABLE)


def connect(operations: Iterable[Operation], channels: Mapping[str, grpc.aio.Channel]) -> dict[str, Together]:
    """What sends the calls of each method that the contract says goes in batches, by its full name."""
    return {
        operation.method.full_name: Together(operation, channels[operation.area])
        for operation in operations
        if batch_method(operation.method) is not None
    }


def batch_method(method: MethodDescriptor) -> MethodDescriptor | None:
    """The method that takes many calls of this one, if there is one."""
    name = method.GetOptions().Extensions[batched_pb2.batched_by]
    if not name:
        return None
    return descriptor_pool.Default().FindMethodByName(name)
