"""Books and statements that were made: equal for equal seeds, true, and silent about the truth."""

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from accuracy.matching import generate as module
from accuracy.matching.catalogue import PLANTS, shares
from accuracy.matching.generate import Data, generate
from accuracy.matching.truth import NOISES
from services.reconciler.matching.frames import LINES, PAYMENTS

HALF = NOISES["half"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Data:
    return generate(tmp_path_factory.mktemp("made"), seed=5, size=5000, noise=HALF)


def _rows(data: Data, query: str) -> list[tuple]:
    with duckdb.connect() as db:
        for name in ("payments", "lines", "truth"):
            db.execute(f"CREATE VIEW {name} AS FROM read_parquet('{getattr(data, name)}')")
        return db.execute(query).fetchall()


def test_equal_seeds_give_equal_rows_and_another_seed_others(tmp_path):
    one, same, other = (
        generate(tmp_path / name, seed=seed, size=700, noise=HALF) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )

    for name in ("payments", "lines", "truth"):
        assert pq.read_table(getattr(one, name)).equals(pq.read_table(getattr(same, name)))
    assert not pq.read_table(one.payments).equals(pq.read_table(other.payments))


def test_the_rows_are_the_frames_of_matching_and_bear_no_label(made):
    assert pq.read_schema(made.payments).equals(PAYMENTS)
    assert pq.read_schema(made.lines).equals(LINES)


def test_every_row_stands_in_the_truth_once(made):
    for side, key in (("payment", "payment_id"), ("line", "line_id")):
        told = _rows(made, f"SELECT UNNEST({side}_ids) FROM truth")
        assert sorted(told) == sorted(_rows(made, f"SELECT {key} FROM {side}s"))
        assert len(told) == len(set(told))


def test_neither_ids_nor_the_order_of_rows_tell_what_belongs_together(made):
    clean = "SELECT payment_ids[1], line_ids[1] FROM truth WHERE class = 'CLEAN'"
    places = f"""
        WITH p AS (SELECT payment_id, ROW_NUMBER() OVER () AS at FROM payments),
             l AS (SELECT line_id, ROW_NUMBER() OVER () AS at FROM lines)
        SELECT p.at, l.at FROM ({clean}) AS t(p, l) JOIN p ON p.payment_id = t.p JOIN l ON l.line_id = t.l"""
    ranks = f"SELECT RANK() OVER (ORDER BY p), RANK() OVER (ORDER BY l) FROM ({clean}) AS t(p, l)"
    by_class = "SELECT RANK() OVER (ORDER BY payment_ids[1]), cluster FROM truth WHERE len(payment_ids) > 0"

    for query in (places, ranks, by_class):
        assert abs(np.corrcoef(np.array(_rows(made, query), dtype=float).T)[0, 1]) < 0.06


def test_classes_come_as_often_as_their_profile_says(tmp_path):
    data = generate(tmp_path, seed=9, size=20_000, noise=HALF)
    counts = dict(_rows(data, "SELECT class, COUNT(*) FROM truth GROUP BY ALL"))

    for plant, share in zip(PLANTS, shares("stress"), strict=True):
        expected = share * 20_000
        assert abs(counts.get(plant.name, 0) - expected) <= 5 * expected**0.5 + 1


def test_what_the_channel_has_more_than_the_books_is_what_the_truth_says(made):
    ((channel,),) = _rows(made, "SELECT SUM(amount_minor) FROM lines WHERE status = 'SUCCEEDED'")
    ((books,),) = _rows(made, "SELECT SUM(amount_minor) FROM payments WHERE state = 'SUCCEEDED'")

    assert _rows(made, "SELECT SUM(money_effect_minor) FROM truth") == [(channel - books,)]


def test_parts_and_merged_deposits_add_up(made):
    sums = """
        SELECT t.class, (SELECT SUM(amount_minor) FROM lines WHERE line_id IN (SELECT UNNEST(t.line_ids))),
               (SELECT SUM(amount_minor) FROM payments WHERE payment_id IN (SELECT UNNEST(t.payment_ids))),
               (SELECT SUM(amount_minor - fee_minor) FROM payments WHERE payment_id IN (SELECT UNNEST(t.payment_ids)))
        FROM truth AS t WHERE t.class LIKE 'MERGED%' OR t.class IN ('SPLIT', 'SPLIT_NO_REFERENCE')"""

    for name, lines, gross, net in _rows(made, sums):
        assert lines == gross if name.startswith("SPLIT") else lines in (gross, net)


@pytest.mark.parametrize(("noise", "least", "most"), [("payer", 1.0, 1.0), ("half", 0.45, 0.55), ("none", 0.0, 0.0)])
def test_payers_are_known_for_as_many_as_the_noise_says(tmp_path, noise, least, most):
    data = generate(tmp_path, seed=3, size=3000, noise=NOISES[noise])

    ((share,),) = _rows(data, "SELECT AVG(IF(payer = '', 0, 1)) FROM lines")

    assert least <= share <= most


def test_a_line_is_later_by_at_most_the_skew_and_a_bank_tells_whole_minutes(made):
    late = """
        SELECT p.channel, l.book_time_us - p.pay_time_us, l.book_time_us FROM truth AS t
        JOIN payments AS p ON p.payment_id = t.payment_ids[1] JOIN lines AS l ON l.line_id = t.line_ids[1]
        WHERE t.class = 'CLEAN'"""

    for channel, later, at in _rows(made, late):
        assert (-60_000_000 if channel == "BANK" else -1_000_000) < later <= 60_000_000
        assert at % (60_000_000 if channel == "BANK" else 1_000_000) == 0


def test_many_blocks_are_as_one_with_no_number_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 400)
    data = generate(tmp_path, seed=4, size=1500, noise=HALF)

    assert _rows(data, "SELECT COUNT(*), COUNT(DISTINCT cluster) FROM truth") == [(1500, 1500)]
    for key, side in (("payment_id", "payments"), ("line_id", "lines")):
        ((rows, ids),) = _rows(data, f"SELECT COUNT(*), COUNT(DISTINCT {key}) FROM {side}")
        assert rows == ids
    # Only refunds repeat the order number of their payment.
    assert not _rows(
        data, "SELECT 1 FROM payments WHERE kind = 'PAYMENT' GROUP BY merchant_order_no HAVING COUNT(*) > 1"
    )


def test_a_mistyped_number_is_the_number_of_another_order_one_digit_apart(made):
    pairs = """
        SELECT p.merchant_order_no, l.merchant_order_no, (SELECT COUNT(*) FROM payments AS o
            WHERE o.merchant_order_no = l.merchant_order_no AND list_contains(t.payment_ids, o.payment_id))
        FROM truth AS t JOIN payments AS p ON list_contains(t.payment_ids, p.payment_id)
        JOIN lines AS l ON list_contains(t.line_ids, l.line_id) AND l.amount_minor = p.amount_minor
        WHERE t.class = 'REFERENCE_OF_ANOTHER' AND l.merchant_order_no <> p.merchant_order_no"""

    found = _rows(made, pairs)

    assert len(found) > 3
    for right, typed, orders in found:
        assert (sum(a != b for a, b in zip(right, typed, strict=True)), orders) == (1, 1)
