"""Rows of text to a file for a spreadsheet: a program of its own. It imports nothing of ours.

The first line of standard input names the format, each further one is a row of JSON; the file is standard output. No
cell of it computes anything: a text that a spreadsheet would take for a formula gets a mark before it.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator
from tempfile import TemporaryFile

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

# What a spreadsheet takes for a formula, also behind blanks (OWASP, CSV injection).
_COMPUTES = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def main() -> None:
    """Write the file."""
    kind = json.loads(sys.stdin.readline())
    if kind == "XLSX":
        _write_workbook(_rows())
    else:
        _write_csv(_rows())


def _rows() -> Iterator[list[str]]:
    for line in sys.stdin:
        yield [_inert(cell) for cell in json.loads(line)]


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_COMPUTES) else cell


def _write_csv(rows: Iterator[list[str]]) -> None:
    # Spreadsheets read a text without the mark in the encoding of the machine.
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8-sig", newline="")
    csv.writer(out).writerows(rows)
    out.flush()


def _write_workbook(rows: Iterator[list[str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("result")
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value="".join(sign for sign in text if sign.isprintable()))
            cell.data_type = "s"  # else what begins with = would be a formula, whatever stands before
            cells.append(cell)
        sheet.append(cells)
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(1024 * 1024):
            sys.stdout.buffer.write(block)


if __name__ == "__main__":
    main()
