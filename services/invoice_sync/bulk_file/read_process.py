"""A file of rows to rows of text: a program of its own, run for each file, with limits. It imports nothing of ours.

The file is standard input, rows of JSON are standard output: [row number, cells]. What is refused ends with one object
that says why. So a file that is made to break its reader ends this process, and not the service.
"""

import codecs
import contextlib
import csv
import io
import json
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePosixPath
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

_ROWS_MAX = 10_000
_COLUMNS_MAX = 32
_CELL_LENGTH_MAX = 1_000
_MEMORY_BYTES_MAX = 384 * 1024 * 1024  # of addresses; the largest file that is taken stays far below
_PROCESSOR_SECONDS_MAX = 20
_MEMBERS_MAX = 256
_INFLATED_BYTES_MAX = 64 * 1024 * 1024
_RATIO_MAX = 150
_RATIO_FROM_BYTES = 1024 * 1024
_BLOCK = 256 * 1024
_DEPTH_MAX = 64
_TOKEN_BYTES_MAX = 1024 * 1024
_EXACT_BELOW = 10**15  # a spreadsheet keeps 15 digits
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
# A spreadsheet computes a text that begins with one of these (OWASP, CSV injection); a minus may begin a number.
_COMPUTES = ("=", "+", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_NO_TEXT = (b"%PDF", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x89PNG", b"<")
_PROGRAMS = re.compile(r"vbaproject|macrosheets/|activex/|embeddings/|ctrlprops/|\.bin$", re.IGNORECASE)
_LINKS = re.compile(r"externallinks/|connections\.xml$|querytables/", re.IGNORECASE)
# Spreadsheets make a link of each mail address that is typed in; nothing follows it.
_HARMLESS = "/hyperlink"
_PRINTER = re.compile(r"^xl/printersettings/", re.IGNORECASE)


class Refused(Exception):
    """The file is not read: code, row, column and value of a refusal."""


def main() -> None:
    """Write the rows, or what they end with."""
    with contextlib.suppress(ValueError):  # where the system does not let a process limit itself
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS_MAX, _PROCESSOR_SECONDS_MAX))
    try:
        _write(_rows(sys.stdin.buffer.read()))
    except Refused as refused:
        code, row, column, value = refused.args
        _say({"code": code, "row": row, "column": column, "value": value})
    else:
        _say({"end": True})


def _write(rows: Iterator[list[str]]) -> None:
    """Say each row that has anything in it, with its number."""
    count = 0
    for row_no, cells in enumerate(rows, 1):
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > _ROWS_MAX + 1:
            raise Refused("TOO_MANY_ROWS", row_no, None, None)
        if len(cells) > _COLUMNS_MAX:
            raise Refused("TOO_MANY_COLUMNS", row_no, None, f"{len(cells)}")
        for column_no, cell in enumerate(cells, 1):
            _check_cell(cell, row_no, column_no)
        _say([row_no, cells])


def _check_cell(cell: str, row_no: int, column_no: int) -> None:
    if len(cell) > _CELL_LENGTH_MAX:
        raise Refused("CELL_TOO_LONG", row_no, _letters(column_no), f"{len(cell)}")
    starts = cell.startswith(_COMPUTES) or cell.startswith("-")
    if starts and not _NUMBER.fullmatch(cell.strip()):
        raise Refused("FORMULA", row_no, _letters(column_no), cell[:1])


def _rows(raw: bytes) -> Iterator[list[str]]:
    if not raw.strip():
        raise Refused("EMPTY", None, None, None)
    if raw.startswith(b"PK"):
        check_workbook(raw)
        return _sheet_rows(raw)
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and re.search(rb"<!(DOCTYPE|ENTITY)", raw[:65536]):
        raise Refused("XML_ENTITY", None, None, None)
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_NO_TEXT):
        raise Refused("NOT_A_TABLE", None, None, None)
    return _text_rows(_decoded(raw))


def _decoded(raw: bytes) -> str:
    text = None
    codings = ("utf-16",) if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "gb18030")
    for coding in codings:
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(coding)
            break
    if text is None or "\0" in text:
        raise Refused("ENCODING", None, None, None)
    return text


def _text_rows(text: str) -> Iterator[list[str]]:
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",", ";", "\t", key=first.count)
    csv.field_size_limit(_BLOCK)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise Refused("QUOTES", reader.line_num, None, str(fault)) from None


