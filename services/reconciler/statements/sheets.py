"""The sheet of a workbook (.xlsx, .xls) as rows of text, within limits. It says what stands there and computes nothing.

A cell that a spreadsheet would compute (a formula) or could not (an error) is refused: the channel wrote neither.
In an .xls that cannot be seen: there the stored value of a formula is read as if it were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import IO

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError

from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.xlsx_check import CELLS_MAX, COLUMNS_MAX, check_xlsx

_BYTES_MAX = 64 * 1024 * 1024
_SHEETS_MAX = 64
_EXACT_BELOW = 10**15  # a spreadsheet keeps 15 digits; beyond them the last ones of a number are made up
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of the sheet, as text."""

    no: int  # the row's number in the sheet, from 1
    cells: tuple[str, ...]


def sheet_rows(file: IO[bytes], sheet: str = "") -> Iterator[SheetRow]:
    """The rows of the sheet of this name, or of the first sheet, from row 1 on; empty rows come too.

    A text is as written. A number is its shortest decimal form, which is exact for what a person or a channel typed;
    from 10^15 on it is written with an exponent, since its digits are lost. A date is `2026-03-01`, a moment
    `2026-03-01 20:35:13`. Every row is as wide as the sheet. Raises StatementRefused.
    """
    size = file.seek(0, 2)
    if size > _BYTES_MAX:
        raise StatementRefused("E-TOO-LARGE", value=f"a workbook of {size} bytes, at most {_BYTES_MAX}")
    file.seek(0)
    if file.read(4) == b"PK\x03\x04":
        check_xlsx(file)
    file.seek(0)
    opened = _opened(file, sheet)
    height, width = opened.total_height, opened.total_width
    if width > COLUMNS_MAX or height * width > CELLS_MAX:
        raise StatementRefused("E-TOO-LARGE", value=f"a sheet of {height} rows and {width} columns")
    left = ("",) * opened.start[1] if opened.start else ()  # empty columns on the left are not in a row
    for no, cells in enumerate(opened.iter_rows(), 1):
        yield SheetRow(no, (*left, *map(_text, cells)))


def _opened(file: IO[bytes], sheet: str) -> CalamineSheet:
    try:
        book = CalamineWorkbook.from_filelike(file)
        names = book.sheet_names
        if not names or len(names) > _SHEETS_MAX:
            raise StatementRefused("E-CONTAINER", value=f"a workbook of {len(names)} sheets")
        if sheet and sheet not in names:
            raise StatementRefused("E-FRAME", column=sheet, value=", ".join(names))
        return book.get_sheet_by_name(sheet or names[0])
    except StatementRefused:
        raise
    except PasswordError as fault:
        raise StatementRefused("E-CONTAINER", value="a workbook with a password") from fault
    except BaseException as fault:
        # A broken workbook can make the library panic; that is no Exception, and here no end of the process.
        if not isinstance(fault, Exception) and type(fault).__name__ != "PanicException":
            raise
        raise StatementRefused("E-CONTAINER", value=f"no workbook that can be read: {fault}") from fault


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, datetime):
        return _moment(cell)
    return str(cell)


def _number(value: float) -> str:
    exact = Decimal(repr(value))
    if not abs(exact) < _EXACT_BELOW:
        return f"{exact.normalize():E}" if exact.is_finite() else str(exact)
    return f"{int(exact)}" if exact == exact.to_integral_value() else f"{exact:f}"


def _moment(value: datetime) -> str:
    """A moment is stored as a fraction of a day, so that a whole second can be off by a millisecond."""
    second = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    return (second if abs(second - value) <= _MILLISECOND else value).isoformat(" ")
