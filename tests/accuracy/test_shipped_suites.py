"""The labelled sets that the reconciler ships: small, made from their seeds, and judged as the scorer judges."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from accuracy.matching.generate import generate
from accuracy.matching.score import score
from accuracy.matching.suites import CLUSTERS, SUITES, write_suites
from accuracy.matching.truth import NOISES
from accuracy.matching.truth import POSTABLE as SCORED
from services.reconciler.rules.compare import compare
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.labelled import FOLDER, POSTABLE, read_labels, shipped_suites, wrong_posts
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set, parse_rule_set


def careless_rules():
    """The shipped set, with one more rule: who paid the same amount on the same day is the same."""
    rule = """
  - id: payer_and_amount
    stage: exact
    kind: pair
    keys: [channel, payer, currency_code, amount_minor]
    payments: [PAYMENT]
    lines: [PAYMENT, CREDIT]
    commit: auto
    many: in_order

  # A refund has numbers of its own"""
    return parse_rule_set(
        "careless.yaml", DEFAULT.read_text("utf-8").replace("\n  # A refund has numbers of its own", rule)
    )


def test_they_are_small_enough_to_travel_with_the_service():
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]

    assert sum(sizes) < 200_000


def test_they_are_what_the_generator_makes_of_their_seeds(tmp_path: Path):
    write_suites(tmp_path)

    for suite in shipped_suites(tmp_path):
        for name in ("payments", "lines", "truth"):
            made = pq.read_table(tmp_path / suite.name / f"{name}.parquet")
            assert made.equals(pq.read_table(FOLDER / suite.name / f"{name}.parquet")), (suite.name, name)


def test_the_shipped_rules_post_nothing_wrong_on_them(tmp_path: Path):
    for suite in shipped_suites():
        match_files(load_rule_set(), suite.payments, suite.lines, tmp_path / suite.name)
        results = pq.read_table(tmp_path / suite.name / "results.parquet").to_pylist()

        assert wrong_posts(read_labels(suite), results) == 0
        assert sum(row["disposition"] == "MATCHED" for row in results) > 500


@pytest.mark.parametrize("number", range(len(SUITES)))
def test_wrong_posts_are_counted_as_the_scorer_counts_them(tmp_path: Path, number: int):
    name, noise, seed = SUITES[number]
    suite = shipped_suites()[number]
    data = generate(tmp_path / "made", seed=seed, size=CLUSTERS, noise=NOISES[noise])
    match_files(careless_rules(), suite.payments, suite.lines, tmp_path / "out")
    results = tmp_path / "out" / "results.parquet"

    ours = wrong_posts(read_labels(suite), pq.read_table(results).to_pylist())

    assert ours == score(data, results).wrong_auto_posts
    assert (ours > 0) is (noise == "payer"), name


def test_what_may_be_posted_is_the_same_in_both():
    assert frozenset(SCORED) == POSTABLE


def test_a_comparison_tells_each_row_that_ends_elsewhere(tmp_path: Path):
    suite = shipped_suites()[0]

    found = compare((load_rule_set(), careless_rules()), suite.payments, suite.lines, tmp_path, keep=5)

    assert found.changed_rows > 5 == len(found.changes)
    first = found.changes[0]
    assert first.old != first.new
    assert all(change.currency_code and change.amount_minor for change in found.changes)
