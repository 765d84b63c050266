"""A table in a file: what stands above, the header, the rows, the totals, what stands below; line by line.

A row that is not understood is quarantined and reading goes on; what breaks the frame ends the reading. It is the
same for text, for records of fixed width and for the rows of a workbook.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from re import Pattern

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.blocks import BlockLines
from services.reconciler.statements.cells import cells_of, header_cells, is_blank
from services.reconciler.statements.columnar import BlockReader, PlainRows, knows, stretches
from services.reconciler.statements.controls import ControlSums, Declared
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.lines import LineBatcher
from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header
from services.reconciler.statements.rows import RowReader
from services.reconciler.statements.stray import StrayRows
from services.reconciler.statements.tally import Tally

Lines = Callable[[], Iterator[TextLine]]


def read_table(lines: Lines, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The lines in batches, in the order of the file. Raises StatementRefused for what ends the reading.

    `lines` begins at the first line each time; it is called twice if the whole file decides the order of dates.
    """
    time = profile.columns.book_time
    formats: tuple[TimeFormat, ...] = ()
    if time is not None and time.order == "auto":
        formats = _formats_of_all(lines, profile, tally, limits)
    yield from TableReader(lines(), profile, tally, limits).batches(formats)


def _formats_of_all(lines: Lines, profile: Profile, tally: Tally, limits: Limits) -> tuple[TimeFormat, ...]:
    """The profile's formats under which every row has a time; all of them if there is none, which then is a fault."""
    time = profile.columns.book_time
    assert time is not None, "asked for a profile whose rows have a time"
    reader = TableReader(lines(), profile, Tally(profile, tally.encoding), limits)
    fitting = set(time.format)
    for fits in reader.times_that_fit():
        fitting &= fits or fitting  # a row with no time at all is a fault of its own
    kept = tuple(form for form in time.format if form in fitting)
    if len(kept) > 1:
        tally.warn("W-DATE-ORDER-AMBIGUOUS")
    return kept[:1] or time.format[:1]


