"""What must hold of an .xlsx before a library may hold it in memory: its size, and that nothing in it is computed.

It inflates every part once and keeps none. It follows no reference and resolves no entity.
"""

import re
import zlib
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from services.reconciler.statements.refusal import StatementRefused

COLUMNS_MAX = 256
CELLS_MAX = 1_500_000  # of the rectangle that the cells span, since that is what is held in memory: some 300 MiB
_INFLATED_MAX = 512 * 1024 * 1024
_MEMBERS_MAX = 1024
_BLOCK = 1024 * 1024
_TOKEN_BYTES_MAX = 4 * _BLOCK
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_BROKEN = (BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error, expat.ExpatError)


def check_xlsx(file: IO[bytes]) -> None:
    """Raises StatementRefused for what is too large, needs a password, is broken, or was computed by a spreadsheet."""
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > _MEMBERS_MAX:
                raise StatementRefused("E-CONTAINER-LIMIT", value=f"{len(members)} parts in a workbook")
            inflated = 0
            for member in members:
                inflated = _check_part(archive, member, inflated)
    except _BROKEN as fault:
        raise StatementRefused("E-CONTAINER", value=f"a workbook that cannot be read: {fault}") from fault


def _check_part(archive: ZipFile, member: ZipInfo, inflated: int) -> int:
    """The bytes inflated by now, with this part."""
    if member.flag_bits & 1:
        raise StatementRefused("E-CONTAINER", value="a workbook with a password")
    parser, parsed = None, 0
    if member.filename.endswith((".xml", ".rels")):
        parser = _parser(sheet=member.filename.startswith("xl/worksheets/"))
    with archive.open(member) as part:
        while block := part.read(_BLOCK):
            inflated += len(block)
            if inflated > _INFLATED_MAX:
                raise StatementRefused("E-CONTAINER-LIMIT", value=f"a workbook of more than {_INFLATED_MAX} bytes")
            if parser is not None:
                parser.Parse(block, False)
                parsed += len(block)
                if parsed - parser.CurrentByteIndex > _TOKEN_BYTES_MAX:  # each block would look at all of it again
                    raise StatementRefused("E-CONTAINER-LIMIT", value=f"a tag of more than {_TOKEN_BYTES_MAX} bytes")
    return inflated


def _parser(*, sheet: bool) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if sheet:
        parser.StartElementHandler = _Cells().start
    return parser


def _refuse_doctype(*_declared: object) -> None:
    raise StatementRefused("E-XML", value="a document type in a workbook")


class _Cells:
    """Where the cells of one sheet stand, and how they came to be."""

    def __init__(self) -> None:
        self._width = self._row = self._column = 0
        self._at = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                stated = attributes.get("r", "")
                self._row, self._column = int(stated) if stated.isdecimal() else self._row + 1, 0
            case "c":
                self._cell(attributes.get("r", ""))
                if attributes.get("t") == "e":
                    raise StatementRefused("E-FORMULA", line=self._row, column=self._at, value="an error")
            case "f":
                raise StatementRefused("E-FORMULA", line=self._row, column=self._at, value="a formula")

    def _cell(self, reference: str) -> None:
        """A cell without a reference follows the one before it."""
        self._column += 1
        self._at = reference
        if reference:
            found = _REFERENCE.fullmatch(reference)
            if found is None:
                raise StatementRefused("E-CONTAINER", line=self._row, value=reference)
            self._column, self._row = _number_of(found[1]), int(found[2])
        self._width = max(self._width, self._column)
        if self._width > COLUMNS_MAX or self._width * self._row > CELLS_MAX:
            value = f"{self._row} rows and {self._width} columns in a sheet"
            raise StatementRefused("E-TOO-LARGE", line=self._row, value=value)


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