def check_workbook(raw: bytes) -> None:
    """What must hold of a workbook before a library may hold it in memory: each part is inflated once, none kept."""
    try:
        with ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            _check_members(members)
            room = min(_INFLATED_BYTES_MAX, max(len(raw) * _RATIO_MAX, _RATIO_FROM_BYTES))
            for member in members:
                room = _check_part(archive, member, room)
    except (BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        raise Refused("DAMAGED", None, None, None) from None


def _check_members(members: list[ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(members) > _MEMBERS_MAX:
        raise Refused("ZIP_BOMB", None, None, f"{len(members)} parts")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("PASSWORD", None, None, None)
    for name in names:
        # A name as the archive has it, of a hostile maker: it is compared and never opened as a path.
        if "\\" in name or name.startswith("/") or ".." in PurePosixPath(name).parts or re.match(r"[A-Za-z]:", name):
            raise Refused("ARCHIVE_PATH", None, None, name)
    if len(set(names)) != len(names) or "xl/workbook.xml" not in names:
        raise Refused("NOT_A_TABLE", None, None, None)
    for name in names:
        if _PROGRAMS.search(name) and not _PRINTER.match(name):
            raise Refused("MACRO", None, None, name)
        if _LINKS.search(name):
            raise Refused("EXTERNAL_REFERENCE", None, None, name)


def _check_part(archive: ZipFile, member: ZipInfo, room: int) -> int:
    """How many bytes may still be inflated after this part."""
    parser = _Parser(member.filename) if member.filename.endswith((".xml", ".rels", ".vml")) else None
    with archive.open(member) as part:
        while block := part.read(_BLOCK):
            room -= len(block)
            if room < 0:
                raise Refused("ZIP_BOMB", None, None, None)
            if parser is not None:
                parser.feed(block)
    return room


class _Parser:
    """Goes through one part of a workbook, and keeps nothing of it."""

    def __init__(self, name: str) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.EntityDeclHandler = _refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._is_sheet = name.startswith("xl/worksheets/") and not name.endswith(".rels")
        self._is_links = name.endswith(".rels")
        self._fed = self._depth = self._row = self._column = 0

    def feed(self, block: bytes) -> None:
        try:
            self._parser.Parse(block, False)
        except expat.ExpatError:
            raise Refused("DAMAGED", None, None, None) from None
        self._fed += len(block)
        if self._fed - max(self._parser.CurrentByteIndex, 0) > _TOKEN_BYTES_MAX:
            raise Refused("ZIP_BOMB", None, None, "a tag")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise Refused("ZIP_BOMB", None, None, "depth")
        local = name.rpartition(":")[2]
        if self._is_links and attributes.get("TargetMode") == "External":
            if not attributes.get("Type", "").endswith(_HARMLESS):
                raise Refused("EXTERNAL_REFERENCE", None, None, attributes.get("Type", "").rpartition("/")[2])
        elif local in ("Override", "Default") and "macroEnabled" in attributes.get("ContentType", ""):
            raise Refused("MACRO", None, None, None)
        elif self._is_sheet:
            self._cell(local, attributes)

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _cell(self, local: str, attributes: dict[str, str]) -> None:
        stated = attributes.get("r", "")
        if local == "row":
            self._row, self._column = int(stated) if stated.isdecimal() else self._row + 1, 0
        elif local == "c":
            found = _REFERENCE.fullmatch(stated)
            self._column = _number_of(found[1]) if found else self._column + 1
            self._row = int(found[2]) if found else self._row
            if self._column > _COLUMNS_MAX:
                raise Refused("TOO_MANY_COLUMNS", self._row, _letters(self._column), None)
        # Rows are counted by the reader, which leaves empty ones out; this bounds the rectangle that it holds.
        if self._row > 4 * _ROWS_MAX:
            raise Refused("TOO_MANY_ROWS", self._row, None, None)
        if local == "f":
            raise Refused("FORMULA", self._row, _letters(self._column), None)


def _refuse_doctype(*_declared: object) -> None:
    raise Refused("XML_ENTITY", None, None, None)


def _sheet_rows(raw: bytes) -> Iterator[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        charts = {each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.ChartSheet}
        filled = [name for name in book.sheet_names if name not in charts and _is_filled(book, name)]
        if not filled:
            raise Refused("EMPTY", None, None, None)
        if len(filled) > 1:
            raise Refused("SHEETS", None, None, f"{len(filled)}")
        sheet = book.get_sheet_by_name(filled[0])
        above, left = sheet.start or (0, 0)
        yield from ([] for _ in range(above))
        for cells in sheet.iter_rows():
            yield [""] * left + [_text(cell) for cell in cells]
    except PasswordError:
        raise Refused("PASSWORD", None, None, None) from None
    except (CalamineError, OSError):
        raise Refused("DAMAGED", None, None, None) from None


def _is_filled(book: CalamineWorkbook, name: str) -> bool:
    rows = book.get_sheet_by_name(name).iter_rows()
    return any(cell.strip() if isinstance(cell, str) else True for cells in rows for cell in cells)


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        exact = Decimal(repr(cell))
        if not abs(exact) < _EXACT_BELOW:
            return str(exact)  # with its exponent: digits are lost, and no field takes such a text
        return f"{int(exact)}" if exact == exact.to_integral_value() else f"{exact:f}"
    return str(cell)


def _letters(column_no: int) -> str:
    letters = ""
    while column_no:
        column_no, rest = divmod(column_no - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
