"""Calls at the gateway by gRPC, by a method's full name, and how they ended."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

_SECONDS = 30.0


@dataclass(frozen=True)
class Called:
    """An answer, or what a refusal says; `metadata` came behind it."""

    code: grpc.StatusCode
    answer: Any = None
    reason: str = ""
    details: str = ""
    details_zh: str = ""
    fields: tuple[str, ...] = ()
    retry_seconds: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Everything that the caller was told."""
        return f"{self.answer}{self.details}{self.details_zh}{self.reason}{self.fields}{self.metadata}"


async def called(
    where: str | grpc.aio.Channel,
    method: str,
    request: Message | bytes | Iterable[Message | bytes],
    metadata: dict[str, str] | None = None,
    timeout: float | None = _SECONDS,
) -> Called:
    """Call a method by its full name, with a message, its bytes, or some of them as a stream."""
    if isinstance(where, str):
        async with grpc.aio.insecure_channel(where) as channel:
            return await called(channel, method, request, metadata, timeout)
    service, _, name = method.rpartition(".")
    is_stream = not isinstance(request, Message | bytes)
    kind = where.stream_unary if is_stream else where.unary_unary
    stub: Any = kind(f"/{service}/{name}", _bytes, None)
    call = stub(_each(request) if is_stream else request, metadata=list((metadata or {}).items()), timeout=timeout)
    try:
        content = await call
    except grpc.aio.AioRpcError as error:
        return _refusal(error)
    answer = _answer_type(method).FromString(content)
    return Called(grpc.StatusCode.OK, answer, metadata=dict(await call.trailing_metadata()))


def _refusal(error: grpc.aio.AioRpcError) -> Called:
    info, local = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]
    for detail in status.details if status else ():
        for message in (info, local, bad, retry):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return Called(
        error.code(),
        None,
        info.reason,
        error.details() or "",
        local.message,
        tuple(one.field for one in bad.field_violations),
        retry.retry_delay.seconds,
        dict(error.trailing_metadata() or ()),
    )


async def _each(requests: Any) -> AsyncIterator[Message | bytes]:
    for request in requests:
        yield request


def _bytes(request: Message | bytes) -> bytes:
    return request if isinstance(request, bytes) else request.SerializeToString()


def _answer_type(method: str) -> Any:
    return GetMessageClass(descriptor_pool.Default().FindMethodByName(method).output_type)
