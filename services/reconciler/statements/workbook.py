"""The rows of a workbook as lines of a table. The table decides what they are."""

from collections.abc import Iterator

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.sheets import sheet_rows
from services.reconciler.statements.source import Source
from services.reconciler.statements.table import read_table
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The rows in batches, in the order of the sheet. Raises StatementRefused for what ends the reading."""
    return read_table(lambda: sheet_lines(source, profile), profile, tally, limits)


def sheet_lines(source: Source, profile: Profile) -> Iterator[TextLine]:
    """The rows of the profile's sheet; as a line, a row is its cells with the delimiter between them."""
    for row in sheet_rows(source.file, profile.sheet):
        yield TextLine(row.no, -1, 0, profile.dialect.delimiter.join(row.cells), cells=row.cells)
