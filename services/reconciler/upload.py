"""A file that comes in parts: header, bytes, end, within limits. It does not look into the file."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from bihuan.reconciler.v1.statement_service_pb2 import (
    CheckHeader,
    CheckStatementRequest,
    IngestStatementRequest,
    StatementHeader,
)

from chassis.errors import Fault, FieldFault, Kind, plain_fault
from chassis.validation import invalid
from services.reconciler.spool import Spool

CHUNK_BYTES_MAX = 1024 * 1024
# A file is held on disk while it is read, so this bounds the disk of all uploads.
_UPLOADS_MAX = 4

Parts = AsyncIterator[IngestStatementRequest] | AsyncIterator[CheckStatementRequest]
Grown = Callable[[Spool], Awaitable[None]]


class Uploads:
    """The uploads of one server, of files up to `file_bytes_max`."""

    def __init__(self, file_bytes_max: int) -> None:
        self._file_bytes_max = file_bytes_max
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

    @staticmethod
    async def header(parts: Parts) -> StatementHeader | CheckHeader:
        """The first part. Raises Fault INVALID_FIELD when it is none."""
        async for part in parts:
            if part.WhichOneof("part") == "header":
                return part.header
            break
        raise _wrong("header", "FIRST", "the header must come first", "必须先发送文件头")

    @staticmethod
    def check_resumed(header: StatementHeader) -> None:
        """Raises Fault INVALID_FIELD for a file that goes on and does not say which file it is."""
        if header.resume_from_bytes and not header.file_sha256:
            english = "an upload that goes on must name the SHA-256 of the whole file"
            raise _wrong("file_sha256", "FILE_TO_RESUME", english, "续传时必须提供整个文件的 SHA-256")

    @staticmethod
    def check_whole(header: StatementHeader, file_sha256: str) -> None:
        """Raises Fault INVALID_FIELD when what came is not the file that the header names."""
        if header.file_sha256 not in ("", file_sha256):
            english = "what came is not the file of this SHA-256: send it again from its beginning"
            raise _wrong("file_sha256", "DIFFERS", english, "收到的内容与该 SHA-256 不符，请从头重新上传")

    @staticmethod
    def check_vouched(header: StatementHeader) -> None:
        """Raises Fault INVALID_FIELD unless who vouches for equal lines says who and why, and only who does."""
        for field in ("vouched_by", "reason"):
            if header.keep_equal_lines and not getattr(header, field).strip():
                english = "who keeps equal lines must say who vouches for them, and why"
                raise _wrong(field, "VOUCHER", english, "保留相同明细时必须说明确认人和原因")
            if not header.keep_equal_lines and getattr(header, field):
                english = "who vouches, and why, is said with keep_equal_lines only"
                raise _wrong(field, "UNUSED", english, "确认人和原因仅用于保留相同明细")

    async def bytes_into(self, spool: Spool, parts: Parts, grown: Grown | None = None) -> None:
        """Take all parts behind the header; `grown` is called after each chunk that is on disk.

        Raises Fault INVALID_FIELD when they are out of order, TOO_LARGE beyond a limit.
        """
        before = spool.size
        size_bytes: int | None = None
        async for part in parts:
            which = part.WhichOneof("part")
            if size_bytes is not None:
                raise _wrong("end", "LAST", "a part came after the end", "结束标记之后仍有分片")
            if which == "chunk":
                _check_size(len(part.chunk), CHUNK_BYTES_MAX, "a chunk", "单个分片")
                _check_size(spool.size + len(part.chunk), self._file_bytes_max, "the file", "文件")
                await spool.write(part.chunk)
                if grown is not None:
                    await grown(spool)
            elif which == "end":
                size_bytes = part.end.size_bytes
            elif which == "header":
                raise _wrong("header", "ONCE", "the header came twice", "文件头只能发送一次")
            else:
                raise _wrong("part", "REQUIRED", "the part holds nothing", "分片为空")
        if size_bytes != spool.size - before:
            raise _wrong("end", "SIZE", "the file did not come whole: send it again", "文件未完整送达，请重新上传")


def _check_size(size: int, limit_bytes: int, what: str, what_zh: str) -> None:
    if size > limit_bytes:
        raise Fault(
            Kind.INVALID,
            "TOO_LARGE",
            f"{what} is larger than {limit_bytes} bytes",
            f"{what_zh}超过 {limit_bytes} 字节上限",
            metadata={"limit_bytes": str(limit_bytes)},
        )


def _wrong(field: str, rule: str, message: str, message_zh: str) -> Fault:
    return invalid((FieldFault(field, rule, message, message_zh),))
