from pathlib import Path

import duckdb

from benchmarks.matching.day import write_day
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.rule_files import load_rule_set


def test_a_day_is_the_same_rows_for_any_order_of_its_lines_and_its_join_is_counted(tmp_path: Path) -> None:
    day, other = write_day(tmp_path / "a", 2_000), write_day(tmp_path / "b", 2_000, step=381_967)

    assert rows(day.lines) == rows(other.lines)
    assert first_ids(day.lines) != first_ids(other.lines)
    assert (day.payment_count, day.line_count, day.joined) == (other.payment_count, other.line_count, other.joined)
    assert day.joined > 0.9 * day.payment_count


def test_every_class_of_a_plain_day_ends_where_it_should(tmp_path: Path) -> None:
    day = write_day(tmp_path, 4_000)

    summary = match_files(load_rule_set(), Path(day.payments), Path(day.lines), tmp_path / "out")

    told = {(total["disposition"], total["exception_class"]) for total in summary.totals}
    posted = sum(t["row_count"] for t in summary.totals if t["side"] == "P" and t["disposition"] == "MATCHED")
    assert posted > 0.96 * day.payment_count
    assert {
        *(("EXCEPTION", name) for name in ("AMOUNT_CHANNEL_OVER", "DUPLICATE_LINE", "DUPLICATE_PAYMENT")),
        *(("EXCEPTION", name) for name in ("PLATFORM_ONLY", "CHANNEL_ONLY")),
        *(("SUGGESTED", ""), ("SUGGESTED", "REFERENCE_DAMAGED"), ("BUFFERED", ""), ("IGNORED_BY_RULE", "")),
    } <= told


def rows(path: str) -> list[tuple[object, ...]]:
    return duckdb.sql(f"SELECT * FROM '{path}' ORDER BY line_id").fetchall()


def first_ids(path: str) -> list[tuple[object, ...]]:
    return duckdb.sql(f"SELECT line_id FROM '{path}' LIMIT 10").fetchall()
