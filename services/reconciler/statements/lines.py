"""Canonical lines as columns: the schema of a batch, and how lines become one. It decides nothing."""

from collections.abc import Iterator
from datetime import UTC

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.domain.line import LineKind, StatementLine

BATCH_ROWS = 8_192

# The names are those of StatementLine.
LINE_SCHEMA = pa.schema(
    [
        pa.field("line_no", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("channel_txn_no", pa.string(), nullable=False),
        pa.field("merchant_order_no", pa.string(), nullable=False),
        pa.field("channel_refund_no", pa.string(), nullable=False),
        pa.field("merchant_refund_no", pa.string(), nullable=False),
        pa.field("currency_code", pa.string(), nullable=False),
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("fee_text", pa.string(), nullable=False),
        pa.field("book_time", pa.timestamp("us", tz="UTC")),
        pa.field("book_local", pa.string(), nullable=False),
        pa.field("business_date", pa.date32(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("byte_offset", pa.int64(), nullable=False),
        pa.field("byte_size", pa.int64(), nullable=False),
        pa.field("value_date", pa.date32()),
        pa.field("entry_ref", pa.string(), nullable=False),
        pa.field("account_no", pa.string(), nullable=False),
        pa.field("counterparty_name", pa.string(), nullable=False),
        pa.field("counterparty_account", pa.string(), nullable=False),
        pa.field("remittance", pa.string(), nullable=False),
        pa.field("balance_after_minor", pa.int64()),
        pa.field("reversal", pa.bool_(), nullable=False),
        pa.field("original_txn_no", pa.string(), nullable=False),
    ]
)


class LineBatcher:
    """Gathers lines until a batch is full."""

    def __init__(self) -> None:
        self._lines: list[StatementLine] = []

    def add(self, line: StatementLine) -> pa.RecordBatch | None:
        """The batch that this line fills, if it fills one."""
        self._lines.append(line)
        return self.rest() if len(self._lines) == BATCH_ROWS else None

    def rest(self) -> pa.RecordBatch | None:
        """What is gathered; None if that is nothing."""
        if not self._lines:
            return None
        batch = batch_of(self._lines)
        self._lines = []
        return batch


def batch_of(lines: list[StatementLine]) -> pa.RecordBatch:
    """Some lines as one batch of LINE_SCHEMA."""
    columns = [pa.array([getattr(line, field.name) for line in lines], field.type) for field in LINE_SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=LINE_SCHEMA)


def with_account(batch: pa.RecordBatch, account_no: str) -> pa.RecordBatch:
    """The batch with this account where a line tells none."""
    if not account_no:
        return batch
    told = batch["account_no"]
    filled = pc.if_else(pc.equal(told, ""), account_no, told)
    return batch.set_column(batch.schema.get_field_index("account_no"), LINE_SCHEMA.field("account_no"), filled)


def lines_of(batch: pa.RecordBatch) -> Iterator[StatementLine]:
    """The lines of a batch, in its order."""
    for row in batch.to_pylist():
        row["kind"] = LineKind(row["kind"])
        if row["book_time"] is not None:
            row["book_time"] = row["book_time"].astimezone(UTC)
        yield StatementLine(**row)
