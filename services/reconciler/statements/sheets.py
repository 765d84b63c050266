"""The sheet of a workbook (.xlsx, .xls) as rows of text, within limits. It says what stands there and computes nothing.

A cell that a spreadsheet would compute (a formula) or could not (an error) is refused: the channel wrote neither.
In an .xls that cannot be seen: there the stored value of a formula is read as if it were written.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.xlsx_check import CELLS_MAX, COLUMNS_MAX, check_xlsx

_BYTES_MAX = 64 * 1024 * 1024
_DEADLINE_SECONDS = 120
_PROGRAM = Path(__file__).with_name("sheet_process.py")


LeftOut = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of the sheet, as text."""

    no: int  # the row's number in the sheet, from 1
    cells: tuple[str, ...]


def sheet_rows(file: IO[bytes], sheet: str = "", left_out: LeftOut | None = None) -> Iterator[SheetRow]:
    """The rows of the sheet of this name, or of the first sheet, from row 1 on; empty rows come too.

    A text is as written. A number is its shortest decimal form, which is exact for what a person or a channel typed;
    from 10^15 on it is written with an exponent, since its digits are lost. A date is `2026-03-01`, a moment
    `2026-03-01 20:35:13`. Every row is as wide as the sheet. Behind the last row, and if no sheet is named, `left_out`
    is told the name of each other sheet that is not empty, and its filled rows. Raises StatementRefused.
    """
    size = file.seek(0, 2)
    if size > _BYTES_MAX:
        raise StatementRefused("E-TOO-LARGE", value=f"a workbook of {size} bytes, at most {_BYTES_MAX}")
    file.seek(0)
    if file.read(4) == b"PK\x03\x04":
        check_xlsx(file)
    with _on_disk(file) as workbook, _program(workbook, sheet) as program:
        assert program.stdout is not None
        for no, written in enumerate(program.stdout, 1):
            row = json.loads(written)
            if isinstance(row, list):
                yield SheetRow(no, tuple(row))
            elif "sheet" in row:
                if left_out is not None:
                    left_out(row["sheet"], row["rows"])
            else:
                raise StatementRefused(row["code"], column=row["column"], value=row["value"])
        if program.wait():
            raise StatementRefused("E-CONTAINER", value="a workbook that cannot be read")


@contextmanager
def _on_disk(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file itself if a process can be given it, else a copy."""
    try:
        file.fileno()
    except io.UnsupportedOperation:
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            yield copy
    else:
        yield file


@contextmanager
def _program(workbook: IO[bytes], sheet: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The reader at work; it ends at its deadline, or when nobody wants more rows."""
    workbook.flush()
    os.lseek(workbook.fileno(), 0, os.SEEK_SET)  # seek() may stay within the buffer, of which the program knows nothing
    command = [sys.executable, "-I", str(_PROGRAM), sheet, str(COLUMNS_MAX), str(CELLS_MAX)]
    quiet = subprocess.DEVNULL
    # Only our own program is run; what is untrusted is its standard input, and it cannot take the service with it.
    with subprocess.Popen(command, stdin=workbook, stdout=subprocess.PIPE, stderr=quiet) as program:  # noqa: S603
        deadline = threading.Timer(_DEADLINE_SECONDS, program.kill)
        deadline.daemon = True
        deadline.start()
        try:
            yield program
        finally:
            deadline.cancel()
            program.kill()
