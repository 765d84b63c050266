"""An Arrow IPC stream that comes in pieces cut anywhere: its batches, one after the other. It looks into no column.

Written after https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]

from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid

BATCH_BYTES_MAX = 8 * 1024 * 1024
BATCH_ROWS_MAX = 20_000
_CONTINUES = b"\xff\xff\xff\xff"
_PREFIX_BYTES = 8
_METADATA_BYTES_MAX = 256 * 1024
# Where org.apache.arrow.flatbuf has them: Message.{header_type, header, bodyLength} and RecordBatch.compression.
_HEADER_TYPE, _HEADER, _BODY_LENGTH, _COMPRESSION = 1, 2, 3, 3
_SCHEMA, _RECORD_BATCH = 1, 3


@dataclass(frozen=True, slots=True)
class Batch:
    """A record batch as it came, and the SHA-256 of its message."""

    rows: pa.RecordBatch
    sha256: bytes


@dataclass(frozen=True, slots=True)
class _Message:
    header_type: int
    is_compressed: bool
    content: memoryview


class ArrowStream:
    """Takes pieces and gives batches. It holds at most one batch and a piece.

    Compressed bodies are refused: a few bytes of one can ask for all memory. What is no Arrow stream of plain columns
    is a Fault INVALID_FIELD on `chunk`, and a batch beyond a limit a Fault TOO_LARGE.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._schema: pa.Schema | None = None
        self._has_ended = False

    def feed(self, piece: bytes) -> Iterator[Batch]:
        """The batches that are whole now."""
        self._waiting += piece
        while (message := self._next()) is not None:
            content = message.content
            if self._schema is None:
                self._schema = _schema(message)
            else:
                yield Batch(_rows(message, self._schema), hashlib.sha256(content).digest())

    def end(self) -> None:
        """Say that all has come. Raises Fault INVALID_FIELD when it ends inside a message."""
        if self._waiting:
            raise _wrong("TRUNCATED", "the stream ends inside a message", "数据流不完整")
        if self._schema is None:
            raise _wrong("EMPTY", "the stream has no schema", "数据流缺少 schema")

    def _next(self) -> _Message | None:
        if len(self._waiting) < _PREFIX_BYTES:
            return None
        if self._has_ended or self._waiting[:4] != _CONTINUES:
            raise _not_arrow()
        metadata_bytes = int.from_bytes(self._waiting[4:8], "little")
        if metadata_bytes == 0:
            self._has_ended = True
            del self._waiting[:_PREFIX_BYTES]
            return self._next()
        if metadata_bytes > _METADATA_BYTES_MAX:
            raise _too_large(_METADATA_BYTES_MAX)
        body_at = _PREFIX_BYTES + metadata_bytes
        if len(self._waiting) < body_at:
            return None
        header_type, body_bytes, is_compressed = _facts(bytes(self._waiting[_PREFIX_BYTES:body_at]))
        if not 0 <= body_bytes <= BATCH_BYTES_MAX:
            raise _too_large(BATCH_BYTES_MAX)
        if len(self._waiting) < (end := body_at + body_bytes):
            return None
        content = memoryview(bytes(memoryview(self._waiting)[:end]))
        del self._waiting[:end]
        return _Message(header_type, is_compressed, content)


def _facts(metadata: bytes) -> tuple[int, int, bool]:
    """What kind of message it is, how many bytes its body has, and whether that is compressed."""
    try:
        (message_at,) = struct.unpack_from("<I", metadata, 0)
        type_at, body_at, header_at = (
            _field(metadata, message_at, slot) for slot in (_HEADER_TYPE, _BODY_LENGTH, _HEADER)
        )
        header_type = metadata[type_at] if type_at else 0
        (body_bytes,) = struct.unpack_from("<q", metadata, body_at) if body_at else (0,)
        if header_type != _RECORD_BATCH:
            return header_type, body_bytes, False
        (offset,) = struct.unpack_from("<I", metadata, header_at)
        return header_type, body_bytes, _field(metadata, header_at + offset, _COMPRESSION) != 0
    except (struct.error, IndexError):
        raise _not_arrow() from None


def _field(metadata: bytes, table_at: int, slot: int) -> int:
    """Where a field of a FlatBuffers table stands; 0 when it is left out (flatbuffers.dev, Internals)."""
    (back,) = struct.unpack_from("<i", metadata, table_at)
    (vtable_bytes,) = struct.unpack_from("<H", metadata, table_at - back)
    slot_at = 4 + 2 * slot
    if slot_at >= vtable_bytes:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, table_at - back + slot_at)
    return table_at + int(offset) if offset else 0


def _schema(message: _Message) -> pa.Schema:
    if message.header_type != _SCHEMA:
        raise _not_arrow()
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(message.content))
        _texts_of(schema)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise _not_arrow() from None
    return schema


def _texts_of(schema: pa.Schema) -> list[tuple[str, str | None]]:
    """What of a schema is text; raises UnicodeDecodeError when one is none, which Arrow itself does not look at."""
    return [(field.name, getattr(field.type, "tz", None)) for field in schema]


def _rows(message: _Message, schema: pa.Schema) -> pa.RecordBatch:
    if message.header_type != _RECORD_BATCH:
        raise _wrong("PLAIN_COLUMNS", "a dictionary is not taken: send plain columns", "不支持字典编码，请使用普通列")
    if message.is_compressed:
        raise _wrong("COMPRESSED", "is compressed: send it as it is", "不支持压缩，请发送未压缩的数据")
    try:
        rows = pa.ipc.read_record_batch(pa.ipc.read_message(pa.py_buffer(message.content)), schema)
        rows.validate(full=True)  # offsets and text of a stranger: what is wrong in them would break the process
    except (pa.ArrowException, OSError):
        raise _not_arrow() from None
    if rows.num_rows > BATCH_ROWS_MAX:
        raise _too_large(BATCH_ROWS_MAX, "rows", "行")
    return rows


def _too_large(limit: int, what: str = "bytes", what_zh: str = "字节") -> Fault:
    return Fault(
        Kind.INVALID,
        "TOO_LARGE",
        f"a batch has at most {limit} {what}: send smaller batches",
        f"单个批次最多 {limit} {what_zh}，请拆分后发送",
        metadata={f"limit_{what}": str(limit)},
    )


def _not_arrow() -> Fault:
    return _wrong("ARROW", "is no Arrow IPC stream that can be read", "不是可读取的 Arrow IPC 数据流")


def _wrong(rule: str, message: str, message_zh: str) -> Fault:
    return invalid((FieldFault("chunk", rule, message, message_zh),))
