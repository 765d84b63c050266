"""Where the table of an unknown file seems to stand: its delimiter, header and rows. A guess for a person to judge.

Nothing is ever booked by it. It votes: a delimiter by the cells that it gives, the rows by a date and a number each.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

DELIMITERS = (",", "\t", ";", "|")
_VOTERS = 200  # lines that are not blank
_LINE_MAX = 64 * 1024
_CELL_MAX = 64  # no date and no number is longer
_PADDING = " \t\u3000`'"
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d)([-/.年]?)(?P<m>1[0-2]|0?[1-9])(?:\2|月)(?P<d>3[01]|[12]\d|0?[1-9])日?(?P<t>[T ].*)?"
    r"|(?:3[01]|[12]\d|0?[1-9])([-/.])(?:3[01]|[12]\d|0?[1-9])\6(?:19|20)?\d\d(?P<u> .*)?",
    re.ASCII,
)
_TIME = re.compile(r"[T ]*\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[-+]\d\d:?\d\d|Z)?", re.ASCII)
_NUMBER = re.compile(
    r"[-+]?(?:[A-Z]{3} ?|[¥￥$€£])?[-+]?"
    r"(?:\d{1,3}(?P<g>[,.])\d{3}(?:(?P=g)\d{3})*|\d{1,15})(?:(?P<d>[.,])(?P<f>\d{1,10}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the lines look like under one delimiter."""

    delimiter: str
    quoted: bool
    header_at: int  # index of the header's line; -1 if no line looks like one
    header: tuple[str, ...]
    date_at: int  # the column whose dates made these lines rows
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # index of the line, cells without padding


def sketch_lines(lines: Sequence[str]) -> Sketch | None:
    """The table in these lines of text, or None if nothing looks like one."""
    delimiter = _voted_delimiter([line for line in lines if line.strip()][:_VOTERS])
    if not delimiter:
        return None
    quoted = any('"' in line for line in lines[:_VOTERS])
    rows = [tuple(clean(cell) for cell in split(line, delimiter)) for line in lines]
    return sketch_rows(rows, delimiter, quoted=quoted)


def sketch_rows(rows: Sequence[tuple[str, ...]], delimiter: str = "", *, quoted: bool = False) -> Sketch | None:
    """The table in these rows of clean cells, such as those of a workbook; or None."""
    candidates = [(index, cells, at) for index, cells in enumerate(rows) if (at := _date_column(cells)) is not None]
    if not candidates:
        return None
    date_at = Counter(at for _, _, at in candidates).most_common(1)[0][0]
    body = [(index, cells) for index, cells, _ in candidates if _is_row(cells, date_at)]
    if not body:
        return None
    header_at = _header_before(rows, body[0][0], date_at)
    header = rows[header_at] if header_at >= 0 else ()
    while header and not header[-1]:
        header = header[:-1]
    return Sketch(delimiter, quoted, header_at, header, date_at, tuple(body))


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line by the rules of CSV, or at every delimiter if it breaks them; none of one beyond all size."""
    if len(line) > _LINE_MAX:
        return []
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=False), [])
    except csv.Error:
        return line.split(delimiter)


def clean(cell: str) -> str:
    """A cell without its padding and without a spreadsheet's ="…"."""
    bare = cell.strip(_PADDING)
    return bare[2:-1].strip(_PADDING) if bare.startswith('="') and bare.endswith('"') else bare


def is_date(cell: str) -> bool:
    """Whether it reads as a date, with or without a time of day."""
    if len(cell) > _CELL_MAX or (found := _DATE.fullmatch(cell)) is None:
        return False
    rest = found["t"] or found["u"]
    return rest is None or _TIME.fullmatch(rest) is not None


def number_of(cell: str) -> Decimal | None:
    """What the cell reads as, if it reads as an amount: plain, grouped, or with a currency before it."""
    if len(cell) > _CELL_MAX or (found := _NUMBER.fullmatch(cell)) is None:
        return None
    group, point = found["g"], found["d"]
    if group is not None and group == point:
        return None
    digits = re.sub(r"[^0-9.,]", "", cell)
    if group:
        digits = digits.replace(group, "")
    number = Decimal(digits.replace(",", "."))
    return -number if "-" in cell else number


def _voted_delimiter(lines: Sequence[str]) -> str:
    """Most rows of a statement, then most cells in lines that are cut into equally many."""
    return max(DELIMITERS, key=lambda delimiter: _votes(lines, delimiter)) if lines else ""


def _votes(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    cuts = [split(line, delimiter) for line in lines]
    rows = sum(_date_column(tuple(clean(cell) for cell in cells)) is not None for cells in cuts)
    widths = Counter(len(cells) for cells in cuts if len(cells) > 1)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return rows, width * count


def _date_column(cells: Sequence[str]) -> int | None:
    """The first column with a date, if another one has a number: that makes a row of a statement."""
    at = next((at for at, cell in enumerate(cells) if is_date(cell)), None)
    return at if at is not None and _is_row(cells, at) else None


def _is_row(cells: Sequence[str], date_at: int) -> bool:
    return (
        len(cells) > date_at
        and is_date(cells[date_at])
        and any(at != date_at and number_of(cell) is not None for at, cell in enumerate(cells))
    )


def _header_before(rows: Sequence[Sequence[str]], first: int, date_at: int) -> int:
    """The nearest line above the rows with words in most of its cells, among them one above the dates."""
    for index in range(first - 1, max(first - 4, -1), -1):
        cells = rows[index]
        words = sum(bool(cell) and number_of(cell) is None and not is_date(cell) for cell in cells)
        if words >= 3 and words * 2 > len(rows[first]) and len(cells) > date_at and cells[date_at]:
            return index
    return -1
