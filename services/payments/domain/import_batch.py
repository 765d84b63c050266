"""A batch of imported payments as columns: which rows are surely right. It words no refusal and knows no wire."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from chassis.money import UnknownCurrency, exponent
from services.payments.domain.import_progress import Refusal
from services.payments.domain.payment import PAY_TIME_AHEAD_MAX, PAY_TIME_MIN

INSTANT = pa.timestamp("us", tz="UTC")
# What an importer tells of a payment, in the contract's order; the same as PaymentContent.
COLUMNS = pa.schema(
    [
        ("merchant_id", pa.string()),
        ("merchant_order_no", pa.string()),
        ("bill_no", pa.string()),
        ("channel", pa.string()),
        ("channel_txn_no", pa.string()),
        ("currency_code", pa.string()),
        ("amount_minor", pa.int64()),
        ("pay_time", INSTANT),
        ("payer_name", pa.string()),
    ]
)
OPTIONAL = frozenset({"bill_no", "payer_name"})
# Of a timestamp in the contract (google/protobuf/timestamp.proto).
_YEAR_MIN, _YEAR_MAX = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TextRule:
    """What a text of a payment must be: its length in characters, and a pattern of RE2 (empty for any)."""

    length_min: int = 0
    length_max: int | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class ToldBatch:
    """A batch as it was told: its rows as `as_columns` makes them, and those that are refused, by place."""

    batch_no: int
    sha256: bytes
    rows: pa.RecordBatch
    refused: Mapping[int, Refusal]


@dataclass(frozen=True, slots=True)
class WrongColumns:
    """These columns make no payments: `field` is the column, `rule` what it breaks, with a sentence for each reader."""

    field: str
    rule: str
    message: str
    message_zh: str


def as_columns(batch: pa.RecordBatch) -> pa.RecordBatch | WrongColumns:
    """The batch with our columns in our order and types, and empty text where text is missing.

    Whole numbers of any width are taken, and instants of any unit and zone; a float never is, since it is no money.
    Digits below the microsecond are no part of what we keep.
    """
    if len(set(batch.schema.names)) != len(batch.schema.names):
        return WrongColumns("chunk", "COLUMNS", "two columns have the same name", "存在重名的列")
    if unknown := sorted(set(batch.schema.names) - set(COLUMNS.names)):
        return WrongColumns(f"chunk.{unknown[0]}", "UNKNOWN_COLUMN", "is no column of an import", "不是导入所用的列")
    columns = []
    for wanted in COLUMNS:
        column = _column(batch, wanted)
        if isinstance(column, WrongColumns):
            return column
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=COLUMNS)


def surely_right(rows: pa.RecordBatch, rules: Mapping[str, TextRule]) -> pa.BooleanArray:
    """Which rows keep every rule but that of time, by whole columns. Another may still be right: look closer.

    `rows` are as `as_columns` makes them, `rules` has one for each column of text but currency_code.
    """
    kept = [
        pc.greater(rows["amount_minor"], 0),
        pc.is_in(rows["currency_code"], value_set=_currencies(rows["currency_code"])),
        _within(rows["pay_time"], _YEAR_MIN, _YEAR_MAX),
        *(_keeps(rows[name], rule) for name, rule in rules.items()),
    ]
    return pc.fill_null(functools.reduce(pc.and_kleene, kept), False)  # what is missing is not right


def rows_of_another_time(rows: pa.RecordBatch, now: datetime) -> list[int]:
    """The rows that `judge_pay_time` refuses; all have a pay_time that a datetime can hold."""
    in_time = _within(rows["pay_time"], PAY_TIME_MIN, now + PAY_TIME_AHEAD_MAX)
    return [int(at) for at in pc.indices_nonzero(pc.invert(in_time)).to_pylist()]


def _column(batch: pa.RecordBatch, wanted: pa.Field) -> pa.Array | WrongColumns:
    if wanted.name not in batch.schema.names:
        if wanted.name in OPTIONAL:
            return pa.repeat(pa.scalar("", pa.string()), batch.num_rows)
        return WrongColumns(f"chunk.{wanted.name}", "MISSING_COLUMN", "the column is missing", "缺少该列")
    column = batch.column(wanted.name)
    if not _fits(column.type, wanted.type):
        message, message_zh = f"must be {_told(wanted.type)}, is {column.type}", f"类型须为 {_told(wanted.type)}"
        return WrongColumns(f"chunk.{wanted.name}", "COLUMN_TYPE", message, message_zh)
    if pa.types.is_string(wanted.type):
        return pc.fill_null(column.cast(pa.string()), "")
    try:
        return column.cast(wanted.type, safe=pa.types.is_integer(wanted.type))
    except pa.ArrowInvalid:
        return WrongColumns(f"chunk.{wanted.name}", "INT64", "does not fit in 64 bits", "超出 64 位整数范围")


def _fits(given: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(given) or pa.types.is_large_string(given) or pa.types.is_string_view(given))
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(given))
    return bool(pa.types.is_timestamp(given) and given.tz is not None)


def _within(instants: pa.TimestampArray, first: datetime, last: datetime) -> pa.BooleanArray:
    return pc.and_(
        pc.greater_equal(instants, pa.scalar(first, INSTANT)), pc.less_equal(instants, pa.scalar(last, INSTANT))
    )


def _told(wanted: pa.DataType) -> str:
    return "timestamp with a time zone" if pa.types.is_timestamp(wanted) else str(wanted)


def _currencies(codes: pa.StringArray) -> pa.StringArray:
    return pa.array([code for code in pc.unique(codes).to_pylist() if _is_currency(code)], pa.string())


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except UnknownCurrency:
        return False
    return True


def _keeps(texts: pa.StringArray, rule: TextRule) -> pa.BooleanArray:
    """Whether each text keeps the rule and has no NUL, which PostgreSQL cannot keep."""
    kept = pc.invert(pc.match_substring(texts, "\0"))
    lengths = pc.utf8_length(texts)
    kept = pc.and_(kept, pc.greater_equal(lengths, rule.length_min))
    if rule.length_max is not None:
        kept = pc.and_(kept, pc.less_equal(lengths, rule.length_max))
    return pc.and_(kept, pc.match_substring_regex(texts, rule.pattern)) if rule.pattern else kept
