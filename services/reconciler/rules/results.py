"""Results as they are written and told: one order, one digest, sums. The same for every engine; it decides nothing."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
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
# Columns of few values, which are few bytes while they are at hand, too.
_FEW = tuple(name for name in RESULTS.names if name not in ("id", "group_id", "margin"))
_WRITTEN = pa.schema(
    [field.with_type(pa.dictionary(pa.int32(), pa.string())) if field.name in _FEW else field for field in RESULTS]
)


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
        texts = (batch.column(name).cast(pa.string()) for name in self.COLUMNS)
        rows = pc.binary_join_element_wise(*texts, "\n", "\x1f")
        start, end = (pa.array(rows).offset, len(rows))
        offsets = memoryview(rows.buffers()[1]).cast("i")
        self._sha.update(memoryview(rows.buffers()[2])[offsets[start] : offsets[start + end]] if end else b"")

    def text(self) -> str:
        """In hexadecimal."""
        return self._sha.hexdigest()


def write_results(batches: Iterable[pa.RecordBatch], plan: Plan, path: Path) -> str:
    """Write the rows of `ORDERED`, which makes equal results equal files; returns their digest."""
    sha, last, same = Digest(), ("", ""), bulk_says(plan.first)
    how = {"compression": "zstd", "use_dictionary": [*_FEW], "store_schema": False}
    # One core hashes a batch while the other packs it; never more than one is under way.
    with pq.ParquetWriter(path, _WRITTEN, **how) as writer, ThreadPoolExecutor(1) as beside:
        hashed: Future[None] | None = None
        for narrow in batches:
            batch = _filled(narrow, same)
            last = _check_order(batch, last)
            if hashed:
                hashed.result()
            hashed = beside.submit(sha.add, batch)
            writer.write_batch(batch)
        if hashed:
            hashed.result()
    return sha.text()


def _filled(batch: pa.RecordBatch, same: dict[str, str]) -> pa.RecordBatch:
    """The batch with the columns of few values as dictionaries, in which a null is the value that is `same`."""
    columns_in = [
        _of_few(batch.column(name), same.get(name)) if name in _FEW else batch.column(name) for name in RESULTS.names
    ]
    return pa.RecordBatch.from_arrays(columns_in, schema=_WRITTEN)


def _of_few(column: pa.Array, same: str | None) -> pa.DictionaryArray:
    coded = column.dictionary_encode()
    if same is None:
        return coded
    known = pa.concat_arrays([coded.dictionary, pa.array([same], coded.dictionary.type)])
    return pa.DictionaryArray.from_arrays(pc.fill_null(coded.indices, len(known) - 1), known)


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
