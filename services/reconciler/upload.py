"""A file that comes in parts: header, bytes, end, within limits. It does not look into the file."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from bihuan.reconciler.v1.statement_service_pb2 import IngestStatementRequest, StatementHeader

from chassis.errors import Fault, FieldFault, Kind, plain_fault
from chassis.validation import invalid

CHUNK_BYTES_MAX = 1024 * 1024
FILE_BYTES_MAX = 64 * 1024 * 1024
# A file is held whole while it is read, so this bounds the memory of all uploads.
_UPLOADS_MAX = 4


class Upload(NamedTuple):
    """A file that has come whole, and what was said about it."""

    header: StatementHeader
    content: bytes


class Uploads:
    """The uploads of one server."""

    def __init__(self) -> None:
        self._free = _UPLOADS_MAX

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for an upload. Raises Fault OVERLOADED when all are taken."""
        if not self._free:
            raise plain_fault(Kind.OVERLOADED)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    async def receive(self, parts: AsyncIterator[IngestStatementRequest]) -> Upload:
        """Take all parts. Raises Fault INVALID_FIELD when they are out of order, TOO_LARGE beyond a limit."""
        header: StatementHeader | None = None
        size_bytes: int | None = None
        content = bytearray()
        async for part in parts:
            which = part.WhichOneof("part")
            if size_bytes is not None:
                raise _wrong("end", "LAST", "a part came after the end", "结束标记之后仍有分片")
            if which == "header":
                if header is not None:
                    raise _wrong("header", "ONCE", "the header came twice", "文件头只能发送一次")
                header = part.header
            elif header is None:
                raise _no_header()
            elif which == "chunk":
                _check_size(len(part.chunk), CHUNK_BYTES_MAX, "a chunk", "单个分片")
                _check_size(len(content) + len(part.chunk), FILE_BYTES_MAX, "the file", "文件")
                content += part.chunk
            elif which == "end":
                size_bytes = part.end.size_bytes
            else:
                raise _wrong("part", "REQUIRED", "the part holds nothing", "分片为空")
        if header is None:
            raise _no_header()
        if size_bytes != len(content):
            raise _wrong("end", "SIZE", "the file did not come whole: send it again", "文件未完整送达，请重新上传")
        return Upload(header, bytes(content))


def _check_size(size: int, limit_bytes: int, what: str, what_zh: str) -> None:
    if size > limit_bytes:
        raise Fault(
            Kind.INVALID,
            "TOO_LARGE",
            f"{what} is larger than {limit_bytes} bytes",
            f"{what_zh}超过 {limit_bytes} 字节上限",
            metadata={"limit_bytes": str(limit_bytes)},
        )


def _no_header() -> Fault:
    return _wrong("header", "FIRST", "the header must come first", "必须先发送文件头")


def _wrong(field: str, rule: str, message: str, message_zh: str) -> Fault:
    return invalid((FieldFault(field, rule, message, message_zh),))
