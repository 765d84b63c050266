"""The bytes of a statement file, read in blocks and lines. It never holds the whole file, and never decodes."""

import hashlib
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple

from services.reconciler.statements.refusal import StatementRefused

BLOCK_BYTES = 1024 * 1024


class PhysicalLine(NamedTuple):
    """A line with its line end, if it has one."""

    no: int  # from 1
    byte_offset: int
    raw: bytes


class Source:
    """A seekable file that is read by one reader at a time; who opened the file closes it, a copy closes itself."""

    def __init__(self, file: BinaryIO, size: int, sha256: str) -> None:
        self._file = file
        self.size = size
        self.sha256 = sha256

    @classmethod
    def of_bytes(cls, raw: bytes) -> "Source":
        """From bytes that are in memory anyway."""
        return cls(BytesIO(raw), len(raw), hashlib.sha256(raw).hexdigest())

    @classmethod
    def copied(cls, blocks: Iterable[bytes], size_max: int) -> "Source":
        """Copy to an unlinked temporary file. Raises StatementRefused E-TOO-LARGE above `size_max` bytes."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
        digest = hashlib.sha256()
        size = 0
        try:
            for block in blocks:
                size += len(block)
                if size > size_max:
                    raise StatementRefused("E-TOO-LARGE", value=f"more than {size_max} bytes")
                digest.update(block)
                file.write(block)
        except BaseException:
            file.close()
            raise
        source = cls(file, size, digest.hexdigest())
        weakref.finalize(source, file.close)
        return source

    @property
    def file(self) -> BinaryIO:
        """The file itself, for readers of containers, which need one."""
        return self._file

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes from `offset` on; fewer at the end of the file only."""
        self._file.seek(offset)
        return self._file.read(size)

    def blocks(self, start: int = 0, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes from `start` on, `size` at a time."""
        while block := self.read_at(start, size):
            yield block
            start += len(block)

    def lines(
        self, start: int = 0, *, first_no: int = 1, line_bytes_max: int, end: bytes = b"\n"
    ) -> Iterator[PhysicalLine]:
        """The lines from `start` on; only `end` (aligned to its length) ends a line.

        Raises StatementRefused E-TOO-LARGE at a line longer than `line_bytes_max`.
        """
        no, offset, rest = first_no, start, b""
        for block in self.blocks(start):
            *whole, rest = _split(rest + block, end)
            for raw in whole:
                _check_length(no, raw, line_bytes_max)
                yield PhysicalLine(no, offset, raw)
                no += 1
                offset += len(raw)
            _check_length(no, rest, line_bytes_max)
        if rest:
            yield PhysicalLine(no, offset, rest)


def _split(data: bytes, end: bytes) -> list[bytes]:
    """The lines with their ends; the last item has none, and is empty if the data ends with a line end."""
    if len(end) == 1:
        *whole, rest = data.split(end)
        return [*(raw + end for raw in whole), rest]
    lines, start, search = [], 0, 0
    while (at := data.find(end, search)) >= 0:
        search = at + 1
        if at % len(end) == 0:
            search = at + len(end)
            lines.append(data[start:search])
            start = search
    return [*lines, data[start:]]


def _check_length(no: int, raw: bytes, line_bytes_max: int) -> None:
    if len(raw) > line_bytes_max:
        raise StatementRefused("E-TOO-LARGE", line=no, value=f"{len(raw)} bytes, at most {line_bytes_max}")
