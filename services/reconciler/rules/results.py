"""Results as they are written and told: one order, one digest, sums. The same for every engine; it decides nothing."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from services.reconciler.matching.frames import RESULTS, Side
from services.reconciler.rules.compile import bulk_says
from services.reconciler.rules.digest import Digest, even
from services.reconciler.rules.plan import Plan

# All that is told of a row that the first rule has done follows from its pair: only pairs are put in order.
PAIRS = "SELECT payment_id, line_id, exception_class FROM bulk ORDER BY payment_id"
OTHERS = f"SELECT {', '.join(RESULTS.names)} FROM placed_results ORDER BY side, id"  # noqa: S608  names of ours
TOTALS = """
SELECT side, disposition, exception_class, currency_code, CAST(SUM(row_count) AS BIGINT) AS row_count,
       CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
FROM totals GROUP BY side, disposition, exception_class, currency_code
"""
TOLD = ("side", "id", "group_id", "rule_id", "disposition", "exception_class")
_PAIR = ("payment_id", "line_id", "exception_class")
# Columns of few values and, with group_id, of values that come twice.
_CODED = tuple(name for name in RESULTS.names if name not in ("id", "margin"))
_CODE = pa.dictionary(pa.int32(), pa.string())
_WRITTEN = pa.schema([field.with_type(_CODE) if field.name in _CODED else field for field in RESULTS])
_HOW: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": [*_CODED],
    "dictionary_pagesize_limit": 2**26,  # has room for the groups of a batch
    # Least and greatest of what a reader filters by; of ids that are as good as drawn they keep nobody from a page.
    "write_statistics": ["side", "rule_id", "disposition", "exception_class"],
    "store_schema": False,
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run decided, in numbers; equal digests mean equal results, row by row."""

    payment_count: int
    line_count: int
    digest: str
    rule_set_hash: str
    engine: str
    totals: tuple[dict[str, Any], ...]  # rows and sums by side, disposition, class, currency


class ResultsFile:
    """results.parquet while it is written: first the rows of `PAIRS`, then those of `OTHERS`.

    Their order makes equal results equal files.
    """

    def __init__(self, plan: Plan, path: Path) -> None:
        self._says = bulk_says(plan.first)
        self._pairs, self._others = Digest(*_PAIR), Digest(*TOLD)
        self._writer = pq.ParquetWriter(path, _WRITTEN, **_HOW)

    def __enter__(self) -> "ResultsFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def add_pairs(self, pairs: Iterable[pa.RecordBatch]) -> None:
        """Two rows of each pair."""
        with _Beside() as beside:
            for batch in even(pairs):
                beside.do(self._pairs, batch, self._writer, _rows_of_pairs(batch, self._says))

    def add_others(self, others: Iterable[pa.RecordBatch]) -> None:
        """The rows that the first rule has left to those behind it."""
        with _Beside() as beside:
            for batch in even(others):
                beside.do(self._others, batch, self._writer, batch.cast(_WRITTEN))

    def digest(self) -> str:
        """The SHA-256 over what is said of each pair, the digest of the pairs and the digest of the others."""
        told = [*(self._says[name] for name in ("rule_id", "disposition")), self._pairs.text(), self._others.text()]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


class _Beside:
    """One core hashes and packs a batch while the other makes the next; never more than one is under way."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def __enter__(self) -> "_Beside":
        return self

    def __exit__(self, fault: object, *_: object) -> None:
        try:
            if self._last and not fault:
                self._last.result()
        finally:
            self._thread.shutdown()

    def do(self, sha: Digest, told: pa.RecordBatch, writer: pq.ParquetWriter, rows: pa.RecordBatch) -> None:
        """Once the batch before is done."""
        if self._last:
            self._last.result()
        self._last = self._thread.submit(_keep, sha, told, writer, rows)


def _keep(sha: Digest, told: pa.RecordBatch, writer: pq.ParquetWriter, rows: pa.RecordBatch) -> None:
    sha.add(told)
    writer.write_batch(rows)


def _rows_of_pairs(pairs: pa.RecordBatch, says: dict[str, str]) -> pa.RecordBatch:
    """The payments of the pairs, then their lines."""
    payments, lines = (pairs.column(name).cast(pa.string()) for name in ("payment_id", "line_id"))
    each = pa.array(np.arange(len(pairs), dtype=np.int32))
    group_id = pc.if_else(pc.less_equal(payments, lines), payments, lines)
    exception_class = pairs.column("exception_class").dictionary_encode()
    given = {
        "side": pa.concat_arrays([_same(side.value, len(pairs)) for side in (Side.PAYMENT, Side.LINE)]),
        "id": pa.concat_arrays([payments, lines]),
        "group_id": pa.DictionaryArray.from_arrays(pa.concat_arrays([each, each]), group_id),
        "exception_class": pa.concat_arrays([exception_class, exception_class]),
        "margin": pa.nulls(2 * len(pairs), pa.int64()),
    }
    said = {name: _same(value, 2 * len(pairs)) for name, value in {**says, "runner_up_id": ""}.items()}
    return pa.RecordBatch.from_arrays(
        [{**given, **said}[name].cast(_WRITTEN.field(name).type) for name in RESULTS.names], schema=_WRITTEN
    )


def _same(value: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))
