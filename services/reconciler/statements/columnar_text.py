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
    """See that a block is text; GBK stays as it is if it may, and `columns_of` sees that it is GBK.

    Raises Odd for what a line may not hold, or warns of.
    """
    raw = block.raw
    lines = _split(raw)
    returns = b"\r" in raw  # one more inside a line would be another row to `_read`, which is odd
    plain(not returns or pc.all(pc.ends_with(lines, "\r")).as_py())
    plain(b"\0" not in raw and block.next_no - 1 <= limits.lines_max)
    whole = pc.add(pc.binary_length(lines).cast(pa.int64()), 1)
    size = pc.subtract(whole, 2 if returns else 1)
    plain(pc.max(size).as_py() + 2 <= limits.line_bytes_max)
    offset = pc.add(pc.subtract(pc.cumulative_sum(whole), whole), block.byte_offset)
    text = TextBlock(raw, encoding.removesuffix("-sig"), lines, offset, size)
    return text if may_stay and encoding == "gb18030" else _in_utf8(text)


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
    for pattern in _none_rows(table):
        plain(not any_is(_has(text, pattern.pattern)))
    if table.blank_rows == "skip" or table.end is None:
        blank = re.escape(f" \t\r{dialect.delimiter}{dialect.quote}{dialect.strip}")
        plain(not any_is(_has(text, f"^[{blank}]*$")))
    plain(not dialect.excel_formula or b'="' not in text.body)
    columns = _cut(text, dialect, width, needed if text.encoding == "utf-8" else list(range(width)))
    if text.encoding != "utf-8":
        if not _is_plain_gbk(text, columns):
            return columns_of(_in_utf8(text), table, dialect, width, needed)
        columns = [columns[place] for place in needed]
    if prefix := len(dialect.cell_prefix.encode()):
        columns = [pc.binary_replace_slice(column, 0, prefix, b"") for column in columns]
    return [_trimmed(_texts(column, text.encoding), dialect.strip) for column in columns]


def _cut(text: TextBlock, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Some columns of bytes. Raises Odd unless every line is a row of `width` cells."""
    if dialect.cell_prefix:
        columns = _prefixed(text, dialect, width, needed)
    elif dialect.quote and dialect.quote.encode() in text.body:
        plain(text.body.count(b"\r") in (0, len(text.lines)))
        plain(not any_is(pc.invert(_has(text, _quoted_row(dialect)))))
        columns = _read(text.body, dialect.delimiter, dialect.quote, width, needed)
    else:
        columns = _read(text.body, dialect.delimiter, "", width, needed)
    plain(len(columns[0]) == len(text.lines))
    return columns


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
    if encoding == "utf-8" or _is_ascii(column):
        return column.view(pa.string())
    words = column.dictionary_encode()
    return pa.array([word.decode(encoding) for word in words.dictionary.to_pylist()], pa.string()).take(words.indices)


def _trimmed(texts: pa.Array, padding: str) -> pa.Array:
    data = _bytes(texts)
    return pc.utf8_trim(texts, padding) if any(one.encode() in data for one in padding) else texts


def _is_ascii(column: pa.Array) -> bool:
    return _bytes(column).isascii()


def _bytes(column: pa.Array) -> bytes:
    """All that stands in a column, and perhaps more."""
    data = column.buffers()[2]
    return b"" if data is None else data.to_pybytes()


def _is_plain_gbk(text: TextBlock, columns: list[pa.Array]) -> bool:
    """Whether all cells of all rows are plain GBK. Raises Odd if a line may be of another encoding.

    What stands between cells is ASCII: a line of Chinese UTF-8 has a cell of it, and most blocks have no such cell.
    """
    words = [pc.unique(column) for column in columns if not _is_ascii(column)]
    if any(any_is(pc.match_substring_regex(of_one, _CHINESE_UTF8)) for of_one in words):
        _see_one_encoding(text.lines)
    return all(pc.all(pc.match_substring_regex(of_one, _PLAIN_GBK)).as_py() for of_one in words)


def _see_one_encoding(lines: pa.Array) -> None:
    """Raises Odd if a line of a file in GB18030 is Chinese UTF-8."""
    plain(not any_is(pc.match_substring_regex(lines, _CHINESE_UTF8)))


def _in_utf8(text: TextBlock) -> TextBlock:
    raw, encoding = text.body, text.encoding
    if encoding == "gb18030" and not raw.isascii():
        _see_one_encoding(text.lines)
    try:
        decoded = raw.decode(encoding)
        body = raw if encoding == "utf-8" else decoded.encode()
    except UnicodeError:
        raise Odd from None
    plain(b"\xee" not in body and _LOST.search(body) is None)
    return text._replace(body=body, encoding="utf-8", lines=text.lines if body is raw else _split(body))


def _prefixed(text: TextBlock, dialect: Dialect, width: int, needed: list[int]) -> list[pa.Array]:
    """Cells, still with their prefix; delimiter and prefix are one separator, so that a cell may have either."""
    delimiter, prefix = dialect.delimiter.encode(), dialect.cell_prefix.encode()
    plain(not any_is(pc.invert(pc.starts_with(text.lines, prefix))))
    columns = _cut_at_delimiters(text, dialect, width)
    if columns is not None:
        return [columns[place] for place in needed]
    separator = _SEPARATOR.encode()
    plain(separator not in text.body)
    return _read(text.body.replace(delimiter + prefix, separator + prefix), _SEPARATOR, "", width, needed)


def _cut_at_delimiters(text: TextBlock, dialect: Dialect, width: int) -> list[pa.Array] | None:
    """All columns; None if a cell has a delimiter of its own, or no prefix. Quicker, and None is rare."""
    try:
        columns = _read(text.body, dialect.delimiter, "", width, list(range(width)))
    except Odd:
        return None
    prefix = dialect.cell_prefix.encode()
    return columns if all(pc.all(pc.starts_with(column, prefix)).as_py() for column in columns) else None


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
