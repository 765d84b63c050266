"""What a run is made from, as tables: from the files that the store copied to the frames that an engine reads.

It decides nothing. `part` beside each row says why it is there, see store/frame.py.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import csv

from services.reconciler.domain.manifest import Manifest, manifest_of
from services.reconciler.matching.frames import LINES, PAYMENTS, Kind, Side

PAYMENTS_CSV, LINES_CSV, PAID_BEFORE_CSV = "payments.csv", "lines.csv", "paid_before.csv"
PAYMENTS_PARQUET, LINES_PARQUET, PAID_BEFORE_PARQUET = "payments.parquet", "lines.parquet", "paid_before.parquet"
_MANIFEST = ("payment_id", "merchant_order_no", "channel_txn_no", "currency_code", "amount_minor")
# What a manifest does not tell of a payment, and may still change.
_OWN = ("payment_id", "merchant_id", "bill_no", "pay_time_us", "fee_minor")
_BESIDE = ("part", "channel_refund_no", "merchant_refund_no", "state", "business_date", *_OWN[1:])
_ROWS_AT_ONCE = 50_000  # as Python's objects
PAID_BEFORE = pa.schema({name: pa.string() for name in ("rule_id", "payment_id", "first_id")})
_EXTRA = {"part": pa.string(), "traceparent": pa.string()}


@dataclass(frozen=True, slots=True)
class RunFrames:
    """All rows of a channel's day and of what it has to do with the days beside, HELD ones included.

    `paid_before` names for payments of the day what was paid before for the same bill on another channel or day.
    """

    payments: pa.Table
    lines: pa.Table
    paid_before: pa.Table

    @classmethod
    def read(cls, folder: Path) -> "RunFrames":
        """The files of one run."""
        tables = ((PAYMENTS_CSV, PAYMENTS), (LINES_CSV, LINES), (PAID_BEFORE_CSV, PAID_BEFORE))
        return cls(*(_read(folder / name, schema) for name, schema in tables))

    def manifest(self) -> Manifest:
        """What the mirror has of the day's payments, to compare with what payments has."""
        own = pc.and_(_is(self.payments, "part", "OWN", "HELD"), _is(self.payments, "kind", Kind.PAYMENT))
        batches = self.payments.filter(own).select(_MANIFEST).to_batches(max_chunksize=_ROWS_AT_ONCE)
        return manifest_of(row for batch in batches for row in _rows(batch))

    def beside_digest(self, whole_to: str) -> bytes:
        """SHA-256 of what neither the day's manifest nor its files tell: see Pins.neighbours_digest in the contract."""
        part = self.payments.schema.get_field_index("part")
        payments = self.payments.set_column(part, "part", _as_pinned(self.payments["part"]))
        refunds = pc.or_(_is(payments, "kind", Kind.REFUND), pc.invert(_is(payments, "part", "OWN")))
        told = [
            *_texts(payments.filter(refunds).select([*_MANIFEST, *_BESIDE])),
            *_texts(self.lines.filter(pc.invert(_is(self.lines, "part", "OWN"))).select(["line_id", "part"])),
            *_texts(self.paid_before),
            _unordered(payments.filter(pc.invert(refunds)).select(_OWN)),
        ]
        return hashlib.sha256("\n".join([whole_to, *sorted(told)]).encode()).digest()

    def taking_part(self) -> "RunFrames":
        """Without what the run of another day holds.

        Where no line states a fee, the books' fees are left out: there is nothing to hold them against.
        """
        payments, lines = (table.filter(pc.invert(_is(table, "part", "HELD"))) for table in (self.payments, self.lines))
        if lines["fee_minor"].null_count == len(lines):
            at = payments.schema.get_field_index("fee_minor")
            payments = payments.set_column(at, PAYMENTS.field("fee_minor"), pa.nulls(len(payments), pa.int64()))
        return RunFrames(payments, lines, self.paid_before)

    @property
    def row_count(self) -> int:
        """Of both sides."""
        return len(self.payments) + len(self.lines)

    def own_rows(self) -> list[tuple[str, str, int, int]]:
        """Rows of the run's own day: side, currency, how many, their money in minor units."""
        return sorted(
            (side, row["currency_code"], row["amount_minor_count"], row["amount_minor_sum"])
            for side, table in ((Side.PAYMENT.value, self.payments), (Side.LINE.value, self.lines))
            for row in table.filter(_is(table, "part", "OWN"))
            .group_by("currency_code")
            .aggregate([("amount_minor", "count"), ("amount_minor", "sum")])
            .to_pylist()
        )

    def write(self, folder: Path) -> None:
        """As the engine reads them, beside the files that they came from, which go."""
        for table, name, csv_name in (
            (self.payments, PAYMENTS_PARQUET, PAYMENTS_CSV),
            (self.lines, LINES_PARQUET, LINES_CSV),
            (self.paid_before, PAID_BEFORE_PARQUET, PAID_BEFORE_CSV),
        ):
            pq.write_table(table, folder / name, compression="zstd")
            (folder / csv_name).unlink(missing_ok=True)


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    types = {**{field.name: field.type for field in schema}, **_EXTRA}
    table = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=types),
    )
    wanted = pa.schema(
        [schema.field(name) if name in schema.names else pa.field(name, types[name]) for name in table.column_names]
    )
    return table.cast(wanted)


def _as_pinned(parts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A row of a day beside that one run found is carried by the next of the same day: the same input."""
    return pc.if_else(pc.equal(parts, "BESIDE"), "CARRIED", parts)


def _unordered(table: pa.Table) -> str:
    """A digest of rows in any order, of which there may be millions."""
    total = 0
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in _rows(batch):
            total += int.from_bytes(hashlib.sha256("\x1f".join(map(str, row)).encode()).digest())
    return f"{total % 2**256:064x}"


def _is(table: pa.Table, column: str, *values: str) -> pa.ChunkedArray:
    return pc.is_in(table[column], value_set=pa.array(list(values), pa.string()))


def _texts(table: pa.Table) -> list[str]:
    return ["\x1f".join(map(str, row)) for row in _rows(table)]


def _rows(rows: pa.Table | pa.RecordBatch) -> Iterator[Any]:
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)