class TableReader:
    """One file on its way from its first line to its last."""

    def __init__(self, lines: Iterator[TextLine], profile: Profile, tally: Tally, limits: Limits) -> None:
        self._profile, self._table, self._tally, self._limits = profile, profile.table, tally, limits
        self._lines = lines
        self._last = TextLine(0, 0, 0, "")
        self._declared: dict[str, Declared] = {}
        self._preamble: list[TextLine] = []
        self._end: TextLine | None = None

    def batches(self, formats: tuple[TimeFormat, ...]) -> Iterator[pa.RecordBatch]:
        """The rows; the tally has the rest when they end."""
        header = self._header()
        facts = {name: declared.text for name, declared in self._declared.items()}
        period = Period(self._profile, facts, self._tally)
        rows = RowReader(self._profile, header, facts.get("account_no", ""), period, self._tally)
        rows.formats = formats or rows.formats
        stray = StrayRows(self._profile, header, period, self._tally.encoding)
        stray.check(*self._preamble)
        sums = ControlSums(self._profile, header, rows.amounts.decided_by)
        parts: Generator[PlainRows | Iterator[TextLine]] = (lines for lines in (self._lines,))
        if isinstance(self._lines, BlockLines) and knows(self._profile):
            account_no = facts.get("account_no", "")
            blocks = BlockReader(self._profile, header, account_no, rows, sums, period, self._tally, self._limits)
            parts = stretches(self._lines, blocks)
        with closing(parts):
            yield from self._rows(parts, rows, sums)
        self._tally.header_map |= rows.amounts.header_map
        self._below(header, stray)
        sums.compare(self._declared, self._tally)
        if period.unknown:
            self._tally.fault(StatementRefused("E-DAY-UNKNOWN").fault)
        self._tally.lines_total = self._last.no + self._last.lines - 1

    def times_that_fit(self) -> Iterator[set[TimeFormat]]:
        """For each row that can be cut, the formats of which its time is one."""
        header = self._header()
        period = Period(self._profile, {name: stated.text for name, stated in self._declared.items()}, self._tally)
        rows = RowReader(self._profile, header, "", period, self._tally)
        for line in self._row_lines(self._lines):
            try:
                row = rows.cut(_sound(line))
            except StatementRefused:
                continue
            yield rows.times_that_fit(row)

    def _rows(
        self, parts: Iterator[PlainRows | Iterator[TextLine]], rows: RowReader, sums: ControlSums
    ) -> Iterator[pa.RecordBatch]:
        for part in parts:
            if isinstance(part, PlainRows):
                self._last = part.last
                yield from part.batches
            else:
                yield from self._row_by_row(part, rows, sums)
            if self._end is not None:
                return
        if self._table.end is not None and not self._table.end_optional:
            raise StatementRefused("E-TRUNCATED", line=self._last.no, value=self._last.text)

    def _row_by_row(self, lines: Iterator[TextLine], rows: RowReader, sums: ControlSums) -> Iterator[pa.RecordBatch]:
        batcher = LineBatcher()
        batch: pa.RecordBatch | None
        for line in self._row_lines(lines):
            self._tally.frame(line.lines - 1)
            try:
                row = rows.cut(_sound(line))
                canonical = rows.read(row)
                sums.add(row, canonical)
            except StatementRefused as refused:
                self._tally.quarantine(self._cut_short(line, refused))
                continue
            if canonical is None:
                self._tally.neutral()
            elif batch := batcher.add(canonical):
                yield batch
        if batch := batcher.rest():
            yield batch

    def _row_lines(self, lines: Iterator[TextLine]) -> Iterator[TextLine]:
        """The lines that ought to be rows, up to the end line."""
        table = self._table
        skips_blank = table.blank_rows == "skip" or table.end is None
        for line in lines:
            self._last = line
            if line.refused is None and table.end is not None and table.end.search(line.text):
                self._tally.frame(line.lines)
                self._end = line
                return
            if line.refused is None and (
                any(pattern.search(line.text) for pattern in table.skip)
                or (skips_blank and is_blank(line, self._profile.dialect))
            ):
                self._tally.frame(line.lines)
            else:
                yield line

    def _cut_short(self, line: TextLine, refused: StatementRefused) -> StatementRefused:
        """A row that is wrong and is the file's last, without a line end, was cut."""
        return StatementRefused("E-TRUNCATED", line=line.no, value=line.text) if line.ends_open else refused

    def _header(self) -> Header:
        table = self._table
        if table.names:
            return Header(table.names, 1, self._limits.columns_max)
        if table.preamble is None:
            for pattern in table.above:
                self._match(pattern, self._next())
            line = self._next()
            if not self._is_header(line):
                column = table.header_first_cell or " / ".join(table.header)
                raise StatementRefused(_cut_or("E-HEADER-MISSING", line), line=line.no, column=column, value=line.text)
        else:
            line = self._below_preamble(table.preamble.lines_max, table.preamble.facts)
        if line.ends_open:
            raise StatementRefused("E-TRUNCATED", line=line.no, value=line.text)
        return Header(tuple(header_cells(line, self._profile.dialect)), line.no, self._limits.columns_max)

    def _below_preamble(self, lines_max: int, facts: Sequence[Pattern[str]]) -> TextLine:
        line = self._last
        for line in islice(self._lines, lines_max + 1):
            if self._is_header(self._framed(line)):
                return line
            self._preamble.append(line)
            for pattern in facts:
                if found := pattern.search(line.text):
                    self._declare(found.groupdict(), line)
        column = self._table.header_first_cell or " / ".join(self._table.header)
        raise StatementRefused(_cut_or("E-HEADER-MISSING", line), line=line.no, column=column)

    def _is_header(self, line: TextLine) -> bool:
        try:
            cells = header_cells(line, self._profile.dialect)
        except StatementRefused:
            return False
        if self._table.header_first_cell:
            return cells[:1] == [self._table.header_first_cell]
        return set(self._table.header).issubset(cells)

    def _below(self, header: Header, stray: StrayRows) -> None:
        table = self._table
        if self._end is not None:
            if table.totals_row:
                self._totals(header_cells(self._end, self._profile.dialect), self._next())
            if table.end_row:
                self._totals(list(header.names), self._end)
            for pattern in table.below:
                self._match(pattern, self._next())
        if table.footer is not None:
            self._footer(table.footer.facts, stray)
        for line in self._lines:
            if not is_blank(self._framed(line), self._profile.dialect):
                raise StatementRefused("E-FRAME", line=line.no, value=line.text)

    def _totals(self, names: list[str], line: TextLine) -> None:
        cells = cells_of(line, self._profile.dialect)
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        short = self._table.end_row and len(cells) < len(names)
        if len(cells) != len(names) and not short:
            raise StatementRefused(_cut_or("E-WIDTH", line), line=line.no, value=line.text)
        self._declare(dict(zip(names, cells, strict=False)), line)

    def _footer(self, facts: Sequence[Pattern[str]], stray: StrayRows) -> None:
        missing = list(facts)
        for line in self._footer_lines(stray):
            for pattern in tuple(missing):
                if found := pattern.search(line.text):
                    self._declare(found.groupdict(), line)
                    missing.remove(pattern)
        if missing:
            raise StatementRefused("E-TRUNCATED", line=self._last.no, value=self._last.text)

    def _footer_lines(self, stray: StrayRows) -> Iterator[TextLine]:
        """The end line and those below it. A row or a table of its own among these is refused: it would be lost."""
        if self._end is not None:
            yield self._end
        for line in map(self._framed, self._lines):
            if self._is_header(line):
                raise StatementRefused("E-FRAME", line=line.no, value=line.text)
            stray.check(line)
            yield line

    def _match(self, pattern: Pattern[str], line: TextLine) -> None:
        found = pattern.search(line.text)
        if found is None:
            raise StatementRefused(_cut_or("E-FRAME", line), line=line.no, value=line.text)
        self._declare(found.groupdict(), line)

    def _declare(self, facts: dict[str, str | None], line: TextLine) -> None:
        self._declared |= {name: Declared(text, line.no) for name, text in facts.items() if text is not None}

    def _next(self) -> TextLine:
        line = next(self._lines, None)
        if line is None:
            raise StatementRefused("E-TRUNCATED", line=self._last.no, value=self._last.text)
        return self._framed(line)

    def _framed(self, line: TextLine) -> TextLine:
        self._last = _sound(line)
        self._tally.frame(line.lines)
        return line


def _sound(line: TextLine) -> TextLine:
    """The line if it could be decoded; raises StatementRefused if not."""
    if line.refused is not None:
        raise line.refused
    return line


def _cut_or(code: str, line: TextLine) -> str:
    """A line that is not as it should be was cut if the file ends inside it, and else breaks the rule of `code`."""
    return "E-TRUNCATED" if line.ends_open else code
