"""Records of fixed width: every line has the same number of bytes, and each field its place in them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.statements.encoding import TextLine, physical_lines, text_line, try_decode
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_table import FixedWidth
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import PhysicalLine, Source
from services.reconciler.statements.table import read_table
from services.reconciler.statements.tally import Tally


def read(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[pa.RecordBatch]:
    """The records in batches, in the order of the file. Raises StatementRefused for what ends the reading."""
    assert profile.fixed, "a profile of fixed width has its widths"
    cutter = _Cutter(profile.fixed, tally.encoding)
    return read_table(
        lambda: (cutter.cut(text_line(line, tally), line) for line in physical_lines(source, tally.encoding, limits)),
        profile,
        tally,
        limits,
    )


class _Cutter:
    """Cuts the bytes of a record at the places of its fields, and only then decodes them."""

    def __init__(self, fixed: FixedWidth, encoding: str) -> None:
        self._encoding = encoding
        starts = accumulate((width + fixed.gap for width in fixed.widths[:-1]), initial=0)
        self._places = [slice(start, start + width) for start, width in zip(starts, fixed.widths, strict=True)]
        self._gaps = [slice(place.stop, place.stop + fixed.gap) for place in self._places[:-1] if fixed.gap]
        self._bytes = self._places[-1].stop

    def cut(self, line: TextLine, physical: PhysicalLine) -> TextLine:
        """The line with its cells; a blank one has none."""
        record = physical.raw[: line.byte_size]
        if line.refused is not None or not record.strip():
            return line
        if len(record) != self._bytes:
            return self._refused(line, "E-WIDTH", f"{len(record)} bytes, not {self._bytes}")
        cells = [try_decode(record[place], self._encoding) for place in self._places]
        if None in cells or any(record[gap].strip() for gap in self._gaps):
            return self._refused(line, "E-WIDTH", line.text)
        return replace(line, cells=tuple(cell for cell in cells if cell is not None))

    def _refused(self, line: TextLine, code: str, value: str) -> TextLine:
        return replace(line, refused=StatementRefused(code, line=line.no, value=value))
