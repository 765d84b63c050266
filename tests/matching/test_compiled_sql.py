import os
from pathlib import Path

import pytest

from services.reconciler.rules.compile import compile_rule_set
from services.reconciler.rules.dialect import Dialect
from tests.matching.rows import rules_with

GOLDEN = Path(__file__).parents[1] / "golden"
EVERY_KIND = rules_with(
    """
    cases: [{when: "p.fee_minor <> l.fee_minor", exception_class: FEE_MISMATCH}]
  - {id: both, stage: s, kind: pair, keys: [channel, channel_txn_no, merchant_order_no], payments: [PAYMENT],
     lines: [PAYMENT, CREDIT], commit: suggest, many: in_order, where: "p.payer = l.payer"}
  - {id: line_again, stage: s, kind: repeat, side: L, keys: [channel, channel_txn_no], rows: [PAYMENT],
     exception_class: DUPLICATE_LINE}
  - {id: batch, stage: s, kind: group, keys: [bill_no = merchant_order_no], payments: [PAYMENT], lines: [CREDIT],
     shape: one_line, fees: net, commit: auto, cases: [{when: g.line_count > 1, exception_class: SPLIT_INCOMPLETE}]}
  - {id: near, stage: s, kind: near, keys: [channel, amount_minor], payments: [PAYMENT], lines: [PAYMENT],
     similar: {keys: [merchant_order_no_normal], shortest: 12, tail: 4}, within_seconds: 60, margin_seconds: 5,
     doubt: show}
  - {id: sums, stage: s, kind: sums, whole: L, keys: [channel, payer, currency_code], payments: [PAYMENT],
     lines: [CREDIT], within_seconds: 60, doubt: show}
  - {id: exceeds, stage: s, kind: exceeds, keys: [merchant_order_no], exception_class: REFUND_EXCEEDS_PAYMENT}
  - {id: bill_again, stage: s, kind: again, keys: [bill_no], exception_class: DUPLICATE_PAYMENT}
  - {id: net, stage: s, kind: net, keys: [channel_txn_no], disposition: IGNORED_BY_RULE}
  - {id: waits, stage: s, kind: alone, side: P, disposition: BUFFERED, where: p.near_cutoff}
ignore:
  - {id: small, below: {basis: difference, minor: 100}, exception_classes: [CHANNEL_ONLY], count_max: 9,
     sum_minor_max: 500}
second_confirmation: {basis: amount, minor: 500000}
"""
)


@pytest.mark.parametrize("dialect", Dialect)
def test_every_kind_of_rule_compiles_to_the_sql_that_people_have_read(dialect: Dialect) -> None:
    written = compile_rule_set(EVERY_KIND).text(dialect)
    golden = GOLDEN / f"matching_every_kind.{dialect}.sql"

    if os.environ.get("BIHUAN_WRITE_GOLDEN"):
        golden.write_text(written, "utf-8")

    assert written == golden.read_text("utf-8"), (
        f"{golden.name} differs from what is compiled now; if the change is meant, run "
        "`BIHUAN_WRITE_GOLDEN=1 pytest tests/matching/test_compiled_sql.py` and read the diff"
    )


@pytest.mark.parametrize("dialect", Dialect)
def test_only_sql_that_the_engines_agree_on_is_compiled(dialect: Dialect) -> None:
    written = compile_rule_set(EVERY_KIND).text(dialect).upper()

    for word in ("DECIMAL", "DOUBLE", "TIMESTAMP", "REGEXP", " LIKE ", "UPPER(", "AVG(", "ROUND(", "RANDOM", "HASH("):
        assert word not in written
    assert "/" not in written, "engines divide integers differently"
