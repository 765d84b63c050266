"""The lines of a file, each put in its place: above, header, rows, end, totals, below. It reads no row."""

from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Dialect
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.text import Text, TextLine


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the rows: the facts above, the header, the totals below; and the rows, still uncut."""

    facts: dict[str, str]
    header: tuple[str, ...]
    header_line: int
    rows: Sequence[TextLine]
    totals: dict[str, str]  # as declared, by the name that the file or the profile gives
    totals_line: int


def find_frame(text: Text, limits: Limits) -> Frame:
    """Raises StatementRefused if a line that the layout has is missing, or one is there that it has not."""
    table = text.profile.table
    facts = _facts(text, 0, table.above)
    header_at = len(table.above)
    end = _find_end(text, header_at)
    header = _names(text.lines[header_at], text.profile.dialect, limits)
    below = end + 1
    totals: dict[str, str] = {}
    if table.totals_row:
        totals = _totals_row(text, end, limits)
        below += 1
    totals |= _facts(text, below, table.below)
    _check_nothing_follows(text, below + len(table.below))
    return Frame(facts, header, header_at + 1, text.lines[header_at + 1 : end], totals, end + 1)


def cells_of(line: TextLine, dialect: Dialect) -> list[str]:
    """Cut a row or a totals row; raises StatementRefused if its cells lack their prefix."""
    if dialect.cell_prefix and not line.text.startswith(dialect.cell_prefix):
        raise StatementRefused("E-CELL-PREFIX", line=line.no, value=line.text)
    cells = line.text[len(dialect.cell_prefix) :].split(dialect.delimiter + dialect.cell_prefix)
    return [cell.strip(dialect.strip) if dialect.strip else cell for cell in cells]


def _facts(text: Text, start: int, patterns: Sequence[Pattern[str]]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for index, pattern in enumerate(patterns, start):
        line = _line(text, index)
        found = pattern.search(line.text)
        if found is None:
            raise StatementRefused(_cut_or("E-FRAME", text, index), line=line.no, value=line.text)
        facts |= found.groupdict()
    return facts


def _find_end(text: Text, header_at: int) -> int:
    """The index of the line that ends the rows; looked for before the rows are read, so that a cut is called one."""
    first_cell = text.profile.table.header_first_cell
    header = _line(text, header_at)
    if header.text.split(text.profile.dialect.delimiter)[0].strip() != first_cell:
        code = _cut_or("E-HEADER-MISSING", text, header_at)
        raise StatementRefused(code, line=header.no, column=first_cell, value=header.text)
    for index in range(header_at + 1, len(text.lines)):
        if text.profile.table.end.search(text.lines[index].text):
            return index
    raise StatementRefused("E-TRUNCATED", line=len(text.lines), value=text.lines[-1].text)


def _totals_row(text: Text, end: int, limits: Limits) -> dict[str, str]:
    row = _line(text, end + 1)
    names = _names(text.lines[end], text.profile.dialect, limits)
    cells = cells_of(row, text.profile.dialect)
    if len(cells) != len(names):
        raise StatementRefused(_cut_or("E-WIDTH", text, end + 1), line=row.no, value=row.text)
    return dict(zip(names, cells, strict=True))


def _names(line: TextLine, dialect: Dialect, limits: Limits) -> tuple[str, ...]:
    names = tuple(name.strip() for name in line.text.split(dialect.delimiter))
    if len(names) > limits.columns_max:
        value = f"{len(names)} columns, at most {limits.columns_max}"
        raise StatementRefused("E-TOO-LARGE", line=line.no, value=value)
    for at, name in enumerate(names):
        if name in names[:at]:
            raise StatementRefused("E-HEADER-DUPLICATE", line=line.no, column=name)
    return names


def _line(text: Text, index: int) -> TextLine:
    if index >= len(text.lines):
        raise StatementRefused("E-TRUNCATED", line=len(text.lines), value=text.lines[-1].text)
    return text.lines[index]


def _cut_or(code: str, text: Text, index: int) -> str:
    """A line that is not as it should be was cut if the file ends inside it, and else breaks the rule of `code`."""
    return "E-TRUNCATED" if text.ends_open and index == len(text.lines) - 1 else code


def _check_nothing_follows(text: Text, start: int) -> None:
    for line in text.lines[start:]:
        if line.text.strip():
            raise StatementRefused("E-FRAME", line=line.no, value=line.text)
