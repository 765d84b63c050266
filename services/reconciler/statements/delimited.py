"""Delimited text: lines that a profile's dialect cuts into cells. The table decides what they are."""

from collections.abc import Iterator

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.encoding import text_lines
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.source import Source
from services.reconciler.statements.table import read_table
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The lines in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    return read_table(lambda: text_lines(source, tally, limits), profile, tally, limits)
