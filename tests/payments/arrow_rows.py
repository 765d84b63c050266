"""Rows of an import for tests, each unlike the last, and the bytes that they travel as."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from services.payments.domain.import_batch import COLUMNS

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def a_row(**changes) -> dict[str, object]:
    """A row that is right, and like no other, but for what is changed."""
    number = next(_numbers)
    fields = {
        "merchant_id": "wuhan-water",
        "merchant_order_no": f"IMPORTED-{number:06}",
        "bill_no": f"BILL-{number:06}",
        "channel": "wechat_pay",
        "channel_txn_no": f"43000{number:06}",
        "currency_code": "CNY",
        "amount_minor": 12_30,
        "pay_time": NOON,
        "payer_name": "王小明",
    }
    return {**fields, **changes}


def a_batch(rows: Sequence[dict[str, object]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=COLUMNS)


def an_arrow_stream(batches: Sequence[pa.RecordBatch], compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()
