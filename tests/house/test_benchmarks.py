"""benchmarks/: each table still runs and judges its goals rightly. Speed is never asserted here."""

import pytest

from benchmarks.gateway.counted import counted
from benchmarks.metric import Metric
from benchmarks.payments.load import Loaded
from tests.support.quick_tables import check_table, python


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("benchmarks.matching", ["match_1m_ratio_to_join", "match_ratio_to_splink", "growth_exponent"]),
        ("benchmarks.outbox", ["drain_pgqueuer_batch_100_2_workers", "drain_procrastinate_1_worker", "enqueue_naive"]),
        ("benchmarks.statements", ["parse_ratio_to_scan", "parse_ratio_to_csv_module", "peak_ratio_1e6_to_1e5"]),
    ],
)
def test_every_table_runs_in_its_quick_mode_and_keeps_no_numbers(module, names):
    check_table(module, names)


@pytest.mark.parametrize("rival", ["pgqueuer", "procrastinate"])
def test_a_missing_rival_fails_the_outbox_table_and_names_the_cure(rival):
    done = python(
        "-c",
        f"import runpy, sys; sys.modules['{rival}'] = None; runpy.run_module('benchmarks.outbox', run_name='__main__')",
    )

    assert done.returncode == 1
    assert f"{rival} is not installed" in done.stderr
    assert "make setup" in done.stderr
    assert "jobs/s" not in done.stdout


def test_where_wrk_is_missing_the_gateway_table_names_the_cure():
    done = python("-m", "benchmarks.gateway", PATH="")

    assert done.returncode == 1
    assert "wrk is not installed: apt-get install wrk" in done.stderr


def test_a_load_tells_its_rate_its_quantiles_and_how_many_were_in_time():
    latencies = [each / 1_000 for each in range(1_000, 0, -1)]

    told = counted(Loaded(seconds=2.0, latencies=latencies, failed_count=0))

    assert told.per_second == 500
    assert (told.quantile_ms(0.5), told.quantile_ms(0.99), told.quantile_ms(1)) == (500, 990, 1_000)
    assert told.per_second_within(0.25) == 125


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        ("at least", 2.9, False),
        ("at least", 3.0, True),
        ("at least", 3.1, True),
        ("at most", 2.9, True),
        ("at most", 3.0, True),
        ("at most", 3.1, False),
    ],
)
def test_a_goal_may_be_a_floor_or_a_ceiling_and_the_goal_itself_holds(bound, value, holds):
    row = Metric("m", value, "ratio", "a rival", goal=3.0, bound=bound).row()

    assert row["holds"] is holds
    assert row["bound"] == bound


def test_a_value_that_only_rounds_to_its_goal_does_not_hold():
    row = Metric("m", 2.9996, "ratio", "a rival", goal=3.0).row()

    assert row["value"] == 3.0
    assert row["holds"] is False


def test_a_number_that_is_only_told_has_no_verdict():
    row = Metric("m", 1.0, "jobs/s", "-").row()

    assert (row["goal"], row["bound"], row["holds"]) == (None, None, None)
