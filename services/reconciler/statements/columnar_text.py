"""A block of lines to columns of text, all rows at once. What is not plain beyond doubt raises Odd; it refuses nothing.

It must never be laxer than `encoding` and `cells`, which read the same lines one by one and define what is right.
"""

import re
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv

from services.reconciler.statements.blocks import Block
from services.reconciler.statements.columnar_values import any_is
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.odd import Odd, plain
from services.reconciler.statements.profile_table import Dialect, Table

_SEPARATOR = "\x01"  # stands for a delimiter and prefix of several bytes; a block that holds it is odd
# Marks and lost or private characters as UTF-8: U+E000 to U+F8FF begin with EE, or with EF and less than A4.
_LOST = re.compile(b"\xef(?:[\x80-\xa3]|\xbb\xbf|\xbf\xbd)")
_BEGINNING = re.compile(r"\^[^\\.^$*+?{}\[\]|()]+")  # a pattern for lines that begin with a text
_REST = r"[\x80-\xbf]"
_SHORT = rf"[\x00-\x7f]|[\xc2-\xdf]{_REST}"
_LONG = (
    rf"\xe0[\xa0-\xbf]{_REST}|[\xe1-\xec\xee\xef]{_REST}{{2}}|\xed[\x80-\x9f]{_REST}"
    rf"|\xf0[\x90-\xbf]{_REST}{{2}}|[\xf1-\xf3]{_REST}{{3}}|\xf4[\x80-\x8f]{_REST}{{2}}"
)
_CHINESE_UTF8 = rf"^(?:{_SHORT})*(?:{_LONG})(?:{_SHORT}|{_LONG})*$"  # a whole line, as `encoding` asks it


class TextBlock(NamedTuple):
    """The text of whole lines, and where each of them stands."""

    utf8: bytes
    lines: pa.Array  # without their ends
    byte_offset: pa.Array
    byte_size: pa.Array  # without the line end


def text_block(block: Block, encoding: str, limits: Limits) -> TextBlock:
    """Decode a block. Raises Odd for what a line may not hold, or warns of."""
    raw = block.raw
    lines = _split(pa.scalar(raw, pa.binary()))
    returns = raw.count(b"\r")
    plain(returns in (0, len(lines)) and (not returns or pc.all(pc.ends_with(lines, "\r")).as_py()))
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
    texts = _split(pa.scalar(utf8, pa.string()))
    return TextBlock(utf8, pc.ascii_rtrim(texts, "\r") if returns else texts, offset, size)


def columns_of(text: TextBlock, table: Table, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Some columns of the rows, by their place. Raises Odd unless every line is a row of `width` cells."""
    lines = text.lines
    for pattern in (*table.skip, *([table.end] if table.end else [])):
        plain(not any_is(_has(lines, pattern.pattern)))
    if table.blank_rows == "skip" or table.end is None:
        blank = re.escape(f" \t\r{dialect.delimiter}{dialect.quote}{dialect.strip}")
        plain(not any_is(_has(lines, f"^[{blank}]*$")))
    plain(not dialect.excel_formula or b'="' not in text.utf8)
    if dialect.cell_prefix:
        columns = _prefixed(text, dialect, width, needed)
    elif dialect.quote and dialect.quote.encode() in text.utf8:
        plain(not any_is(pc.invert(_has(lines, _quoted_row(dialect)))))
        columns = _read(text.utf8, dialect.delimiter, dialect.quote, width, needed)
    else:
        columns = _read(text.utf8, dialect.delimiter, "", width, needed)
    plain(len(columns[0]) == len(lines))
    return [pc.utf8_trim(column, dialect.strip) for column in columns] if dialect.strip else columns


def _has(lines: pa.Array, pattern: str) -> pa.Array:
    """Which lines the pattern is found in."""
    if _BEGINNING.fullmatch(pattern):
        return pc.starts_with(lines, pattern[1:])
    return pc.match_substring_regex(lines, pattern)


def _split(text: pa.Scalar) -> pa.Array:
    lines = pc.split_pattern(pa.array([text], text.type), "\n").flatten()
    return lines.slice(0, len(lines) - 1)  # nothing stands behind the last line feed


def _utf8(raw: bytes, encoding: str) -> bytes:
    try:
        text = raw.decode(encoding)
        return raw if encoding == "utf-8" else text.encode()
    except UnicodeError:
        raise Odd from None


def _prefixed(text: TextBlock, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Delimiter and prefix are one separator; before the first cell stands the prefix alone."""
    plain(not any_is(pc.invert(pc.starts_with(text.lines, dialect.cell_prefix))))
    plain(_SEPARATOR.encode() not in text.utf8)
    body = text.utf8.replace((dialect.delimiter + dialect.cell_prefix).encode(), _SEPARATOR.encode())
    columns = _read(body, _SEPARATOR, "", width, needed)
    prefix = len(dialect.cell_prefix)
    return [column if place else pc.utf8_slice_codeunits(column, prefix)
            for place, column in zip(needed, columns, strict=True)]  # fmt: skip


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
