"""One plan on DuckDB, PostgreSQL and Spark: the same rows in the same places, told by one digest."""

import shutil
import subprocess
import sys
from pathlib import Path

import adbc_driver_manager
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from adbc_driver_postgresql import dbapi

from accuracy.matching.generate import Data, generate
from accuracy.matching.truth import NOISES
from services.reconciler.rules import duckdb_engine, postgres_engine
from services.reconciler.rules.results import Summary
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set

SHIPPED = load_rule_set(DEFAULT)
# Every kind of rule once; Spark takes most of a second for each step, and the shipped set has two hundred.
SOME = (
    *("txn", "txn_and_order", "line_again", "batch_net", "reference_damaged", "sum_of_payer"),
    *("bill_paid_again", "refunded_too_much", "came_and_went", "payment_waits"),
)
# Of a small day compiling, by Java and by Spark, would take most of the time.
_LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
BRISK = {
    "spark.sql.shuffle.partitions": "1",
    "spark.pyspark.python": "/nonexistent",  # executors need none
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.ui.enabled": "false",
    # One job and one task for each step, that waits for no place nearer to its rows.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.files.minPartitionNum": "1",
    "spark.locality.wait": "0s",
    "spark.executor.extraJavaOptions": _LIGHT,
    "spark.driver.extraJavaOptions": _LIGHT,
}


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> Data:
    """Some days on which everything goes wrong that the generator can plant; half of the payers are unknown."""
    return generate(tmp_path_factory.mktemp("day"), seed=11, size=3_000, noise=NOISES["half"])


@pytest.fixture(scope="module")
def on_duckdb(day: Data, tmp_path_factory) -> Summary:
    return duckdb_engine.match_files(SHIPPED, day.payments, day.lines, tmp_path_factory.mktemp("duckdb"))


def otherwise(path: Path, folder: Path, rows_in_a_group: int) -> Path:
    """The same rows in another order and other groups."""
    table = pq.read_table(path)
    shuffled = table.take(pc.sort_indices(table.append_column("x", pc.utf8_reverse(table[0])), [("x", "ascending")]))
    pq.write_table(shuffled, folder / path.name, row_group_size=rows_in_a_group)
    return folder / path.name


def test_the_days_have_everything_that_matters(on_duckdb: Summary) -> None:
    classes = {total["exception_class"] for total in on_duckdb.totals}

    assert {"AMBIGUOUS_MATCH", "DUPLICATE_PAYMENT", "DUPLICATE_LINE", "SPLIT_INCOMPLETE", "FEE_MISMATCH"} < classes
    assert {"REFUND_EXCEEDS_PAYMENT", "CURRENCY_MISMATCH", "REFERENCE_DAMAGED", "CROSS_DAY", "CHARGEBACK"} < classes
    assert {total["disposition"] for total in on_duckdb.totals} == {
        *("MATCHED", "SUGGESTED", "BUFFERED", "EXCEPTION", "IGNORED_BY_RULE")
    }


def test_postgresql_says_what_duckdb_says(day: Data, on_duckdb: Summary, postgres, tmp_path: Path) -> None:
    out = tmp_path / "out"

    found = postgres_engine.match_files(SHIPPED, day.payments, day.lines, out, url=postgres.url("postgres"))

    assert found.digest == on_duckdb.digest
    assert found.totals == on_duckdb.totals
    assert found.engine.startswith("postgresql ")
    assert 'COLLATE "C"' in (out / "plan.sql").read_text("utf-8")


def test_both_say_so_for_rows_in_any_order_and_in_groups_of_any_size(
    day: Data, on_duckdb: Summary, postgres, tmp_path: Path
) -> None:
    files = [otherwise(path, tmp_path, 97) for path in (day.payments, day.lines)]

    on_postgres = postgres_engine.match_files(SHIPPED, *files, tmp_path / "out", url=postgres.url("postgres"))

    assert on_postgres.digest == on_duckdb.digest
    assert duckdb_engine.match_files(SHIPPED, *files, tmp_path / "duckdb").digest == on_duckdb.digest


def test_a_database_that_orders_texts_for_people_changes_nothing(
    day: Data, on_duckdb: Summary, postgres, tmp_path: Path
) -> None:
    """People want a before B, bytes have it after; groups are named by the least of their ids."""
    with dbapi.connect(postgres.url("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT collcollate FROM pg_collation WHERE collprovider = 'c' AND collcollate LIKE 'en_US%' LIMIT 1"
        )
        if not (found := cursor.fetchall()):
            pytest.skip("this machine has no locale that orders texts for people, such as en_US.UTF-8")
        cursor.execute(f"CREATE DATABASE for_people TEMPLATE template0 LOCALE '{found[0][0]}'")

    on_postgres = postgres_engine.match_files(
        SHIPPED, day.payments, day.lines, tmp_path / "out", url=postgres.url("for_people")
    )

    assert on_postgres.digest == on_duckdb.digest


def test_a_database_is_left_as_it_was_also_by_a_run_that_takes_too_long(day: Data, postgres, tmp_path: Path) -> None:
    url, left = postgres.url("postgres"), "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    hasty = postgres_engine.PostgresLimits(statement_seconds=0.002)

    with pytest.raises(adbc_driver_manager.Error, match="statement timeout"):
        postgres_engine.match_files(SHIPPED, day.payments, day.lines, tmp_path / "out", url=url, limits=hasty)

    assert not list((tmp_path / "out").iterdir())
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"{left} UNION ALL SELECT count(*) FROM pg_extension WHERE extname = 'fuzzystrmatch'")
        assert cursor.fetchall() == [(0,), (0,)]


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17 or 21, and there is none here")
@pytest.mark.timeout(960)
def test_spark_with_workers_of_their_own_says_what_duckdb_says(day: Data, tmp_path: Path) -> None:
    """As a person starts it: driver, master and two workers are processes, and go with the command."""
    rules, folders = tmp_path / "rules.yaml", [tmp_path / "payments", tmp_path / "lines"]
    written = yaml.safe_load(DEFAULT.read_text("utf-8"))
    written["rules"] = [rule for rule in written["rules"] if rule["id"] in SOME]
    rules.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    for folder, path in zip(folders, (day.payments, day.lines), strict=True):
        folder.mkdir()
        otherwise(path, folder, 500)
    files = ["--payments", str(folders[0]), "--lines", str(folders[1]), "--rules", str(rules)]
    where = ["--engine", "spark", "--master", "local-cluster[2,1,1024]", "--work", str(tmp_path / "work")]

    command = [
        sys.executable,
        "-c",
        "from cli.main import run; run()",
        "match",
        *files,
        *where,
        "--out",
        str(tmp_path / "spark"),
    ]
    brisk = [word for name, value in BRISK.items() for word in ("--conf", f"{name}={value}")]
    done = subprocess.run([*command, *brisk], capture_output=True, text=True, timeout=900, check=False)

    assert done.returncode == 0, done.stderr
    expected = duckdb_engine.match_files(load_rule_set(rules), day.payments, day.lines, tmp_path / "duckdb")
    results = pq.read_table(tmp_path / "spark/results.parquet")
    assert f"digest {expected.digest}" in done.stdout
    assert results.equals(pq.read_table(tmp_path / "duckdb/results.parquet"))
    assert len(pc.unique(results["rule_id"])) >= len(SOME) - 1
    assert not list((tmp_path / "work").iterdir())
