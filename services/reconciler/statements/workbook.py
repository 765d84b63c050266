"""The rows of a workbook as lines of a table. The table decides what they are."""

from collections.abc import Iterator

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import sheet_left_out
from services.reconciler.statements.sheets import LeftOut, sheet_rows
from services.reconciler.statements.source import Source
from services.reconciler.statements.table import read_table
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The rows in batches, in the order of the sheet. Raises StatementRefused for what ends the reading."""
    left_out: dict[str, int] = {}  # by name, since the sheets may be gone through twice
    yield from read_table(lambda: sheet_lines(source, profile, left_out.__setitem__), profile, tally, limits)
    for sheet, rows in left_out.items():
        tally.fault(sheet_left_out(sheet, rows))


def sheet_lines(source: Source, profile: Profile, left_out: LeftOut | None = None) -> Iterator[TextLine]:
    """The rows of the profile's sheet; as a line, a row is its cells with the delimiter between them.

    `left_out` is told the other sheets that are not empty, if the profile names none.
    """
    for row in sheet_rows(source.file, profile.sheet, left_out):
        yield TextLine(row.no, -1, 0, profile.dialect.delimiter.join(row.cells), cells=row.cells)
