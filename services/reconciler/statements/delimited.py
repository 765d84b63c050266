"""Delimited text: lines that a profile's dialect cuts into cells. The table decides what they are."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.blocks import ROW_LINES_MAX, BlockLines
from services.reconciler.statements.cells import ends_in_quotes
from services.reconciler.statements.encoding import TextLine, line_end, text_lines
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_table import Dialect
from services.reconciler.statements.source import Source
from services.reconciler.statements.table import read_table
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The lines in batches, in the order of the file. Raises StatementRefused for what ends the reading."""

    def lines_from(first_no: int, start: int) -> Iterator[TextLine]:
        return joined(text_lines(source, tally, limits, first_no, start), profile.dialect)

    has_blocks = line_end(source, tally.encoding) == b"\n"
    quote = profile.dialect.quote
    return read_table(lambda: BlockLines(source, lines_from, quote, has_blocks=has_blocks), profile, tally, limits)


def joined(lines: Iterator[TextLine], dialect: Dialect) -> Iterator[TextLine]:
    """The same lines; a row with line ends in its quotes is one line, of the number and place where it begins.

    A quote that nothing closes within some lines joins nothing: it is wrong in its own line alone.
    """
    open_row: list[TextLine] = []
    for line in lines:
        odd = bool(dialect.quote) and line.text.count(dialect.quote) % 2 == 1
        if open_row:
            open_row.append(line)
            if odd:
                yield _joined(open_row)
                open_row = []
            elif len(open_row) == ROW_LINES_MAX:
                yield from open_row
                open_row = []
        elif odd and ends_in_quotes(line, dialect):
            open_row = [line]
        else:
            yield line
    yield from open_row


def _joined(parts: list[TextLine]) -> TextLine:
    last = parts[-1]
    text = "\n".join(part.text for part in parts)
    size = last.byte_offset + last.byte_size - parts[0].byte_offset
    refused = next((part.refused for part in parts if part.refused is not None), None)
    return replace(parts[0], text=text, byte_size=size, ends_open=last.ends_open, lines=len(parts), refused=refused)
