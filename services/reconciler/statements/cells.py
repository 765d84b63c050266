"""A line cut into cells. It knows the dialect only: no header, no meaning."""

import re
from functools import cache

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.profile_table import Dialect
from services.reconciler.statements.refusal import StatementRefused


def cells_of(line: TextLine, dialect: Dialect) -> list[str]:
    """Cut a row or a totals row; raises StatementRefused E-CELL-PREFIX or E-QUOTE."""
    if line.cells is not None:
        cells = list(line.cells)
    elif dialect.cell_prefix:
        if not line.text.startswith(dialect.cell_prefix):
            raise StatementRefused("E-CELL-PREFIX", line=line.no, value=line.text)
        cells = line.text[len(dialect.cell_prefix) :].split(dialect.delimiter + dialect.cell_prefix)
    else:
        cells = _split(line, dialect)
    if dialect.strip:
        cells = [cell.strip(dialect.strip) for cell in cells]
    if dialect.excel_formula:
        cells = [cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell for cell in cells]
    return cells


def header_cells(line: TextLine, dialect: Dialect) -> list[str]:
    """The names in a header, which has no prefixes; trailing empty cells are left out."""
    cells = list(line.cells) if line.cells is not None else _split(line, dialect)
    cells = [cell.strip().strip(dialect.strip) for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def is_blank(line: TextLine, dialect: Dialect) -> bool:
    """Whether no cell of the line is filled."""
    return not line.text.strip(f" \t\r{dialect.delimiter}{dialect.quote}{dialect.strip}")


def ends_in_quotes(line: TextLine, dialect: Dialect) -> bool:
    """Whether a quote that begins a cell is not closed in the line."""
    try:
        _split(line, dialect)
    except StatementRefused:
        return True
    return False


def _split(line: TextLine, dialect: Dialect) -> list[str]:
    if not dialect.quote or dialect.quote not in line.text:
        return line.text.split(dialect.delimiter)
    cells, at, pattern = [], 0, _quoted(dialect)
    while True:
        if found := pattern.match(line.text, at):
            cells.append(found["cell"].replace('""', '"'))
            at = found.end()
        elif line.text[at : at + 1] == dialect.quote:
            raise StatementRefused("E-QUOTE", line=line.no, value=line.text[at:])
        else:
            end = line.text.find(dialect.delimiter, at)
            end = len(line.text) if end < 0 else end
            cells.append(line.text[at:end])
            at = end
        if at == len(line.text):
            return cells
        at += len(dialect.delimiter)


@cache
def _quoted(dialect: Dialect) -> re.Pattern[str]:
    """A cell in quotes, with the padding that may follow it, up to a delimiter or the end of the line."""
    delimiter, strip = re.escape(dialect.delimiter), re.escape(dialect.strip)
    padding = f"[{strip}]*" if strip else ""
    return re.compile(f'"(?P<cell>(?:[^"]|"")*+)"{padding}(?={delimiter}|$)')
