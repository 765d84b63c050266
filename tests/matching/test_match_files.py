import json
import random
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.reconciler.matching.frames import LINES, PAYMENTS, RESULTS
from services.reconciler.rules.duckdb_engine import Limits, match_files
from services.reconciler.rules.frame_file import FrameInvalid
from tests.matching.rows import NOON_US, a_line, a_payment, rules_with, run

RULES = rules_with("")


def test_a_run_leaves_results_summary_and_the_sql_that_it_ran(tmp_path: Path) -> None:
    payment = a_payment("p1")

    summary = run(tmp_path, [payment], [a_line("l1", payment)], RULES)

    written = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["plan.sql", "results.parquet", "summary.json"]
    assert pq.read_schema(tmp_path / "out/results.parquet").equals(RESULTS)
    assert (written["digest"], written["rule_set_hash"]) == (summary.digest, RULES.content_hash)
    assert (written["rule_set"], written["rule_set_version"]) == ("test", 1)
    assert written["engine"].startswith("duckdb ")
    assert "CREATE TABLE bulk_joined" in (tmp_path / "out/plan.sql").read_text("utf-8")


def test_the_digest_is_of_what_was_decided(tmp_path: Path) -> None:
    payment, other = a_payment("p1"), a_payment("p1", bill_no="told to nobody")

    first = run(tmp_path, [payment], [a_line("l1", payment)], RULES)
    same = run(tmp_path, [other], [a_line("l1", payment)], RULES)
    apart = run(tmp_path, [payment], [a_line("l1", payment, amount_minor=1)], RULES)

    assert first.digest == same.digest != apart.digest


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda table: table.drop_columns(["payer"]), "no column payer"),
        (lambda table: table.set_column(13, "amount_minor", table["amount_minor"].cast(pa.float64())), "is double"),
        (lambda table: pa.concat_tables([table, table]), "p1 is there twice"),
        (lambda table: replaced(table, "amount_minor", 10**15), "an amount_minor is beyond"),
        (lambda table: replaced(table, "amount_minor", None), "amount_minor must not be null"),
        (lambda table: replaced(table, "pay_time_us", -1), "a time before 1970"),
        (lambda table: replaced(table, "business_date", "01/02/2026"), "business_date"),
    ],
)
def test_a_file_that_is_not_the_frame_is_refused_and_nothing_is_written(tmp_path: Path, change, fault: str) -> None:
    pq.write_table(change(pa.Table.from_pylist([a_payment("p1")], PAYMENTS)), tmp_path / "p.parquet")
    pq.write_table(pa.Table.from_pylist([a_line("l1")], LINES), tmp_path / "l.parquet")

    with pytest.raises(FrameInvalid, match=fault):
        match_files(RULES, tmp_path / "p.parquet", tmp_path / "l.parquet", tmp_path / "out")

    assert not list((tmp_path / "out").iterdir())


def replaced(table: pa.Table, name: str, value: object) -> pa.Table:
    field = table.schema.field(name).with_nullable(True)
    at = table.schema.get_field_index(name)
    return table.set_column(at, field, pa.array([value] * len(table), field.type))


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_text("payment_id,amount\n")

    with pytest.raises(FrameInvalid, match="cannot be read as Parquet"):
        match_files(RULES, tmp_path / "p.parquet", tmp_path / "p.parquet", tmp_path / "out")


def test_a_day_larger_than_its_memory_is_matched_all_the_same(tmp_path: Path) -> None:
    draw = random.Random(3)
    payments = [a_payment(f"{n:032x}", amount_minor=draw.randint(1, 9_000)) for n in range(20_000)]
    lines = [a_line(f"{n:032x}-", of, book_time_us=NOON_US) for n, of in enumerate(payments)]
    frames = {"payments": pa.Table.from_pylist(payments, PAYMENTS), "lines": pa.Table.from_pylist(lines, LINES)}
    for name, table in frames.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    files = (tmp_path / "payments.parquet", tmp_path / "lines.parquet", tmp_path / "out")

    wide = match_files(RULES, *files, limits=Limits(memory_mib=1024))
    narrow = match_files(RULES, *files, limits=Limits(memory_mib=24, threads=1))

    assert narrow.digest == wide.digest
    with pytest.raises(duckdb.OutOfMemoryException):
        match_files(RULES, *files, limits=Limits(memory_mib=2, threads=1))
