"""Real files of Chinese channels and banks, where the environment has them: rows and sums to the fen.

Some were cut or masked after they were made, so that their own totals do not tie: that is told, and nothing is hidden.
"""

import os
from pathlib import Path

import pytest

from services.reconciler.domain.statement import RowCounts
from services.reconciler.statements import load_profiles
from tests.support.statement_samples import gbk_zip
from tests.support.statements import read_as_far, read_file

ZM = "INN17071888ZM_898319849000018.first400"
ALIPAY = "alipay_merchant_trade_gbk.transcribed.csv"
# File: profile, encoding, rows (booked, neutral, frame), minor units in and out, edges as (written time, minor units).
GOLDEN = {
    "wechat_trade_all_bom.csv": (
        ("wechat_pay.trade", "utf-8-sig", (45, 0, 3), 47, -14),
        (("2019-02-19 05:01:46", -1), ("2019-02-19 01:51:59", 3)),
    ),
    "wechat_fundflow.transcribed.csv": (
        ("wechat_pay.fund_flow", "utf-8", (2, 0, 3), 0, -2),
        (("2021-02-01 13:54:01", -1), ("2021-02-01 14:00:45", -1)),
    ),
    "wechat_personal.csv": (
        ("wechat.personal", "utf-8", (16, 11, 17), 28_49, -2904_53),
        (("2019-09-26 12:45:27", -28_16), ("2024-06-07 23:40:27", -1)),
    ),
    ALIPAY: (
        ("alipay.business", "gb18030", (10, 0, 9), 6, -4),
        (("2019-09-16 10:55:23", 1), ("2019-09-16 18:43:34", 1)),
    ),
    "alipay_personal_gbk.csv": (
        ("alipay.personal", "gb18030", (6, 4, 25), 222228_50, -211_64),
        (("2023-02-12 21:32:14", -49_74), ("2023-07-10 13:20:16", -82_00)),
    ),
    ZM: (
        ("unionpay.zm", "gb18030", (400, 0, 0), 16053957_90, 0),
        (("0718215916", 25000_00), ("0718192737", 50000_00)),
    ),
    "unionpay_portal_utf8.tsv": (
        ("unionpay.portal", "utf-8", (33, 0, 6), 7944799_00, 0),
        (("2017-06-25 21:15:12", 100000_00), ("2017-06-24 23:36:14", 99999_00)),
    ),
    "icbc_debit.csv": (
        ("icbc.debit", "utf-8", (11, 0, 9), 2841_74, -4241_08),
        (("2023-05-02", -13_40), ("2023-02-08", 1_04)),
    ),
    "boc_debit.csv": (
        ("boc.debit", "utf-8", (17, 0, 2), 9821_00, -9394_30),
        (("2025-08-22 17:57:17", -71_89), ("2025-08-01 08:57:00", 1000_00)),
    ),
    "abc_debit.csv": (
        ("abc.debit", "utf-8", (5, 0, 1), 10000_01, -12355_89),
        (("20240101 123456", 10000_00), ("20240104", 0)),
    ),
    "cmb_debit.csv": (
        ("cmb.debit", "utf-8", (5, 0, 1), 1234_00, -2013_14),
        (("2024-01-01", 1234_00), ("2024-01-23", -10_14)),
    ),
    "bocom_debit.csv": (
        ("bocom.debit", "utf-8", (6, 0, 1), 11_25, -114_00),
        (("2025-01-01 00:00:00", 1_23), ("2024-06-06 11:30:54", -100_79)),
    ),
}
# What the file declares and does not hold.
UNTIED = {
    "wechat_fundflow.transcribed.csv": {"资金流水总笔数", "收入笔数", "收入金额"},
    "wechat_personal.csv": {"共笔记录", "收入 笔数", "收入", "支出 笔数", "支出", "中性交易 笔数", "中性交易"},
    "alipay_personal_gbk.csv": {"共笔记录"},
    "icbc_debit.csv": {"人民币合计 收入", "人民币合计 支出"},
}


@pytest.fixture
def folder() -> Path:
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    return Path(root) / "statements" / "cn"


@pytest.mark.parametrize("name", GOLDEN)
def test_a_real_file_gives_its_rows_and_sums(folder, name):
    (profile_id, encoding, rows, minor_in, minor_out), edges = GOLDEN[name]

    summary, lines = read_as_far((folder / name).read_bytes())

    assert (summary.profile_id, summary.encoding) == (profile_id, encoding)
    assert summary.rows == RowCounts(*rows, quarantined=0)
    assert (summary.sums_in.get("CNY", 0), summary.sums_out.get("CNY", 0)) == (minor_in, minor_out)
    assert [(edge.time, edge.amount_minor) for edge in (summary.first, summary.last)] == list(edges)
    assert len(lines) == rows[0]
    assert sum(line.amount_minor for line in lines) == minor_in + minor_out


@pytest.mark.parametrize("name", GOLDEN)
def test_totals_that_do_not_tie_are_the_only_faults_of_real_files(folder, name):
    summary, _ = read_as_far((folder / name).read_bytes())

    untied = UNTIED.get(name, set())
    assert {control.name for control in summary.controls if not control.ties} == untied
    assert {fault.column for fault in summary.faults} == untied
    assert {fault.code for fault in summary.faults} <= {"E-CONTROL-COUNT", "E-CONTROL-SUM"}
    assert summary.loadable == (not untied)


@pytest.mark.parametrize("name", GOLDEN)
def test_each_line_points_at_its_own_bytes(folder, name):
    raw = (folder / name).read_bytes()
    physical = raw.split(b"\n")

    for line in read_as_far(raw).lines:
        assert raw[line.byte_offset :][: line.byte_size] == physical[line.line_no - 1].rstrip(b"\r")


def test_a_bill_in_the_archive_that_the_channel_sends_is_found_behind_its_summary(folder):
    raw = (folder / ALIPAY).read_bytes()
    summary_member = "#支付宝业务汇总查询\n#账号：[1]\n".encode("gb18030")
    archive = gbk_zip(("1_20190916_业务明细(汇总).csv", summary_member), ("1_20190916_业务明细.csv", raw))

    assert read_file(archive) == read_file(raw)


def test_records_of_fixed_width_are_cut_by_bytes_and_their_fees_read(folder):
    lines = read_file((folder / ZM).read_bytes()).lines

    assert {line.fee_text for line in lines} == {"0.24"}
    assert {len(line.channel_txn_no) for line in lines} == {21}
    assert {line.business_date.isoformat() for line in lines} == {"2017-07-18", "2017-07-19"}


@pytest.mark.parametrize("name", ["abc_debit.csv", "boc_debit.csv", "cmb_debit.csv", "unionpay_portal_utf8.tsv"])
def test_the_same_file_in_gbk_or_with_a_mark_gives_the_same_lines(folder, name):
    raw = (folder / name).read_bytes()
    expected = [(line.amount_minor, line.book_local, line.remittance) for line in read_as_far(raw).lines]

    for encoding in ("gb18030", "utf-8-sig"):
        told = read_as_far(raw.decode().encode(encoding))
        assert told.summary.encoding == encoding
        assert [(line.amount_minor, line.book_local, line.remittance) for line in told.lines] == expected


def test_each_shipped_profile_bears_the_name_of_its_file_and_says_where_its_layout_is_from():
    folder = Path(__file__).parents[2] / "services/reconciler/profiles"

    assert {profile.id for profile in load_profiles()} == {path.stem for path in folder.glob("*.yaml")}
    assert all(profile.source for profile in load_profiles())
