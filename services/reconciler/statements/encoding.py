"""Bytes to text, strictly and line by line. It guesses no encoding: a profile names those it may be."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import PhysicalLine, Source


@dataclass(frozen=True, slots=True)
class TextLine:
    """A physical line: where it stands, and what it says without its line end."""

    no: int
    byte_offset: int
    byte_size: int  # without the line end
    text: str
    ends_open: bool = False  # it is the file's last and has no line end, so it may have been cut


def physical_lines(source: Source, limits: Limits) -> Iterator[PhysicalLine]:
    """The lines of a text file within the limits. Raises StatementRefused E-TOO-LARGE."""
    for line in source.lines(line_bytes_max=limits.line_bytes_max):
        if line.no > limits.lines_max:
            raise StatementRefused("E-TOO-LARGE", line=line.no, value=f"at most {limits.lines_max} lines")
        yield line


def decoded(line: PhysicalLine, encoding: str) -> TextLine:
    """Raises StatementRefused for a line that is not of this encoding."""
    body = line.raw.rstrip(b"\r\n")
    ends_open = not line.raw.endswith(b"\n")
    marked = body.removeprefix(BOM_UTF8) if line.no == 1 else body
    if 0 in marked:
        raise StatementRefused("E-NUL", line=line.no, value=f"byte {line.byte_offset + line.raw.index(0)}")
    text = _decode(line.no, marked, encoding.removesuffix("-sig"), cut=ends_open)
    return TextLine(line.no, line.byte_offset, len(body), text, ends_open)


def _decode(no: int, row: bytes, encoding: str, *, cut: bool) -> str:
    text = try_decode(row, encoding)
    if text is None:
        raise StatementRefused(_why_undecodable(row, encoding, cut=cut), line=no, value=preview(row))
    if encoding != "utf-8" and not row.isascii() and _is_chinese_utf8(row):
        raise StatementRefused("E-ENC-MIXED", line=no, value=preview(row))
    return text


def _why_undecodable(row: bytes, encoding: str, *, cut: bool) -> str:
    if cut and any(try_decode(row[:-missing], encoding) is not None for missing in (1, 2, 3)):
        return "E-TRUNCATED"  # the last line ends inside a character
    if try_decode(row, "gb18030" if encoding == "utf-8" else "utf-8") is not None:
        return "E-ENC-MIXED"
    return "E-ENC-INVALID"


def _is_chinese_utf8(row: bytes) -> bool:
    # Most UTF-8 also decodes as GB18030, to garbage. A whole row of GBK that happens to be UTF-8 beyond
    # its two-byte range does not occur where rows hold words such as 交易, which are invalid UTF-8.
    text = try_decode(row, "utf-8")
    return text is not None and any(character >= "\u0800" for character in text)


def try_decode(row: bytes, encoding: str) -> str | None:
    """The text, or None if a byte is not of this encoding."""
    try:
        return row.decode(encoding)
    except UnicodeDecodeError:
        return None


def preview(row: bytes) -> str:
    """The row for a human, in whichever encoding fits."""
    return try_decode(row, "utf-8") or row.decode("gb18030", errors="replace")
