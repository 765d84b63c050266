"""The messages of a caller by gRPC: read from their bytes, bounded, in the order that an upload has. It sends none.

Fields that this contract does not know are dropped, since nobody here can judge them; JSON cannot have any either.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError, Message

from chassis.errors import Fault, FieldFault
from services.gateway import fields, limits
from services.gateway.audit import Entry
from services.gateway.contract import Operation, type_of
from services.gateway.requests import REQUEST_ID, has_request_id
from services.gateway.strict_json import malformed
from services.gateway.uploads import end_of, header_of

_LET_GO_SECONDS = 2.0
# To a caller that leaves gRPC says first that no more comes, as to one that has sent all, and then that it is gone.
_GONE_KNOWN_SECONDS = 0.05
_TEXTS_BYTES_MAX = 2_048
_log = structlog.get_logger()


async def only(contents: AsyncIterator[bytes]) -> bytes:
    """The message of a call that takes one, once nothing came behind it. Raises MALFORMED_REQUEST."""
    held: bytes | None = None
    try:
        async for content in contents:
            if held is not None:
                raise malformed("the method takes one message", "该方法只接受一条消息")
            held = content
    except grpc.aio.BaseError as gone:
        raise _broken_off() from gone
    except asyncio.CancelledError as gone:  # so gRPC tells us that its caller left, too
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise _broken_off() from gone
    if held is None:
        raise malformed("there is no message", "没有收到消息")
    return held


def _broken_off() -> Fault:
    return malformed("the call broke off before its message had come", "消息尚未完整送达，调用已中断")


def read(operation: Operation, content: bytes, entry: Entry) -> Message:
    """A message of an operation. Raises TOO_LARGE and MALFORMED_REQUEST."""
    entry.digest.update(content)
    if len(content) > limits.BODY_BYTES_MAX:
        raise limits.too_large(limits.BODY_BYTES_MAX)
    message = operation.request()
    try:
        message.ParseFromString(content)
    except DecodeError as fault:
        name = operation.method.input_type.full_name
        raise malformed(f"the message is not a {name}", f"消息不是 {name}") from fault
    message.DiscardUnknownFields()
    return message


def mark_of(message: Message | None) -> bytes:
    """Tells what a message asks for from what others do, as a path does over HTTP: the same but for its request_id."""
    if message is None:
        return b""
    asked = type(message)()
    asked.CopyFrom(message)
    if has_request_id(type_of(asked)):
        asked.ClearField(REQUEST_ID)
    return hashlib.sha256(asked.SerializeToString(deterministic=True)).hexdigest().encode("ascii")


def texts_of(message: Message | None) -> bytes:
    """The texts that somebody sent, or their start, for who judges a refusal: in the bytes around them is no word."""
    found = bytearray()
    for text in _texts(message) if message is not None else ():
        found += text + b"\n"
        if len(found) >= _TEXTS_BYTES_MAX:
            break
    return bytes(found[:_TEXTS_BYTES_MAX])


def _texts(value: Any) -> Iterator[bytes]:
    if isinstance(value, Message):
        for _, held in value.ListFields():
            yield from _texts(held)
    elif isinstance(value, str):
        yield value.encode("utf-8", "replace")
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif not isinstance(value, bytes | int | float):
        for held in value:
            yield from _texts(held)


class Inbox:
    """Messages as they come, one held at most. Whoever has no more use for them lets them go.

    Nothing is taken in before it is open. `is_whole` once all that its caller had to send has come.
    """

    def __init__(self, contents: AsyncIterator[bytes]) -> None:
        self._contents = contents
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._is_over = False
        self._filling: asyncio.Task[None] | None = None
        self.is_whole = False

    def open(self) -> None:
        """Begin to take messages in, unless the caller is gone by now."""
        if not self._is_over:
            self._filling = asyncio.create_task(self._fill())

    async def next(self) -> bytes | None:
        """The next message; None when no more comes, because that was all or because the caller is gone."""
        return await self._waiting.get()

    async def let_go(self) -> None:
        """Take what is still sent, for a while: who is cut off often sees that instead of the answer."""
        if self._filling is None:
            return
        self._is_over = True
        while not self._waiting.empty():
            self._waiting.get_nowait()
        await asyncio.wait([self._filling], timeout=_LET_GO_SECONDS)

    def close(self) -> None:
        """Take nothing more: whoever waits for the next message learns that there is none, and that it is not whole."""
        self._is_over, self.is_whole = True, False
        if self._filling is not None:
            self._filling.cancel()
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def _fill(self) -> None:
        is_whole = False
        try:
            async for content in self._contents:
                if not self._is_over:
                    await self._waiting.put(content)
            await asyncio.sleep(_GONE_KNOWN_SECONDS)
            is_whole = True
        except grpc.aio.BaseError as gone:
            _log.info("upload broken off", error=type(gone).__name__)
        if not self._is_over:
            self.is_whole = is_whole
            await self._waiting.put(None)


class Upload:
    """An upload's messages in their order: its header, its bytes, its end. It is never held whole."""

    def __init__(self, operation: Operation, inbox: Inbox, entry: Entry, bytes_max: int) -> None:
        self._operation = operation
        self._inbox = inbox
        self._entry = entry
        self._bytes_max = bytes_max
        self._first: Message | None = None
        self.fault: Fault | None = None

    async def first(self) -> Message:
        """The message with the header. Raises what `read` does, and INVALID_FIELD for any other."""
        message, name = await self._next(), header_of(self._operation).name
        if message is None or self._part(message) != name:
            raise _misplaced(name, "must be the first message", "必须是第一条消息")
        self._first = message
        return message

    async def messages(self) -> AsyncIterator[Message]:
        """The messages in order. A stream that breaks a rule gets no end, so that it is refused whole."""
        assert self._first is not None, "its header was read before"
        yield self._first
        try:
            async for message in self._rest():
                yield message
        except Fault as fault:
            self.fault = fault

    async def _rest(self) -> AsyncIterator[Message]:
        size_bytes, last = 0, None
        end, body = end_of(self._operation).name, self._operation.body
        while (message := await self._next()) is not None:
            part = self._part(message)
            if last is not None or part not in (body, end):
                raise _misplaced(part or body, "must not come here", "不应出现在此处")
            size_bytes += len(getattr(message, body))
            if size_bytes > self._bytes_max:
                raise limits.too_large(self._bytes_max)
            if part == end:  # it goes on when nothing came behind it, for with it the file is whole
                last = message
            else:
                yield message
        if last is not None and self._inbox.is_whole:
            yield last

    async def _next(self) -> Message | None:
        content = await self._inbox.next()
        return None if content is None else read(self._operation, content, self._entry)

    def _part(self, message: Message) -> str:
        together = header_of(self._operation).containing_oneof
        assert together is not None, "a header shares a oneof with the bytes"
        return str(message.WhichOneof(together.name) or "")


def _misplaced(field: str, message: str, message_zh: str) -> Fault:
    return fields.misfit([FieldFault(field, "MISPLACED", message, message_zh)])
