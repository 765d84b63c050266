"""Delimited text: what stands above, the header, the rows, the totals, what stands below; line by line.

A row that is not understood is quarantined and reading goes on; what breaks the frame ends the reading.
"""

from collections.abc import Iterator, Sequence
from re import Pattern

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.controls import ControlSums
from services.reconciler.statements.encoding import TextLine, decoded, physical_lines
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.lines import LineBatcher
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Dialect, Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.rows import RowReader, cells_of
from services.reconciler.statements.source import PhysicalLine, Source
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The lines in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    return _Reading(source, profile, tally, limits).batches()


class _Reading:
    """One file on its way from its first line to its last."""

    def __init__(self, source: Source, profile: Profile, tally: Tally, limits: Limits) -> None:
        self._profile, self._tally, self._limits = profile, tally, limits
        self._lines = physical_lines(source, limits)
        self._no = 0
        self._last = TextLine(0, 0, 0, "")

    def batches(self) -> Iterator[pa.RecordBatch]:
        table = self._profile.table
        facts = self._facts(table.above)
        header_line = self._next()
        header = self._header(header_line)
        period = Period(self._profile, facts)
        rows = RowReader(self._profile, header, header_line.no, facts.get("account_no", ""), period)
        self._tally.header_map = rows.header_map
        period.tell(self._tally)
        sums = ControlSums(self._profile)
        end: list[TextLine] = []
        yield from self._rows(rows, sums, end)
        totals = self._totals_row(end[0]) if table.totals_row else {}
        totals |= self._facts(table.below)
        sums.compare(totals, end[0].no + 1, self._tally)
        self._blank_to_the_end()
        if rows.day is None:
            self._tally.fault(StatementRefused("E-DAY-UNKNOWN").fault)
        self._tally.lines_total = self._no

    def _rows(self, rows: RowReader, sums: ControlSums, end: list[TextLine]) -> Iterator[pa.RecordBatch]:
        batcher = LineBatcher()
        for physical in self._lines:
            self._no = physical.no
            try:
                line = self._last = decoded(physical, self._tally.encoding)
                if self._profile.table.end.search(line.text):
                    self._tally.frame()
                    end.append(line)
                    break
                if line.ends_open:
                    raise StatementRefused("E-TRUNCATED", line=line.no, value=line.text)
                row = rows.cut(line)
                canonical = rows.read(row)
                sums.add(sums.parts(row))
                batch = batcher.add(canonical)
            except StatementRefused as refused:
                self._tally.quarantine(refused)
            else:
                if batch:
                    yield batch
        if batch := batcher.rest():
            yield batch
        if not end:
            raise StatementRefused("E-TRUNCATED", line=self._no, value=self._last.text)

    def _facts(self, patterns: Sequence[Pattern[str]]) -> dict[str, str]:
        facts: dict[str, str] = {}
        for pattern in patterns:
            line = self._next()
            found = pattern.search(line.text)
            if found is None:
                raise StatementRefused(_cut_or("E-FRAME", line), line=line.no, value=line.text)
            facts |= found.groupdict()
        return facts

    def _header(self, line: TextLine) -> tuple[str, ...]:
        first_cell = self._profile.table.header_first_cell
        if line.text.split(self._profile.dialect.delimiter)[0].strip() != first_cell:
            raise StatementRefused(_cut_or("E-HEADER-MISSING", line), line=line.no, column=first_cell, value=line.text)
        if line.ends_open:
            raise StatementRefused("E-TRUNCATED", line=line.no, value=line.text)
        return _names(line, self._profile.dialect, self._limits)

    def _totals_row(self, end: TextLine) -> dict[str, str]:
        row = self._next()
        names = _names(end, self._profile.dialect, self._limits)
        cells = cells_of(row, self._profile.dialect)
        if len(cells) != len(names):
            raise StatementRefused(_cut_or("E-WIDTH", row), line=row.no, value=row.text)
        return dict(zip(names, cells, strict=True))

    def _next(self) -> TextLine:
        physical = next(self._lines, None)
        if physical is None:
            raise StatementRefused("E-TRUNCATED", line=self._no, value=self._last.text)
        return self._frame_line(physical)

    def _blank_to_the_end(self) -> None:
        for physical in self._lines:
            line = self._frame_line(physical)
            if line.text.strip():
                raise StatementRefused("E-FRAME", line=line.no, value=line.text)

    def _frame_line(self, physical: PhysicalLine) -> TextLine:
        self._no = physical.no
        self._last = decoded(physical, self._tally.encoding)
        self._tally.frame()
        return self._last


def _names(line: TextLine, dialect: Dialect, limits: Limits) -> tuple[str, ...]:
    names = tuple(name.strip() for name in line.text.split(dialect.delimiter))
    if len(names) > limits.columns_max:
        value = f"{len(names)} columns, at most {limits.columns_max}"
        raise StatementRefused("E-TOO-LARGE", line=line.no, value=value)
    for at, name in enumerate(names):
        if name in names[:at]:
            raise StatementRefused("E-HEADER-DUPLICATE", line=line.no, column=name)
    return names


def _cut_or(code: str, line: TextLine) -> str:
    """A line that is not as it should be was cut if the file ends inside it, and else breaks the rule of `code`."""
    return "E-TRUNCATED" if line.ends_open else code
