"""The part of a profile that says how a file is cut: its dialect, and the lines of its table from top to bottom."""

from dataclasses import dataclass
from re import Pattern
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a row is cut into cells, and how its numbers are written."""

    delimiter: str = ","
    quote: Literal['"', ""] = ""  # "" when a quote character is a character like any other
    cell_prefix: str = ""  # stands before every cell of rows and totals, not of headers
    strip: str = ""  # characters that pad cells
    excel_formula: bool = False  # cells may be written ="…"
    decimal: Literal[".", ","] = "."
    group: Literal[",", ".", "'", " ", ""] = ""  # between thousands; "" refuses such numbers
    plus: bool = False  # money in may bear a plus sign
    currency_signs: tuple[str, ...] = ()  # before the digits, such as ¥


@dataclass(frozen=True, slots=True)
class FixedWidth:
    """Records of fixed width, counted in bytes, not in characters."""

    names: tuple[str, ...]
    widths: tuple[int, ...]
    gap: int = 0  # bytes between two fields, which must be blank


@dataclass(frozen=True, slots=True)
class Preamble:
    """Lines above the header that may vary."""

    lines_max: int = 40
    facts: tuple[Pattern[str], ...] = ()  # looked for in each line; named groups state facts


@dataclass(frozen=True, slots=True)
class Footer:
    """Lines from the end line on that may vary."""

    facts: tuple[Pattern[str], ...] = ()  # looked for in each line, the end line too; each must be found


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file from top to bottom. Named groups state account_no, period_start, period_end and totals.

    Either every line above and below the rows is told by `above` and `below`, and all must be there;
    or `preamble` and `footer` allow any lines and look for facts in them.
    """

    header_first_cell: str = ""  # the header is the line that begins with this cell
    header: tuple[str, ...] = ()  # or the line that has all these cells
    names: tuple[str, ...] = ()  # or there is none, and these are the names of the columns
    above: tuple[Pattern[str], ...] = ()
    preamble: Preamble | None = None
    end: Pattern[str] | None = None  # the first line that is no row any more; a file without it is truncated
    end_optional: bool = False  # a file without the end line is whole too
    totals_row: bool = False  # the end line names totals, the next line gives them
    end_row: bool = False  # the end line gives totals under the header of the rows
    below: tuple[Pattern[str], ...] = ()
    footer: Footer | None = None
    skip: tuple[Pattern[str], ...] = ()  # lines between rows that are none
    blank_rows: Literal["refuse", "skip"] = "refuse"  # rows without any cell filled
    ragged: bool = False  # a row may end before its last columns, which are then empty
    trailing_delimiter: bool = False  # a row may have empty cells beyond the header
