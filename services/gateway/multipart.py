"""An upload as multipart/form-data (RFC 7578): small fields, then one file that goes through as it comes.

The file is never held: what is held at a time is what one read of the connection brought. It knows no field's name.
"""

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from chassis.errors import Fault
from services.gateway.strict_json import malformed

FILE: Final = "file"
# What stands around the file: boundaries, headers and fields.
FRAME_BYTES_MAX: Final = 64 * 1024
_FIELDS_MAX: Final = 32
_FIELD_BYTES_MAX: Final = 4 * 1024
_HEADER_BYTES_MAX: Final = 8 * 1024
_HEADERS_MAX: Final = 8
_BOUNDARY_BYTES_MAX: Final = 70  # RFC 2046 5.1.1


def is_form(content_type: str) -> bool:
    """Whether a body is a form."""
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


class Form:
    """A form under way. Ask for `fields` first, then for `file`."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not 0 < len(boundary) <= _BOUNDARY_BYTES_MAX:
            raise _wrong("the form has no boundary that can be used", "表单没有可用的 boundary")
        self.file_name = ""
        self._stream = stream
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._whole,
            },
            max_header_count=_HEADERS_MAX,
            max_header_size=_HEADER_BYTES_MAX,
        )
        self._fields: list[tuple[str, str]] = []
        self._pieces: deque[bytes] = deque()
        self._name, self._value = b"", b""
        self._header = (b"", b"")
        self._disposition = b""
        self._has_file = self._is_in_file = self._is_whole = False

    async def fields(self) -> list[tuple[str, str]]:
        """The fields before the file, in order; `file_name` is known then.

        Raises MALFORMED_REQUEST for a form that breaks off, has too many or too large fields, or no file.
        """
        while not self._has_file:
            if not await self._read():
                raise _wrong(f"the form has no part {FILE} with a filename", f"表单中没有带文件名的 {FILE} 部分")
        return self._fields

    async def file(self) -> AsyncIterator[bytes]:
        """The file's bytes. Raises MALFORMED_REQUEST when the form breaks off, or goes on with another part."""
        while True:
            while self._pieces:
                yield self._pieces.popleft()
            if not await self._read():
                break
        if not self._is_whole:
            raise _wrong("the form ended early", "表单不完整")

    async def _read(self) -> bool:
        try:
            piece = await anext(self._stream)
        except StopAsyncIteration:
            return False
        if not self._is_whole:  # what follows the last boundary means nothing (RFC 2046 5.1.1)
            try:
                self._parser.write(piece)
            except FormParserError as fault:
                raise _wrong(f"the form is not as RFC 7578 has it: {fault}", "表单格式不正确") from fault
        return True

    def _begin(self) -> None:
        if self._has_file:
            raise _wrong("the file must be the last part of the form", "文件必须是表单的最后一部分")
        if len(self._fields) >= _FIELDS_MAX:
            raise _wrong(f"the form has more than {_FIELDS_MAX} fields", f"表单字段超过 {_FIELDS_MAX} 个")
        self._name, self._value, self._disposition = b"", b"", b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = self._header[1]
        self._header = (b"", b"")

    def _headers_finished(self) -> None:
        said = parse_options_header(self._disposition)[1]
        self._name = said.get(b"name", b"")
        self._is_in_file = self._has_file = b"filename" in said
        if self._is_in_file and self._name != FILE.encode():
            raise _wrong(f"the part with the file must be called {FILE}", f"文件部分的名称必须是 {FILE}")
        if self._is_in_file:
            self.file_name = _text(said[b"filename"])

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_in_file:
            self._pieces.append(data[start:end])
        elif len(self._value) + end - start > _FIELD_BYTES_MAX:
            raise _wrong(f"a field is larger than {_FIELD_BYTES_MAX} bytes", f"字段超过 {_FIELD_BYTES_MAX} 字节")
        else:
            self._value += data[start:end]

    def _end(self) -> None:
        if not self._is_in_file:
            self._fields.append((_text(self._name), _text(self._value)))
        self._is_in_file = False

    def _whole(self) -> None:
        self._is_whole = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _wrong("a field is not UTF-8", "表单字段不是 UTF-8") from fault


def _wrong(message: str, message_zh: str) -> Fault:
    return malformed(message, message_zh)
