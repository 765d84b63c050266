"""What a run is made from: from the files that the store copied to the frames that an engine reads, and what they tell.

It decides nothing, and holds a part of the rows at a time. `part` beside each row says why it is there, see
store/frame.py.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import csv

from services.reconciler.domain.manifest import Manifest, ManifestSum
from services.reconciler.matching.frames import LINES, PAYMENTS, Kind, Side

PAYMENTS_CSV, LINES_CSV, PAID_BEFORE_CSV = "payments.csv", "lines.csv", "paid_before.csv"
PAYMENTS_PARQUET, LINES_PARQUET, PAID_BEFORE_PARQUET = "payments.parquet", "lines.parquet", "paid_before.parquet"
PAID_BEFORE = pa.schema({name: pa.string() for name in ("rule_id", "payment_id", "first_id")})
_MANIFEST = ("payment_id", "merchant_order_no", "channel_txn_no", "currency_code", "amount_minor")
# What a manifest does not tell of a payment, and may still change.
_OWN = ("payment_id", "merchant_id", "bill_no", "pay_time_us", "fee_minor")
_BESIDE = ("part", "channel_refund_no", "merchant_refund_no", "state", "business_date", *_OWN[1:])
_EXTRA = {"part": pa.string(), "traceparent": pa.string()}
_BLOCK_BYTES = 8 * 1024**2  # of a file at a time, some 30,000 rows


@dataclass(slots=True)
class RunFrames:
    """What the files of one run tell.

    `row_count` and `own_rows` are of what takes part; the rest also of the day's rows that the run of another holds.
    """

    row_count: int = 0
    _manifest: ManifestSum = field(default_factory=ManifestSum)
    _own_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _own_minors: Counter[tuple[str, str]] = field(default_factory=Counter)
    _beside: list[str] = field(default_factory=list)
    _own_sum: int = 0

    @classmethod
    def read(cls, folder: Path) -> "RunFrames":
        """Read the files of a folder, and leave in their place the frames of what takes part.

        Where no line states a fee, the books' fees are left out: there is nothing to hold them against.
        """
        frames, has_fees = cls(), False
        with pq.ParquetWriter(folder / LINES_PARQUET, _schema(LINES, "part"), compression="zstd") as written:
            for lines in _batches(folder / LINES_CSV, LINES):
                taking_part = frames._add_lines(lines)
                has_fees = has_fees or taking_part["fee_minor"].null_count < len(taking_part)
                written.write_table(taking_part)
        extra = ("part", "traceparent")
        with pq.ParquetWriter(folder / PAYMENTS_PARQUET, _schema(PAYMENTS, *extra), compression="zstd") as written:
            for payments in _batches(folder / PAYMENTS_CSV, PAYMENTS):
                taking_part = frames._add_payments(payments)
                written.write_table(taking_part if has_fees else _without_fees(taking_part))
        with pq.ParquetWriter(folder / PAID_BEFORE_PARQUET, PAID_BEFORE) as written:
            for bills in _batches(folder / PAID_BEFORE_CSV, PAID_BEFORE):
                frames._beside += _texts(bills)
                written.write_table(bills)
        return frames

    def manifest(self) -> Manifest:
        """What the mirror has of the day's payments, to compare with what payments has."""
        return self._manifest.manifest()

    def beside_digest(self, whole_to: str) -> bytes:
        """SHA-256 of what neither the day's manifest nor its files tell: see Pins.neighbours_digest in the contract."""
        told = sorted((*self._beside, f"{self._own_sum % 2**256:064x}"))
        return hashlib.sha256("\n".join([whole_to, *told]).encode()).digest()

    def own_rows(self) -> list[tuple[str, str, int, int]]:
        """Rows of the run's own day: side, currency, how many, their money in minor units."""
        return sorted((*key, count, self._own_minors[key]) for key, count in self._own_counts.items())

    def _add_lines(self, lines: pa.Table) -> pa.Table:
        beside = lines.filter(pc.invert(_is(lines, "part", "OWN")))
        self._beside += _texts(beside.select(["line_id", "part"]))
        return self._taking_part(Side.LINE, lines)

    def _add_payments(self, payments: pa.Table) -> pa.Table:
        of_day = pc.and_(_is(payments, "part", "OWN", "HELD"), _is(payments, "kind", Kind.PAYMENT))
        self._manifest.add(_rows(payments.filter(of_day).select(_MANIFEST)))
        pinned = payments.set_column(0, "part", _as_pinned(payments["part"]))
        is_told = pc.or_(_is(pinned, "kind", Kind.REFUND), pc.invert(_is(pinned, "part", "OWN")))
        self._beside += _texts(pinned.filter(is_told).select([*_MANIFEST, *_BESIDE]))
        self._own_sum += _unordered(pinned.filter(pc.invert(is_told)).select(_OWN))
        return self._taking_part(Side.PAYMENT, payments)

    def _taking_part(self, side: Side, rows: pa.Table) -> pa.Table:
        own = rows.filter(_is(rows, "part", "OWN")).group_by("currency_code")
        for sums in own.aggregate([("amount_minor", "count"), ("amount_minor", "sum")]).to_pylist():
            key = (side.value, sums["currency_code"])
            self._own_counts[key] += sums["amount_minor_count"]
            self._own_minors[key] += sums["amount_minor_sum"]
        taking_part = rows.filter(pc.invert(_is(rows, "part", "HELD")))
        self.row_count += len(taking_part)
        return taking_part


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a file, in the order of its columns, part by part; the file goes with its last one."""
    types = {**{column.name: column.type for column in schema}, **_EXTRA}
    with csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=types),
    ) as reader:
        extra = [name for name in reader.schema.names if name not in schema.names]
        wanted = _schema(schema, *extra)
        for batch in reader:
            yield pa.Table.from_batches([batch]).select(wanted.names).cast(wanted)
    path.unlink()


def _schema(schema: pa.Schema, *extra: str) -> pa.Schema:
    return pa.schema([*(pa.field(name, _EXTRA[name]) for name in extra), *schema])


def _without_fees(payments: pa.Table) -> pa.Table:
    at = payments.schema.get_field_index("fee_minor")
    return payments.set_column(at, PAYMENTS.field("fee_minor"), pa.nulls(len(payments), pa.int64()))


def _as_pinned(parts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A row of a day beside that one run found is carried by the next of the same day: the same input."""
    return pc.if_else(pc.equal(parts, "BESIDE"), "CARRIED", parts)


def _unordered(table: pa.Table) -> int:
    """A digest of rows in any order, of which there may be millions."""
    lines = ("\x1f".join(map(str, row)).encode() for row in _rows(table))
    return sum(int.from_bytes(hashlib.sha256(line).digest()) for line in lines)


def _is(table: pa.Table, column: str, *values: str) -> pa.ChunkedArray:
    return pc.is_in(table[column], value_set=pa.array(list(values), pa.string()))


def _texts(table: pa.Table) -> list[str]:
    return ["\x1f".join(map(str, row)) for row in _rows(table)]


def _rows(table: pa.Table) -> Iterator[Any]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
