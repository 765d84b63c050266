"""The bills of a small day, kept as files; a change of a writer or of the generator shows in their diff."""

import os
from datetime import date
from pathlib import Path

import pytest

from demo.day import generate_day

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("channel", ["wechat_pay", "alipay"])
def test_the_bill_of_a_small_day_is_written_byte_for_byte_as_before(channel):
    bills = generate_day(seed=7, business_date=date(2026, 3, 1), rows_per_channel=10).bills
    written = next(raw for name, raw in bills.items() if name.startswith(channel))
    golden = GOLDEN / f"{channel}_bill_10_rows.csv"

    if os.environ.get("BIHUAN_WRITE_GOLDEN"):
        golden.write_bytes(written)

    assert written == golden.read_bytes(), (
        f"{golden.name} differs from what is written now; if the change is meant, run "
        "`BIHUAN_WRITE_GOLDEN=1 pytest tests/demo/test_demo_golden.py` and read the diff"
    )
