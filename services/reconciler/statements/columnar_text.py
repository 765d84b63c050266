"""A block of lines to columns of text, all rows at once. What is not plain beyond doubt raises Odd; it refuses nothing.

It must never be laxer than `encoding` and `cells`, which read the same lines one by one and define what is right.
"""

import re
from re import Pattern
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
# Characters of GBK's own hanzi, of GB 2312's and of its signs. Python decodes each of them, and none to a private one.
_PLAIN_GBK = (
    r"^(?:[\x00-\x7f]|[\x81-\xa0][\x40-\x7e\x80-\xfe]|[\xb0-\xd6\xd8-\xf7][\x40-\x7e\x80-\xfe]"
    r"|\xd7[\x40-\x7e\x80-\xf9]|[\xa1\xa3][\xa1-\xfe])*$"
)
_CHINESE_UTF8 = rf"^(?:{_SHORT})*(?:{_LONG})(?:{_SHORT}|{_LONG})*$"  # a whole line, as `encoding` asks it


class TextBlock(NamedTuple):
    """The text of whole lines, and where each of them stands."""

    body: bytes
    encoding: str  # of the body: utf-8, or gb18030 with nothing but characters of two bytes beside ASCII
    lines: pa.Array  # bytes without line feeds
    byte_offset: pa.Array
    byte_size: pa.Array  # without the line end


def text_block(block: Block, encoding: str, limits: Limits, *, may_stay: bool) -> TextBlock:
    """See that a block is text; GBK stays as it is if it may. Raises Odd for what a line may not hold, or warns of."""
    raw = block.raw
    lines = _split(raw)
    returns = raw.count(b"\r")
    plain(returns in (0, len(lines)) and (not returns or pc.all(pc.ends_with(lines, "\r")).as_py()))
    plain(b"\0" not in raw and block.next_no - 1 <= limits.lines_max)
    if encoding == "gb18030" and not raw.isascii():
        plain(not any_is(pc.match_substring_regex(lines, _CHINESE_UTF8)))
    whole = pc.add(pc.binary_length(lines).cast(pa.int64()), 1)
    size = pc.subtract(whole, 2 if returns else 1)
    low_high = pc.min_max(size).as_py()
    plain(low_high["min"] > 0 and low_high["max"] + 2 <= limits.line_bytes_max)
    offset = pc.add(pc.subtract(pc.cumulative_sum(whole), whole), block.byte_offset)
    if (
        may_stay
        and encoding == "gb18030"
        and any_is(pc.match_substring_regex(pa.array([raw], pa.binary()), _PLAIN_GBK))
    ):
        body, encoding = raw, "gb18030"
    else:
        body, encoding = _utf8(raw, encoding.removesuffix("-sig")), "utf-8"
        lines = _split(body) if body is not raw else lines
    return TextBlock(body, encoding, lines, offset, size)


def may_stay_gbk(table: Table, dialect: Dialect) -> bool:
    """Whether rows can be cut as bytes of GBK: its second bytes are 40 to FE, and nothing that is looked for is."""
    looked_for = f"{dialect.delimiter}{dialect.quote}{dialect.strip}"
    return (
        all(ord(character) < ord("0") or character in ":;<=>?" for character in looked_for)
        and dialect.cell_prefix.isascii()
        and all(_BEGINNING.fullmatch(pattern.pattern) for pattern in _none_rows(table))
    )


def columns_of(text: TextBlock, table: Table, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Some columns of the rows, by their place. Raises Odd unless every line is a row of `width` cells."""
    lines = text.lines
    for pattern in _none_rows(table):
        plain(not any_is(_has(text, pattern.pattern)))
    if table.blank_rows == "skip" or table.end is None:
        blank = re.escape(f" \t\r{dialect.delimiter}{dialect.quote}{dialect.strip}")
        plain(not any_is(_has(text, f"^[{blank}]*$")))
    plain(not dialect.excel_formula or b'="' not in text.body)
    if dialect.cell_prefix:
        columns = _prefixed(text, dialect, width, needed)
    elif dialect.quote and dialect.quote.encode() in text.body:
        plain(not any_is(pc.invert(_has(text, _quoted_row(dialect)))))
        columns = _read(text.body, dialect.delimiter, dialect.quote, width, needed)
    else:
        columns = _read(text.body, dialect.delimiter, "", width, needed)
    plain(len(columns[0]) == len(lines))
    columns = [_texts(column, text.encoding) for column in columns]
    if dialect.cell_prefix and 0 in needed:
        first = needed.index(0)
        columns[first] = pc.utf8_slice_codeunits(columns[first], len(dialect.cell_prefix))
    return [pc.utf8_trim(column, dialect.strip) for column in columns] if dialect.strip else columns


def _none_rows(table: Table) -> list[Pattern[str]]:
    """The patterns of lines that are no rows."""
    return [*table.skip, *([table.end] if table.end else [])]


def _has(text: TextBlock, pattern: str) -> pa.Array:
    """Which lines the pattern is found in."""
    if _BEGINNING.fullmatch(pattern):
        return pc.starts_with(text.lines, pattern[1:].encode(text.encoding))
    utf8 = text.encoding == "utf-8"
    lines = pc.ascii_rtrim(text.lines.view(pa.string()), "\r") if utf8 else text.lines
    return pc.match_substring_regex(lines, pattern)


def _split(raw: bytes) -> pa.Array:
    lines = pc.split_pattern(pa.array([raw], pa.binary()), "\n").flatten()
    return lines.slice(0, len(lines) - 1)  # nothing stands behind the last line feed


def _texts(column: pa.Array, encoding: str) -> pa.Array:
    """A column of bytes as text."""
    texts = column.view(pa.string())
    if encoding == "utf-8" or pc.all(pc.string_is_ascii(texts)).as_py():
        return texts
    words = column.dictionary_encode()
    return pa.array([word.decode(encoding) for word in words.dictionary.to_pylist()], pa.string()).take(words.indices)


def _utf8(raw: bytes, encoding: str) -> bytes:
    try:
        text = raw.decode(encoding)
        utf8 = raw if encoding == "utf-8" else text.encode()
    except UnicodeError:
        raise Odd from None
    plain(b"\xee" not in utf8 and _LOST.search(utf8) is None)
    return utf8


def _prefixed(text: TextBlock, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Delimiter and prefix are one separator; the first cell keeps its prefix."""
    plain(not any_is(pc.invert(pc.starts_with(text.lines, dialect.cell_prefix))))
    plain(_SEPARATOR.encode() not in text.body)
    body = text.body.replace((dialect.delimiter + dialect.cell_prefix).encode(), _SEPARATOR.encode())
    return _read(body, _SEPARATOR, "", width, needed)


def _quoted_row(dialect: Dialect) -> str:
    """Cells that have no quotes, or begin and end with one and double those inside; nothing between."""
    delimiter, padding = re.escape(dialect.delimiter), f"[{re.escape(dialect.strip)}]*" if dialect.strip else ""
    cell = f'(?:[^"{delimiter}]*|"(?:[^"]|"")*"{padding})'
    return rf"^{cell}(?:{delimiter}{cell})*\r?$"


def _read(body: bytes, delimiter: str, quote: str, width: int, needed: list[int]) -> list[pa.Array]:
    names = [str(place) for place in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=names),
            csv.ParseOptions(delimiter=delimiter, quote_char=quote or False, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.binary()),
                include_columns=[names[place] for place in needed],
            ),
        )
    except pa.ArrowInvalid:
        raise Odd from None
    return [pa.concat_arrays(column.chunks) for column in table.columns]
