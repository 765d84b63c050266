import random
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reconciler.rules.duckdb_engine import Limits
from services.reconciler.rules.results import Summary
from tests.matching.oracle import Conditions, Oracle
from tests.matching.rows import MINUTE_US, NOON_US, Row, match, rules_with, run

RULES = rules_with(
    """
    cases:
      - {when: "p.state <> 'SUCCEEDED'", exception_class: STATUS_CHANNEL_SUCCESS}
      - {when: "p.fee_minor <> l.fee_minor", exception_class: FEE_MISMATCH}
      - {when: "p.business_date <> l.business_date", exception_class: CROSS_DAY}
  - {id: both, stage: s, kind: pair, keys: [channel, channel_txn_no, merchant_order_no, amount_minor],
     payments: [PAYMENT], lines: [PAYMENT], commit: auto, many: in_order}
  - {id: line_again, stage: s, kind: repeat, side: L, keys: [channel, channel_txn_no, amount_minor], rows: [PAYMENT],
     where: "this.merchant_order_no = first.merchant_order_no", exception_class: DUPLICATE_LINE}
  - {id: booked_again, stage: s, kind: repeat, side: P, keys: [channel, channel_txn_no, amount_minor],
     rows: [PAYMENT], exception_class: DUPLICATE_BOOKING}
  - {id: order, stage: s, kind: pair, keys: [merchant_order_no, amount_minor], payments: [PAYMENT], lines: [PAYMENT],
     commit: suggest, where: "p.channel_txn_no = '' OR l.channel_txn_no = ''"}
  - {id: parts, stage: s, kind: group, keys: [merchant_order_no], payments: [PAYMENT], lines: [PAYMENT],
     shape: one_payment, commit: auto,
     cases: [{when: "g.lines_minor < g.payments_minor", exception_class: SPLIT_INCOMPLETE}]}
  - {id: batch, stage: s, kind: group, keys: [channel, batch_no], payments: [PAYMENT], lines: [PAYMENT],
     fees: net, commit: auto}
  - {id: bill_again, stage: s, kind: again, keys: [merchant_id, bill_no], exception_class: DUPLICATE_PAYMENT}
  - {id: net, stage: s, kind: net, keys: [channel, channel_txn_no], disposition: IGNORED_BY_RULE}
  - {id: unpaid, stage: s, kind: alone, side: P, disposition: IGNORED_BY_RULE, where: "p.state <> 'SUCCEEDED'"}
  - {id: missed, stage: s, kind: alone, side: L, disposition: EXCEPTION, exception_class: CHANNEL_ONLY}
"""
)


def _differ(name: str) -> Callable[[Row, Row], bool | None]:
    return lambda p, line: None if p[name] is None or line[name] is None else p[name] != line[name]


MEANING: Conditions = {
    "p.state <> 'SUCCEEDED'": lambda p, *_: p["state"] != "SUCCEEDED",
    "p.fee_minor <> l.fee_minor": _differ("fee_minor"),
    "p.business_date <> l.business_date": _differ("business_date"),
    "this.merchant_order_no = first.merchant_order_no": lambda a, b: a["merchant_order_no"] == b["merchant_order_no"],
    "p.channel_txn_no = '' OR l.channel_txn_no = ''": lambda p, line: (
        not (p["channel_txn_no"] and line["channel_txn_no"])
    ),
    "g.lines_minor < g.payments_minor": lambda g: g["lines_minor"] < g["payments_minor"],
}
SHARED: dict[str, list[Any]] = {
    "channel": ["a", "b"],
    "channel_txn_no": ["", "t1", "t2", "t3"],
    "merchant_order_no": ["", "o1", "o2", "o3"],
    "batch_no": ["", "x"],
    "fee_minor": [None, 0, 1],
    "business_date": ["2026-01-01", "2026-01-02"],
}
A_PAYMENT_FIELDS = {
    **SHARED,
    "merchant_id": ["m"],
    "bill_no": ["", "b1", "b2"],
    "state": ["SUCCEEDED", "SUCCEEDED", "CLOSED"],
    "amount_minor": [1, 2, 3],
    "pay_time_us": [NOON_US + minute * MINUTE_US for minute in range(4)],
}
A_LINE_FIELDS = {
    **SHARED,
    "file_id": ["f1", "f2"],
    "line_no": [1, 2, 3],
    "status": ["SUCCEEDED", "", "FAILED"],
    "amount_minor": [-1, 1, 2, 3],
    "book_time_us": [None, NOON_US, NOON_US + MINUTE_US],
}
NOTHING = {"channel_refund_no": "", "merchant_refund_no": "", "payer": "", "currency_code": "CNY", "kind": "PAYMENT"}


