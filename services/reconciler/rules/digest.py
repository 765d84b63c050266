"""One name for a list of rows, however an engine gives them. It orders nothing: rows come in the order that counts."""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

_BATCH_ROWS = 65_536


class Digest:
    """SHA-256 over rows of texts in their order; whoever gives it the same rows in that order gets the same text.

    Of each 65,536 rows, column by column, the lengths of the texts, four bytes each, and then the texts: no other rows
    give the same bytes. Rows have to come as `even` cuts them.
    """

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._sha = hashlib.sha256()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        for name in self._columns:
            texts = batch.column(name).cast(pa.string())
            _, ends, text = texts.buffers()
            at = np.frombuffer(ends, np.int32, len(texts) + 1, texts.offset * 4)
            self._sha.update(np.diff(at).astype("<i4").tobytes())
            self._sha.update(memoryview(text)[at[0] : at[-1]] if text else b"")

    def text(self) -> str:
        """In hexadecimal."""
        return self._sha.hexdigest()


def even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of 65,536, of which only the last is smaller: engines cut as they like."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _BATCH_ROWS:
            *whole, last = _cut(waiting)
            yield from whole
            waiting = [last]
    yield from (last for last in _cut(waiting) if len(last))


def _cut(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The last is smaller than the others, or empty."""
    if batches:
        table = pa.Table.from_batches(batches)
        for start in range(0, len(table) + 1, _BATCH_ROWS):
            part = table.slice(start, _BATCH_ROWS).combine_chunks()
            yield part.to_batches()[0] if len(part) else pa.RecordBatch.from_pylist([], table.schema)
