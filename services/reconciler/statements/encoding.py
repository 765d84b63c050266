"""Bytes to text, strictly and line by line. It guesses no encoding: a profile names those it may be."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Encoding
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import PhysicalLine, Source
from services.reconciler.statements.tally import Tally

# The codec by its mark, and the name that profiles use for it.
BOMS: dict[str, tuple[bytes, Encoding]] = {
    "utf-8-sig": (BOM_UTF8, "utf-8"),
    "utf-16-le": (BOM_UTF16_LE, "utf-16"),
    "utf-16-be": (BOM_UTF16_BE, "utf-16"),
}
_LINE_ENDS = {"utf-16-le": b"\n\x00", "utf-16-be": b"\x00\n"}
_LOST = re.compile("[\ufffd\ue000-\uf8ff]")  # a character that was lost before, or that means nothing outside


@dataclass(frozen=True, slots=True)
class TextLine:
    """A physical line: where it stands, and what it says without its line end."""

    no: int
    byte_offset: int
    byte_size: int  # without the line end
    text: str
    lines: int = 1  # physical lines; more for a row with line ends in its quotes
    ends_open: bool = False  # it is the file's last and has no line end, so it may have been cut
    cells: tuple[str, ...] | None = None  # for what is cut already: records of fixed width, rows of a workbook
    refused: StatementRefused | None = None  # it could not be decoded; whoever needs the line raises this


def physical_lines(
    source: Source, encoding: str, limits: Limits, first_no: int = 1, start: int = 0
) -> Iterator[PhysicalLine]:
    """The lines of a text file within the limits; from the one on that begins at byte `start` and has this number.

    Raises StatementRefused E-TOO-LARGE.
    """
    end = line_end(source, encoding)
    for line in source.lines(start, first_no=first_no, line_bytes_max=limits.line_bytes_max, end=end):
        if line.no > limits.lines_max:
            raise StatementRefused("E-TOO-LARGE", line=line.no, value=f"at most {limits.lines_max} lines")
        yield line


def count_lines(source: Source, encoding: str) -> int:
    """How many lines a text file has, whatever stands in them."""
    end = line_end(source, encoding)
    if encoding in _LINE_ENDS:  # a byte of two characters beside each other may look like a line end
        ends = sum(block.decode(encoding, "replace").count("\n") for block in source.blocks())
    else:
        ends = sum(block.count(end) for block in source.blocks())
    return ends + (source.read_at(max(source.size - len(end), 0), len(end)) != end)


def text_lines(source: Source, tally: Tally, limits: Limits, first_no: int = 1, start: int = 0) -> Iterator[TextLine]:
    """The lines, decoded."""
    return (text_line(line, tally) for line in physical_lines(source, tally.encoding, limits, first_no, start))


def text_line(line: PhysicalLine, tally: Tally) -> TextLine:
    """The line in the file's encoding; with its refusal if it is not of it."""
    try:
        text = decoded(line, tally.encoding)
    except StatementRefused as refused:
        body = line.raw.rstrip(b"\r\n")
        return TextLine(line.no, line.byte_offset, len(body), "", ends_open=_ends_open(line), refused=refused)
    if not text.text.isascii() and _LOST.search(text.text):
        tally.warn("W-REPLACEMENT-CHAR", line=line.no, value=text.text)
    return text


def decoded(line: PhysicalLine, encoding: str) -> TextLine:
    """The line in this encoding. Raises StatementRefused if it is not of it."""
    end = _LINE_ENDS.get(encoding)
    body = line.raw.removesuffix(end).removesuffix(end.replace(b"\n", b"\r")) if end else line.raw.rstrip(b"\r\n")
    ends_open = _ends_open(line)
    text = _text(line, body, encoding, cut=ends_open)
    return TextLine(line.no, line.byte_offset, len(body), text, ends_open=ends_open)


def _ends_open(line: PhysicalLine) -> bool:
    return not line.raw.endswith((b"\n", b"\r", b"\n\x00"))


def _text(line: PhysicalLine, body: bytes, encoding: str, *, cut: bool) -> str:
    marked = body.removeprefix(BOMS[encoding][0]) if line.no == 1 and encoding in BOMS else body
    text = _decode(line.no, marked, encoding.removesuffix("-sig"), cut=cut)
    if "\x00" in text:
        raise StatementRefused("E-NUL", line=line.no, value=f"byte {line.byte_offset + line.raw.index(0)}")
    if "\ufeff" in text:
        raise StatementRefused("E-BOM", line=line.no, value=text)
    return text


def line_end(source: Source, encoding: str) -> bytes:
    """Line feeds end lines; in a file without any, carriage returns do."""
    if encoding in _LINE_ENDS:
        return _LINE_ENDS[encoding]
    head = source.read_at(0, 64 * 1024)
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def _decode(no: int, row: bytes, encoding: str, *, cut: bool) -> str:
    text = try_decode(row, encoding)
    if text is None:
        raise StatementRefused(_why_undecodable(row, encoding, cut=cut), line=no, value=preview(row))
    if encoding == "gb18030" and not row.isascii() and _is_chinese_utf8(row):
        raise StatementRefused("E-ENC-MIXED", line=no, value=preview(row))
    return text


def _why_undecodable(row: bytes, encoding: str, *, cut: bool) -> str:
    if cut and any(try_decode(row[:-missing], encoding) is not None for missing in (1, 2, 3)):
        return "E-TRUNCATED"  # the last line ends inside a character
    if encoding in ("utf-8", "gb18030") and try_decode(row, "gb18030" if encoding == "utf-8" else "utf-8") is not None:
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
