"""Real statement files, where the environment has them: read to the fen, or refused as unknown; never misread."""

import os
from datetime import date
from pathlib import Path

import pytest

from services.reconciler.statements import StatementRefused
from tests.support.statements import read_file


@pytest.fixture
def folder() -> Path:
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    return Path(root) / "statements" / "cn"


def test_a_real_wechat_pay_bill_ties_to_the_fen(folder):
    statement = read_file((folder / "wechat_trade_all_bom.csv").read_bytes())

    assert (statement.summary.profile_id, statement.summary.encoding) == ("wechat_pay.trade", "utf-8-sig")
    assert (statement.summary.rows.booked, statement.summary.rows.frame, statement.summary.rows.total) == (45, 3, 48)
    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 47}, {"CNY": -14})
    assert (statement.summary.account_no, statement.summary.first_date) == ("1921000401", date(2019, 2, 19))
    assert len(statement.summary.controls) == 7
    assert all(control.ties for control in statement.summary.controls)


def test_a_transcribed_alipay_bill_ties_with_its_footer(folder):
    statement = read_file((folder / "alipay_merchant_trade_gbk.transcribed.csv").read_bytes())

    assert (statement.summary.profile_id, statement.summary.encoding) == ("alipay.business", "gb18030")
    assert (statement.summary.rows.booked, statement.summary.rows.frame, statement.summary.rows.total) == (10, 9, 19)
    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 6}, {"CNY": -4})
    assert (statement.summary.account_no, statement.summary.first_date) == ("20880211096256330156", date(2019, 9, 16))
    assert len(statement.summary.controls) == 6
    assert all(control.ties for control in statement.summary.controls)


def test_a_real_bill_cut_at_any_line_is_refused(folder):
    lines = (folder / "wechat_trade_all_bom.csv").read_bytes().splitlines(keepends=True)

    for count in range(1, len(lines)):
        with pytest.raises(StatementRefused, match="E-TRUNCATED"):
            read_file(b"".join(lines[:count]))
