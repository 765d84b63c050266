"""A block of lines to columns of text, all rows at once. What is not plain beyond doubt raises Odd; it refuses nothing.

It must never be laxer than `encoding` and `cells`, which read the same lines one by one and define what is right.
"""

import re
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv

from services.reconciler.statements.blocks import Block
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.odd import Odd, plain
from services.reconciler.statements.profile_table import Dialect, Table

_SEPARATOR = "\x01"  # stands for a delimiter and prefix of several bytes; a block that holds it is odd
# Marks and lost or private characters as UTF-8: U+E000 to U+F8FF begin with EE, or with EF and less than A4.
_LOST = re.compile(b"\xef(?:[\x80-\xa3]|\xbb\xbf|\xbf\xbd)")
_REST = r"[\x80-\xbf]"
_SHORT = rf"[\x00-\x7f]|[\xc2-\xdf]{_REST}"
_LONG = (
    rf"\xe0[\xa0-\xbf]{_REST}|[\xe1-\xec\xee\xef]{_REST}{{2}}|\xed[\x80-\x9f]{_REST}"
    rf"|\xf0[\x90-\xbf]{_REST}{{2}}|[\xf1-\xf3]{_REST}{{3}}|\xf4[\x80-\x8f]{_REST}{{2}}"
)
_CHINESE_UTF8 = rf"^(?:{_SHORT})*(?:{_LONG})(?:{_SHORT}|{_LONG})*$"  # a whole line, as `encoding` asks it


class TextBlock(NamedTuple):
    """The text of whole lines, and where each of them stands."""

    utf8: bytes  # each line ends with a line feed alone
    byte_offset: pa.Array
    byte_size: pa.Array  # without the line end


def text_block(block: Block, encoding: str, limits: Limits) -> TextBlock:
    """Decode a block. Raises Odd for what a line may not hold, or warns of."""
    raw = block.raw
    lines = _split(pa.scalar(raw, pa.binary()))
    returns = raw.count(b"\r")
    plain(returns in (0, len(lines)) and raw.count(b"\r\n") == returns)
    plain(b"\0" not in raw and block.next_no - 1 <= limits.lines_max)
    if encoding == "gb18030" and not raw.isascii():
        plain(not pc.any(pc.match_substring_regex(lines, _CHINESE_UTF8)).as_py())
    utf8 = _utf8(raw, encoding.removesuffix("-sig"))
    plain(b"\xee" not in utf8 and _LOST.search(utf8) is None)
    whole = pc.add(pc.binary_length(lines).cast(pa.int64()), 1)
    size = pc.subtract(whole, 2 if returns else 1)
    low_high = pc.min_max(size).as_py()
    plain(low_high["min"] > 0 and low_high["max"] + 2 <= limits.line_bytes_max)
    offset = pc.add(pc.subtract(pc.cumulative_sum(whole), whole), block.byte_offset)
    return TextBlock(utf8.replace(b"\r\n", b"\n") if returns else utf8, offset, size)


def columns_of(text: TextBlock, table: Table, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Some columns of the rows, by their place. Raises Odd unless every line is a row of `width` cells."""
    body, delimiter, quote = _marked(text.utf8, dialect)
    lines = _Lines(text.utf8)
    for pattern in (*table.skip, *([table.end] if table.end else [])):
        plain(not lines.any_has(pattern.pattern))
    if table.blank_rows == "skip" or table.end is None:
        blank = re.escape(f" \t\r{dialect.delimiter}{dialect.quote}{dialect.strip}")
        plain(not lines.any_has(f"^[{blank}]*$"))
    if quote:
        plain(lines.all_have(_quoted_row(dialect)) and (not dialect.excel_formula or b'="' not in body))
    plain(not dialect.excel_formula or b'="' not in body)
    columns = _read(body, delimiter, quote, width, needed)
    plain(len(columns[0]) == len(text.byte_size))
    return [pc.utf8_trim(column, dialect.strip) for column in columns] if dialect.strip else columns


class _Lines:
    """The lines as an array, made when first asked for."""

    def __init__(self, utf8: bytes) -> None:
        self._utf8 = utf8
        self._lines: pa.Array | None = None

    def any_has(self, pattern: str) -> bool:
        return bool(pc.any(self._has(pattern)).as_py())

    def all_have(self, pattern: str) -> bool:
        return bool(pc.all(self._has(pattern)).as_py())

    def _has(self, pattern: str) -> pa.Array:
        if self._lines is None:
            self._lines = _split(pa.scalar(self._utf8, pa.string()))
        return pc.match_substring_regex(self._lines, pattern)


def _split(text: pa.Scalar) -> pa.Array:
    lines = pc.split_pattern(pa.array([text], text.type), "\n").flatten()
    return lines.slice(0, len(lines) - 1)  # nothing stands behind the last line feed


def _utf8(raw: bytes, encoding: str) -> bytes:
    try:
        text = raw.decode(encoding)
        return raw if encoding == "utf-8" else text.encode()
    except UnicodeError:
        raise Odd from None


def _marked(utf8: bytes, dialect: Dialect) -> tuple[bytes, str, str]:
    """The text as a reader of one-byte delimiters takes it; its delimiter; and its quote, if one is there."""
    if not dialect.cell_prefix:
        quote = dialect.quote if dialect.quote and dialect.quote.encode() in utf8 else ""
        return utf8, dialect.delimiter, quote
    prefix = dialect.cell_prefix.encode()
    plain(utf8.startswith(prefix) and utf8.count(b"\n" + prefix) == utf8.count(b"\n") - 1)
    plain(_SEPARATOR.encode() not in utf8)
    body = utf8.replace(dialect.delimiter.encode() + prefix, _SEPARATOR.encode())
    return body.replace(b"\n" + prefix, b"\n")[len(prefix) :], _SEPARATOR, ""


def _quoted_row(dialect: Dialect) -> str:
    """Cells that have no quotes, or begin and end with one and double those inside; nothing between."""
    delimiter, padding = re.escape(dialect.delimiter), f"[{re.escape(dialect.strip)}]*" if dialect.strip else ""
    cell = f'(?:[^"{delimiter}]*|"(?:[^"]|"")*"{padding})'
    return f"^{cell}(?:{delimiter}{cell})*$"


def _read(body: bytes, delimiter: str, quote: str, width: int, needed: list[int]) -> list[pa.Array]:
    names = [str(place) for place in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=names),
            csv.ParseOptions(delimiter=delimiter, quote_char=quote or False, ignore_empty_lines=False),
            csv.ConvertOptions(
                check_utf8=False,  # it was made of text
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[place] for place in needed],
            ),
        )
    except pa.ArrowInvalid:
        raise Odd from None
    return [pa.concat_arrays(column.chunks) for column in table.columns]
