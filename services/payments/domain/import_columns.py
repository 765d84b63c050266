"""What we add to imported payments, by whole columns: ids, days, fees and digests, as for one that comes alone."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from chassis.money import Money
from services.payments.domain.business_day import business_date
from services.payments.domain.fee import Fee
from services.payments.domain.import_batch import COLUMNS, INSTANT
from services.payments.domain.payment import ChangeKind, Origin, ReconciliationState, State

# How an imported payment stands until it is written. `row_no` is the row's place in its batch.
STAGED = pa.schema(
    [
        ("row_no", pa.int64()),
        ("payment_id", pa.string()),
        *COLUMNS,
        ("business_date", pa.date32()),
        ("fee_rule_id", pa.string()),
        ("fee_rate_ppm", pa.int64()),
        ("fee_minor", pa.int64()),
        ("content_sha256", pa.binary()),
        ("line_sha256", pa.binary()),
    ]
)
_SEPARATOR = "\x1f"
_NO_SPLITS = pa.scalar("")
_ZERO, _ONE = pa.scalar(0, pa.int64()), pa.scalar(1, pa.int64())
_MICROSECONDS_A_MINUTE = 60_000_000

FeeOf = Callable[[str, str, Money], Fee | None]


def staged(rows: pa.RecordBatch, row_nos: Sequence[int], payment_ids: Sequence[str], fee_of: FeeOf) -> pa.RecordBatch:
    """The rows as they are written: all of them are right, and `row_nos` has the place of each."""
    assert rows.num_rows == len(row_nos) == len(payment_ids), "each row has its place and its id"
    ids = pa.array(payment_ids, pa.string())
    columns = [
        pa.array(row_nos, pa.int64()),
        ids,
        *rows.columns,
        pa.array(business_dates(rows), pa.date32()),
        *_fees(rows, fee_of),
        pa.array(content_digests(rows), pa.binary()),
        pa.array(line_digests(rows, ids), pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=STAGED)


def payment_columns(told: pa.RecordBatch, now: datetime, traceparent: str) -> pa.RecordBatch:
    """The columns of payments that have succeeded, for rows as `staged` makes them."""
    shared = [name for name in STAGED.names if name not in ("row_no", "content_sha256", "line_sha256")]
    common = {
        "create_time": pa.scalar(now, INSTANT),
        "traceparent": pa.scalar(traceparent),
        "state": pa.scalar(State.SUCCEEDED.value),
        "reconciliation_state": pa.scalar(ReconciliationState.PENDING.value),
        "origin": pa.scalar(Origin.RECORDED.value),
        "version": _ONE,
    }
    return _columns(told, shared, common)


def change_columns(told: pa.RecordBatch) -> pa.RecordBatch:
    """The columns of the changes that made these payments, each with its line of the day's manifest."""
    shared = ["payment_id", "channel", "business_date", "currency_code", "amount_minor", "line_sha256"]
    common = {
        "version": _ONE,
        "kind": pa.scalar(ChangeKind.PAYMENT.value),
        "ref_id": pa.scalar(""),
        "state": pa.scalar(State.SUCCEEDED.value),
        "reconciliation_state": pa.scalar(ReconciliationState.PENDING.value),
        "refunded_minor": _ZERO,
        "refund_reserved_minor": _ZERO,
    }
    return _columns(told, shared, common)


def _columns(told: pa.RecordBatch, shared: Sequence[str], common: Mapping[str, pa.Scalar]) -> pa.RecordBatch:
    columns = {name: told[name] for name in shared}
    return pa.record_batch(columns | {name: pa.repeat(value, told.num_rows) for name, value in common.items()})


def business_dates(rows: pa.RecordBatch) -> list[date]:
    """The business day of each row. It is asked once a minute and channel: no zone and no channel cuts a minute."""
    minutes = pc.divide(rows["pay_time"].cast(pa.int64()), _MICROSECONDS_A_MINUTE).to_pylist()
    channels = rows["channel"].to_pylist()
    known: dict[tuple[str, int], date] = {}
    days = []
    for at, key in enumerate(zip(channels, minutes, strict=True)):
        if (day := known.get(key)) is None:
            day = known[key] = business_date(key[0], rows["pay_time"][at].as_py())
        days.append(day)
    return days


def content_digests(rows: pa.RecordBatch) -> list[bytes]:
    """`content_sha256` of each row; an imported payment has no splits."""
    before = ("merchant_id", "merchant_order_no", "bill_no", "channel", "channel_txn_no", "currency_code")
    return _sha256(
        *(rows[name] for name in before),
        rows["amount_minor"].cast(pa.string()),
        rows["pay_time"].cast(pa.int64()).cast(pa.string()),
        _NO_SPLITS,
        rows["payer_name"],
    )


def line_digests(rows: pa.RecordBatch, payment_ids: pa.StringArray) -> list[bytes]:
    """`SliceLine.sha256` of each row."""
    names = ("merchant_order_no", "channel_txn_no", "currency_code")
    return _sha256(payment_ids, *(rows[name] for name in names), rows["amount_minor"].cast(pa.string()))


def _sha256(*parts: pa.StringArray) -> list[bytes]:
    joined = pc.binary_join_element_wise(*parts, _SEPARATOR)
    return [hashlib.sha256(text).digest() for text in joined.cast(pa.binary()).to_pylist()]


def _fees(rows: pa.RecordBatch, fee_of: FeeOf) -> tuple[pa.Array, pa.Array, pa.Array]:
    """By row and in Python's whole numbers, which are exact however large an amount is.

    Whether a rule applies is asked once for what decides it, which is not the amount.
    """
    whose = list(zip(*(rows[name].to_pylist() for name in ("channel", "merchant_id", "currency_code")), strict=True))
    has_fee = {key: fee_of(key[0], key[1], Money(key[2], 1)) is not None for key in set(whose)}
    if not any(has_fee.values()):
        return tuple(pa.nulls(rows.num_rows, kind) for kind in (pa.string(), pa.int64(), pa.int64()))
    fees = [
        fee_of(key[0], key[1], Money(key[2], minor)) if has_fee[key] else None
        for key, minor in zip(whose, rows["amount_minor"].to_pylist(), strict=True)
    ]
    return (
        pa.array([None if fee is None else fee.fee_rule_id for fee in fees], pa.string()),
        pa.array([None if fee is None else fee.rate_ppm for fee in fees], pa.int64()),
        pa.array([None if fee is None else fee.amount.amount_minor for fee in fees], pa.int64()),
    )
