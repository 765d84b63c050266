"""The header of a table, and one row under it. They know cells and numbers, not what a column means."""

from decimal import Decimal

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.numbers import number_form
from services.reconciler.statements.profile_table import Dialect
from services.reconciler.statements.refusal import StatementRefused


class Header:
    """The names of the columns, in order; empty names may stand twice, others not."""

    def __init__(self, names: tuple[str, ...], line_no: int, columns_max: int) -> None:
        if len(names) > columns_max:
            raise StatementRefused("E-TOO-LARGE", line=line_no, value=f"{len(names)} columns, at most {columns_max}")
        self.names, self.line_no = names, line_no
        self.index: dict[str, int] = {}
        for at, name in enumerate(names):
            if name and name in self.index:
                raise StatementRefused("E-HEADER-DUPLICATE", line=line_no, column=name)
            self.index[name] = at

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self.index

    def find(self, names: tuple[str, ...], *, optional: bool = False) -> str:
        """The first of these names that the file has; raises StatementRefused E-HEADER-MISSING."""
        for name in names:
            if name in self.index:
                return name
        if not optional:
            raise StatementRefused("E-HEADER-MISSING", line=self.line_no, column=" / ".join(names))
        return names[0]


class Row:
    """The cells of one line under the header of its file."""

    __slots__ = ("_cells", "_form", "_header", "line")

    def __init__(self, line: TextLine, cells: list[str], header: Header, dialect: Dialect) -> None:
        self.line, self._cells, self._header = line, cells, header
        self._form = number_form(dialect)

    def cell(self, header: str) -> str:
        """What stands in this column; "" if the file does not have the column."""
        at = self._header.index.get(header)
        return "" if at is None else self._cells[at]

    def number(self, text: str, header: str) -> Decimal:
        """The exact number that this text of a column is; raises StatementRefused E-AMOUNT."""
        number = self._form.read(text)
        if number is None:
            raise StatementRefused("E-AMOUNT", line=self.line.no, column=header, value=text)
        return number

    def decimal(self, header: str, empty: tuple[str, ...] = ()) -> Decimal:
        """The number in this column; nought if the file does not have the column, or for what means "none"."""
        if header not in self._header:
            return Decimal(0)
        cell = self.cell(header)
        return Decimal(0) if cell in empty else self.number(cell, header)

    def refused(self, code: str, header: str) -> StatementRefused:
        """The refusal of this line for what stands in this column."""
        return StatementRefused(code, line=self.line.no, column=header, value=self.cell(header))
