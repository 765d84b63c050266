"""Rows of delimited text, a block at a time in columns instead of one by one. It defines nothing and refuses nothing.

The row reader says what a row means and what is wrong with it. A block is taken here only if every row of it is plain
beyond doubt, and then gives what the row reader would; any other is halved, and its few odd lines go to the row reader.
"""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from re import UNICODE, Pattern, search
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.statements.blocks import Block, BlockLines
from services.reconciler.statements.columnar_cells import Cells
from services.reconciler.statements.columnar_controls import edge_places
from services.reconciler.statements.columnar_rows import ColumnarRows, only_plain
from services.reconciler.statements.columnar_text import columns_of, may_stay_gbk, text_block
from services.reconciler.statements.controls import BlockTotals, ControlSums
from services.reconciler.statements.encoding import TextLine, text_line
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.lines import BATCH_ROWS, lines_of
from services.reconciler.statements.odd import Odd
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import Columns
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header
from services.reconciler.statements.rows import RowReader
from services.reconciler.statements.source import PhysicalLine
from services.reconciler.statements.tally import Tally

_THREADS = 2
_AHEAD = 3  # blocks that are held at once


class PlainRows(NamedTuple):
    """The rows of one block, in batches of LINE_SCHEMA."""

    batches: list[pa.RecordBatch]
    last: TextLine  # of the block


class Read(NamedTuple):
    """A plain block, read for itself."""

    rows: int
    batch: pa.RecordBatch  # of those rows that moved money
    totals: BlockTotals


class BlockReader:
    """Reads the blocks of one file beside its row reader, whose state, sums and tally it keeps up to date."""

    def __init__(
        self,
        profile: Profile,
        header: Header,
        account_no: str,
        reader: RowReader,
        sums: ControlSums,
        period: Period,
        tally: Tally,
        limits: Limits,
    ) -> None:
        self._profile, self._header = profile, header
        self._may_stay = may_stay_gbk(profile.table, profile.dialect)
        self._reader, self._sums, self._period, self._tally, self._limits = reader, sums, period, tally, limits
        self._rows = ColumnarRows(profile, header, account_no, reader, tally.header_map)
        self._names = {name: header.index[name] for name in self._rows.headers if name in header}

    def read(self, block: Block) -> Read | None:
        """The rows of a block that is plain; None for any other. It changes nothing, so that threads may do it."""
        try:
            cells = self._cells(block)
            return Read(len(cells), *self._rows.read(cells))
        except (Odd, pa.ArrowInvalid):
            return None

    def take(self, block: Block, read: Read | None) -> PlainRows | None:
        """Count in the rows of the block that comes next; None, and nothing is, if the row reader has to read it."""
        if read is None or not self._opens(block, read.batch):
            return None
        batch = read.batch
        self._tally.neutral(read.rows - len(batch))
        self._sums.add_block(read.totals, _edge_lines(batch))
        batches = [batch.slice(at, BATCH_ROWS) for at in range(0, len(batch), BATCH_ROWS)]
        return PlainRows(batches, text_line(_line_at(block, block.next_no - 1, _last_start(block)), self._tally))

    def _cells(self, block: Block) -> Cells:
        text = text_block(block, self._tally.encoding, self._limits, may_stay=self._may_stay)
        profile, wanted = self._profile, list(self._names.values())
        columns = columns_of(text, profile.table, profile.dialect, len(self._header), wanted)
        line_no = pa.arange(block.first_no, block.next_no)
        places = {"line_no": line_no, "byte_offset": text.byte_offset, "byte_size": text.byte_size}
        return Cells(dict(zip(self._names, columns, strict=True)), places)

    def _opens(self, block: Block, batch: pa.RecordBatch) -> bool:
        """Let the row reader read the first row; its day and its account must then be those of the whole block."""
        if not len(batch):
            return True
        days = pc.min_max(batch["business_date"]).as_py()
        if not self._period.covers(days["min"], days["max"]):
            return False
        first = next(lines_of(batch.slice(0, 1)))
        raw = _line_at(block, first.line_no, first.byte_offset - block.byte_offset)
        try:
            return self._reader.read(self._reader.cut(text_line(raw, self._tally))) == first
        except StatementRefused:
            return False  # and the row reader will say so again, when it reads the whole block


def stretches(lines: BlockLines, blocks: BlockReader) -> Generator[PlainRows | Iterator[TextLine]]:
    """The rows ahead: those of plain blocks, and between them lines for the row reader to take to their end."""
    ahead: deque[tuple[Block, Future[Read | None]]] = deque()
    with ThreadPoolExecutor(_THREADS, "statement-blocks") as pool:
        while True:
            while len(ahead) < _AHEAD and (after := lines.block(ahead[-1][0] if ahead else None)) is not None:
                ahead.append((after, pool.submit(blocks.read, after)))
            if not ahead:
                break
            block, reading = ahead.popleft()
            yield from _parts(lines, blocks, block, reading.result())
            if lines.next_no != block.next_no:
                ahead.clear()  # a row went on beyond the block, and what was read ahead does not begin with a row
    yield lines


def _parts(
    lines: BlockLines, blocks: BlockReader, block: Block, read: Read | None
) -> Iterator[PlainRows | Iterator[TextLine]]:
    """The rows of the next block, as they are or in halves of halves."""
    if (rows := blocks.take(block, read)) is not None:
        lines.skip(block, rows.last)
        yield rows
    elif halves := block.halves():
        for half in halves:
            if lines.next_no == half.first_no:
                yield from _parts(lines, blocks, half, blocks.read(half))
    else:
        yield lines.until(block.next_no)


def knows(profile: Profile) -> bool:
    """Whether columns can tell all that the profile speaks of; else the row reader reads its files alone."""
    columns, amount, dialect, table = profile.columns, profile.amount, profile.dialect, profile.table
    time = columns.book_time
    return (
        profile.format == "delimited"
        and time is not None
        and time.year is None
        and time.zone is None
        and time.order == "first"
        and all(form.has_year for form in time.format)
        and only_plain([getattr(columns, field) for field in _COLUMNS])
        and not amount.minor_units
        and bool(amount.decided_by or not any(control.where for control in profile.controls))
        and len(dialect.delimiter.encode()) == 1
        and all(_same_anywhere(pattern) for pattern in (*table.skip, *([table.end] if table.end else [])))
    )


_COLUMNS = [field.name for field in fields(Columns) if field.name != "book_time"]


def _same_anywhere(pattern: Pattern[str]) -> bool:
    """Whether Arrow's regular expressions understand this one, and as Python does."""
    if pattern.flags != UNICODE or search(r"\\(?!t)[A-Za-z0-9]|\[\[|\(\?[^P:]", pattern.pattern):
        return False
    try:
        pc.match_substring_regex(pa.array([""]), pattern.pattern)
    except pa.ArrowInvalid:
        return False
    return True


def _edge_lines(batch: pa.RecordBatch) -> list[StatementLine]:
    """The first line and the last two."""
    return list(lines_of(batch.take(pa.array(edge_places(len(batch)), pa.int64()))))


def _last_start(block: Block) -> int:
    return block.raw.rfind(b"\n", 0, len(block.raw) - 1) + 1


def _line_at(block: Block, no: int, at: int) -> PhysicalLine:
    return PhysicalLine(no, block.byte_offset + at, block.raw[at : block.raw.index(b"\n", at) + 1])
