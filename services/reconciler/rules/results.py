"""Results as they are written and told: one order, one digest, sums. The same for every engine; it decides nothing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from services.reconciler.matching.frames import RESULTS
from services.reconciler.rules.compile import bulk_says
from services.reconciler.rules.frame_file import FrameInvalid
from services.reconciler.rules.plan import Plan

ORDERED = f"SELECT {', '.join(RESULTS.names)} FROM decided ORDER BY side, id"  # noqa: S608  names of ours
TOTALS = """
SELECT side, disposition, exception_class, currency_code, COUNT(*) AS row_count,
       CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM results GROUP BY side, disposition, exception_class, currency_code
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run decided, in numbers; equal digests mean equal results, row by row."""

    payment_count: int
    line_count: int
    digest: str
    rule_set_hash: str
    engine: str
    totals: tuple[dict[str, Any], ...]  # rows and sums by side, disposition, class, currency


class Digest:
    """SHA-256 over rows in order of side and id; whoever gives it the same rows in that order gets the same text.

    A row is side, id, group_id, rule_id, disposition and exception_class, with \\x1f between and after, and a newline.
    """

    COLUMNS = ("side", "id", "group_id", "rule_id", "disposition", "exception_class")

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        rows = pc.binary_join_element_wise(*(batch.column(name) for name in self.COLUMNS), "\n", "\x1f")
        start, end = (pa.array(rows).offset, len(rows))
        offsets = memoryview(rows.buffers()[1]).cast("i")
        self._sha.update(memoryview(rows.buffers()[2])[offsets[start] : offsets[start + end]] if end else b"")

    def text(self) -> str:
        """In hexadecimal."""
        return self._sha.hexdigest()


def write_results(batches: Iterable[pa.RecordBatch], plan: Plan, path: Path) -> str:
    """Write the rows of `ORDERED`, which makes equal results equal files; returns their digest."""
    sha, last, same = Digest(), ("", ""), bulk_says(plan.first)
    told = [name for name in RESULTS.names if name != "margin" and not name.endswith("id")]
    with pq.ParquetWriter(path, RESULTS, compression="zstd", use_dictionary=[*told, "rule_id"]) as writer:
        for narrow in batches:
            batch = _filled(narrow, same)
            last = _check_order(batch, last)
            sha.add(batch)
            writer.write_batch(batch)
    return sha.text()


def _filled(batch: pa.RecordBatch, same: dict[str, str]) -> pa.RecordBatch:
    columns_in = [
        pc.fill_null(batch.column(name), same[name]) if name in same else batch.column(name) for name in RESULTS.names
    ]
    return pa.RecordBatch.from_arrays([*columns_in], schema=RESULTS)


def _check_order(batch: pa.RecordBatch, last: tuple[str, str]) -> tuple[str, str]:
    """An id that is in an input twice stands twice, one after the other."""
    if not len(batch):
        return last
    sides, ids = batch.column("side"), batch.column("id")
    again = pc.and_(pc.equal(sides[1:], sides[:-1]), pc.equal(ids[1:], ids[:-1]))
    twice = [*ids[1:].filter(again).to_pylist(), *([last[1]] if (sides[0].as_py(), ids[0].as_py()) == last else [])]
    if twice:
        raise FrameInvalid(f"an id must be there once, {twice[0]} is there twice")
    return sides[-1].as_py(), ids[-1].as_py()
