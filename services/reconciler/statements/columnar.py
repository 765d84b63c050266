"""Rows of delimited text, a block at a time in columns instead of one by one. It defines nothing and refuses nothing.

The row reader says what a row means and what is wrong with it. A block is taken here only if every row of it is plain
beyond doubt, and then gives what the row reader would; any other is halved, and its few odd lines go to the row reader.
"""

from collections.abc import Iterator
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
from services.reconciler.statements.columnar_text import columns_of, text_block
from services.reconciler.statements.controls import ControlSums
from services.reconciler.statements.encoding import TextLine, text_line
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.lines import BATCH_ROWS, lines_of
from services.reconciler.statements.odd import Odd, plain
from services.reconciler.statements.period import Period
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_columns import Columns
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.row import Header
from services.reconciler.statements.rows import RowReader
from services.reconciler.statements.source import PhysicalLine
from services.reconciler.statements.tally import Tally


class PlainRows(NamedTuple):
    """The rows of one block, in batches of LINE_SCHEMA."""

    batches: list[pa.RecordBatch]
    last: TextLine  # of the block


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
        self._reader, self._sums, self._period, self._tally, self._limits = reader, sums, period, tally, limits
        self._rows = ColumnarRows(profile, header, account_no, reader, tally.header_map)
        self._names = {name: header.index[name] for name in self._rows.headers if name in header}

    def read(self, block: Block) -> PlainRows | None:
        """The rows of a block that is plain; None for any other, of which nothing is kept then."""
        try:
            cells = self._cells(block)
            batch, totals = self._rows.read(cells)
            self._open(block, batch)
        except (Odd, pa.ArrowInvalid):
            return None
        self._tally.neutral(len(cells) - len(batch))
        self._sums.add_block(totals, _edge_lines(batch))
        batches = [batch.slice(at, BATCH_ROWS) for at in range(0, len(batch), BATCH_ROWS)]
        return PlainRows(batches, text_line(_line_at(block, block.next_no - 1, _last_start(block)), self._tally))

    def _cells(self, block: Block) -> Cells:
        text = text_block(block, self._tally.encoding, self._limits)
        profile, wanted = self._profile, list(self._names.values())
        columns = columns_of(text, profile.table, profile.dialect, len(self._header), wanted)
        line_no = pa.arange(block.first_no, block.next_no)
        places = {"line_no": line_no, "byte_offset": text.byte_offset, "byte_size": text.byte_size}
        return Cells(dict(zip(self._names, columns, strict=True)), places)

    def _open(self, block: Block, batch: pa.RecordBatch) -> None:
        """Let the row reader read the first row: its day and its account then are those of the block, or it is odd."""
        if not len(batch):
            return
        days = pc.min_max(batch["business_date"]).as_py()
        plain(self._period.covers(days["min"], days["max"]))
        first = next(lines_of(batch.slice(0, 1)))
        raw = _line_at(block, first.line_no, first.byte_offset - block.byte_offset)
        try:
            plain(self._reader.read(self._reader.cut(text_line(raw, self._tally))) == first)
        except StatementRefused:
            raise Odd from None


def stretches(lines: BlockLines, blocks: BlockReader) -> Iterator[PlainRows | Iterator[TextLine]]:
    """The rows ahead: those of plain blocks, and between them lines for the row reader to take to their end."""
    while (block := lines.block()) is not None:
        todo = [block]
        while todo:
            block = todo.pop()
            if (rows := blocks.read(block)) is not None:
                lines.skip(block, rows.last)
                yield rows
            elif halves := block.halves():
                todo += reversed(halves)
            else:
                yield lines.until(block.next_no)
                if lines.next_no != block.next_no:
                    break  # a row went on beyond the block
    yield lines


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
