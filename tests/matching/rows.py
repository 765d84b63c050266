"""Rows of the two frames with everything that a test does not care about filled in, and a run over them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.reconciler.matching.frames import LINES, PAYMENTS
from services.reconciler.rules.duckdb_engine import Limits, match_files
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.results import Summary
from services.reconciler.rules.rule_files import load_rule_set, parse_rule_set
from services.reconciler.rules.rule_set import RuleSet

NOON_US = 1_767_240_000_000_000  # 2026-01-01 12:00 in Shanghai
MINUTE_US = 60_000_000
Row = dict[str, Any]

HEAD = """
id: test
version: 1
effective_from: '2026-01-01'
calendars:
  default: {time_zone: Asia/Shanghai, cutoff: '00:00', close: '10:00', slack_seconds: 600}
rules:
  - id: txn
    stage: exact
    kind: pair
    keys: [channel, channel_txn_no, currency_code, amount_minor]
    payments: [PAYMENT]
    lines: [PAYMENT]
    commit: auto
"""


def a_payment(payment_id: str, **given: Any) -> Row:
    """A payment of 100.00 that has succeeded, with numbers of its own."""
    numbers = {
        "channel_txn_no": f"4200001234{payment_id}00000017",
        "merchant_order_no": f"O20260101{payment_id}0000042",
    }
    texts = {name: "" for name in PAYMENTS.names if pa.types.is_string(PAYMENTS.field(name).type)}
    return {
        **texts,
        "payment_id": payment_id,
        "merchant_id": "m1",
        "channel": "wechat_pay",
        "kind": "PAYMENT",
        "state": "SUCCEEDED",
        "currency_code": "CNY",
        "amount_minor": 10_000,
        "fee_minor": None,
        "pay_time_us": NOON_US,
        "business_date": "2026-01-01",
        **numbers,
        **given,
    }


def a_line(line_id: str, of: Row | None = None, **given: Any) -> Row:
    """The line that the channel writes of a payment or refund of the books, as it should be."""
    shared = {name: (of or a_payment(line_id))[name] for name in LINES.names if name in PAYMENTS.names}
    own = {"line_id": line_id, "file_id": "f1", "line_no": 1, "status": "SUCCEEDED"}
    return {**shared, **own, "book_time_us": (of or a_payment(line_id))["pay_time_us"], **given}


def a_refund(refund_id: str, of: Row, **given: Any) -> Row:
    """A refund of the whole payment."""
    own = {"payment_id": refund_id, "kind": "REFUND", "channel_refund_no": f"50{refund_id}7777"}
    return {**of, **own, "merchant_refund_no": f"R{refund_id}", "amount_minor": -of["amount_minor"], **given}


def rules_with(more: str) -> RuleSet:
    """The first rule by the channel's number, and these below it."""
    return parse_rule_set("test.yaml", HEAD + more)


def match(
    folder: Path, payments: list[Row], lines: list[Row], rule_set: RuleSet | None = None, **how: Any
) -> dict[str, Row]:
    """The result of each row by its id; of the shipped rules unless others are given."""
    run(folder, payments, lines, rule_set, **how)
    return {row["id"]: row for row in pq.read_table(folder / "out" / "results.parquet").to_pylist()}


def run(
    folder: Path,
    payments: list[Row],
    lines: list[Row],
    rule_set: RuleSet | None = None,
    *,
    row_group_size: int | None = None,
    limits: Limits | None = None,
    as_of: Any = None,
) -> Summary:
    """One run from Parquet to Parquet."""
    folder.mkdir(exist_ok=True)
    for name, rows, schema in (("payments", payments, PAYMENTS), ("lines", lines, LINES)):
        table = pa.Table.from_pylist(rows, schema)
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=row_group_size)
    files = (folder / "payments.parquet", folder / "lines.parquet", folder / "out")
    return match_files(rule_set or load_rule_set(), *files, limits=limits or Limits(threads=1), asked=Asked(as_of))


def told(result: Row) -> tuple[str, str, str]:
    """Rule, disposition and class of one row."""
    return result["rule_id"], result["disposition"], result["exception_class"]
