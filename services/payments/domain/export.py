"""What is exported: rows, and how far the feed had come. It reads nothing."""

from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Exported:
    """Some rows, at least one, and the highest sequence that the feed had given when the export began."""

    rows: pa.RecordBatch
    max_sequence: int
