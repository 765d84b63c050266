"""benchmarks/: the tables for which services run do so still; they take long, so they have a file of their own."""

import shutil

import pytest

from tests.support.quick_tables import check_table


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("benchmarks", ["intake_ratio_to_bare_inserts"]),
        ("benchmarks.gateway", ["edge_ratio_to_chain_64", "edge_ratio_to_direct", "edge_cpu_ratio_to_chain"]),
        ("benchmarks.payments", ["intake_ratio_to_naive", "batch_ratio_to_unary", "import_ratio_to_executemany"]),
    ],
)
def test_a_table_of_running_services_runs_in_its_quick_mode_and_keeps_no_numbers(module, names):
    if module == "benchmarks.gateway" and shutil.which("wrk") is None:
        pytest.skip("wrk, which calls the gateway, is not installed")
    check_table(module, names)
