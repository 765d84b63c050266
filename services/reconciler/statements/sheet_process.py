"""One sheet of a workbook to rows of text: a program of its own, run for each workbook. It imports nothing of ours.

The library that reads workbooks is native code: a broken file can make it ask for all memory, which ends its process.
So that is not the process of the service. The workbook is standard input, rows of JSON are standard output.
"""

import contextlib
import json
import resource
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

_MEMORY_MAX = 448 * 1024 * 1024  # of addresses; what the largest sheet needs stays below
_SHEETS_MAX = 64
_EXACT_BELOW = 10**15  # a spreadsheet keeps 15 digits; beyond them the last ones of a number are made up
_MILLISECOND = timedelta(milliseconds=1)


class Refused(Exception):
    """The workbook is not read: code, column and value of a refusal."""


def main(sheet: str, columns_max: int, cells_max: int) -> None:
    """Write each row as a list of texts, or one object that says why there are none.

    If no sheet is named, the first one is read, and an object behind its rows tells of each other one that has any.
    """
    with contextlib.suppress(ValueError):  # where the system does not let a process limit itself
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MAX, _MEMORY_MAX))
    try:
        _write_rows(sheet, columns_max, cells_max)
    except Refused as refused:
        code, column, value = refused.args
        _say({"code": code, "column": column, "value": value})
    except PasswordError:
        _say({"code": "E-CONTAINER", "column": None, "value": "a workbook with a password"})
    except (CalamineError, OSError) as fault:
        _say({"code": "E-CONTAINER", "column": None, "value": f"a workbook that cannot be read: {fault}"})


def _write_rows(sheet: str, columns_max: int, cells_max: int) -> None:
    book = CalamineWorkbook.from_filelike(sys.stdin.buffer)
    names = book.sheet_names
    if not names or len(names) > _SHEETS_MAX:
        raise Refused("E-CONTAINER", None, f"a workbook of {len(names)} sheets")
    if sheet and sheet not in names:
        raise Refused("E-FRAME", sheet, ", ".join(names))
    for cells in _rows(book, sheet or names[0], columns_max, cells_max):
        _say([_text(cell) for cell in cells])
    if not sheet:
        charts = {each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.ChartSheet}
        for name in names[1:]:
            filled = 0 if name in charts else sum(map(_is_filled, _rows(book, name, columns_max, cells_max)))
            if filled:
                _say({"sheet": name, "rows": filled})


def _rows(book: CalamineWorkbook, name: str, columns_max: int, cells_max: int) -> Iterator[list[object]]:
    """The rows of one sheet. Only one sheet is held at a time: it goes when its rows have been taken."""
    opened = book.get_sheet_by_name(name)
    height, width = opened.total_height, opened.total_width
    if width > columns_max or height * width > cells_max:
        raise Refused("E-TOO-LARGE", None, f"a sheet of {height} rows and {width} columns")
    left: list[object] = [""] * (opened.start[1] if opened.start else 0)  # empty columns on the left are in no row
    for cells in opened.iter_rows():
        yield left + cells


def _is_filled(cells: list[object]) -> bool:
    """Whether any cell has something in it; blanks that nobody sees are nothing."""
    return any(cell.strip() if isinstance(cell, str) else True for cell in cells)


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


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


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