def _named(rows: list[Row], name: str, prefix: str) -> list[Row]:
    return [{**NOTHING, **row, name: f"{prefix}{number}"} for number, row in enumerate(rows)]


def _rows(fields: dict[str, list[Any]]) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in fields.items()})
    return st.lists(row, max_size=9)


FRAMES = st.tuples(
    _rows(A_PAYMENT_FIELDS).map(lambda rows: _named(rows, "payment_id", "p")),
    _rows(A_LINE_FIELDS).map(lambda rows: _named(rows, "line_id", "l")),
)
RESULTS = Path("out") / "results.parquet"
FEW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    numbers = count()
    base = tmp_path_factory.mktemp("frames")
    return lambda: base / str(next(numbers))


@settings(FEW, max_examples=12)
@given(frames=FRAMES)
def test_every_row_ends_where_the_rules_read_in_plain_loops_put_it(fresh: Callable[[], Path], frames) -> None:
    payments, lines = frames

    results = match(fresh(), payments, lines, RULES)

    found = {i: (r["group_id"], r["rule_id"], r["disposition"], r["exception_class"]) for i, r in results.items()}
    assert found == Oracle(RULES, MEANING, payments, lines).decide()


@settings(FEW, max_examples=4)
@given(frames=FRAMES, data=st.data())
def test_every_fen_comes_out_once_whatever_the_order_the_chunks_and_the_threads(
    fresh: Callable[[], Path], frames, data
) -> None:
    payments, lines = frames
    folder, other = fresh(), fresh()

    straight = run(folder, payments, lines, RULES, limits=Limits(threads=2))
    mixed = data.draw(st.permutations(payments)), data.draw(st.permutations(lines))
    shuffled = run(other, *mixed, RULES, row_group_size=2, limits=Limits(threads=1))

    assert (shuffled.digest, shuffled.totals) == (straight.digest, straight.totals)
    assert (other / RESULTS).read_bytes() == (folder / RESULTS).read_bytes()
    assert conserved(folder, straight, payments, lines)


def test_the_shipped_rules_lose_no_row_and_no_fen_and_do_not_hear_the_order(fresh: Callable[[], Path]) -> None:
    draw = random.Random(7)
    payments = _named([_any(draw, A_PAYMENT_FIELDS) for _ in range(150)], "payment_id", "p")
    lines = _named([_any(draw, A_LINE_FIELDS) for _ in range(150)], "line_id", "l")
    folder, other = fresh(), fresh()

    straight = run(folder, payments, lines)
    shuffled = run(other, draw.sample(payments, 150), draw.sample(lines, 150), row_group_size=7)

    assert straight.digest == shuffled.digest
    assert conserved(folder, straight, payments, lines)
    assert len({row["rule_id"] for row in pq.read_table(folder / RESULTS).to_pylist()}) > 8, "the frames try little"


def conserved(folder: Path, summary: Summary, payments: list[Row], lines: list[Row]) -> bool:
    """Each row once, and on both sides as many rows and as much money out as in."""
    ids = [(row["side"], row["id"]) for row in pq.read_table(folder / RESULTS).to_pylist()]
    assert sorted(ids) == sorted(
        [("P", p["payment_id"]) for p in payments] + [("L", line["line_id"]) for line in lines]
    )
    for side, rows in (("P", payments), ("L", lines)):
        totals = [total for total in summary.totals if total["side"] == side]
        assert sum(total["row_count"] for total in totals) == len(rows)
        assert sum(total["amount_minor"] for total in totals) == sum(row["amount_minor"] for row in rows)
    return True


def _any(draw: random.Random, fields: dict[str, list[Any]]) -> Row:
    return {name: draw.choice(values) for name, values in fields.items()}
