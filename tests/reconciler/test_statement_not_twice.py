"""Money that a file holds twice, or where nobody looks, is never left out or counted twice without a word."""

import pytest

from services.reconciler.statements import StatementRefused
from tests.support.statement_families import camt053, mt940, ofx
from tests.support.statement_samples import alipay_business, boc_debit, gbk_zip, paypal_stl
from tests.support.statements import read_as_far, read_file

CMB = "记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要"
CMB_ROWS = ("2026-03-01,CNY,100.00,100.00,转账,张三,", "2026-03-02,CNY,-30.00,70.00,消费,商户,")
ALIPAY = """#支付宝账务明细查询
#账号：[20880000000000000156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,备注
1\t,2\t,O1\t,2026-03-01 10:00:00,a***@example.com\t,100.00,,100.00,\t
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：0笔，共0.00元
#收入合计：1笔，共100.00元
#导出时间：[2026年03月02日 09:00:00]
"""


def faults(raw: bytes) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.line) for fault in read_as_far(raw).summary.faults]


def test_rows_above_the_header_are_no_preamble():
    sound = "\n".join((CMB, *CMB_ROWS, "")).encode("gb18030")
    moved = "\n".join((CMB_ROWS[0], CMB, CMB_ROWS[1], "")).encode("gb18030")

    assert read_file(sound).summary.rows.booked == 2
    assert faults(moved) == [("E-FRAME", 1)]


def test_a_bill_behind_the_end_of_another_is_no_footer():
    raw = ALIPAY.encode("gb18030")

    assert read_file(raw).summary.sums_in == {"CNY": 100_00}
    assert faults(raw + raw.replace(b"100.00", b"200.00")) == [("E-FRAME", 15)]


def test_a_row_behind_the_end_of_its_list_is_no_footer():
    lines = ALIPAY.split("\n")
    raw = "\n".join((*lines[:7], lines[5].replace("100.00", "900.00"), *lines[7:])).encode("gb18030")

    assert faults(raw) == [("E-FRAME", 8)]


def test_a_second_section_of_a_settlement_report_is_not_left_out():
    raw = paypal_stl()
    begin, end = raw.index(b'"SH"'), raw.index(b'"RF"') if b'"RF"' in raw else len(raw)

    assert read_file(raw).summary.loadable
    assert [code for code, _ in faults(raw[:end] + raw[begin:end] + raw[end:])] == ["E-FRAME"]


def test_of_an_archive_with_two_statements_none_is_left_out():
    archive = gbk_zip(("a.csv", boc_debit()), ("b.csv", alipay_business()))

    with pytest.raises(StatementRefused) as refused:
        read_file(archive)

    assert refused.value.code == "E-PROFILE-MANY"
    assert "boc.debit v1 of a.csv" in str(refused.value)
    assert "alipay.business v1 of b.csv" in str(refused.value)


@pytest.mark.parametrize("raw", [mt940(), mt940().replace(b"-\r\n", b"")])
def test_a_message_that_was_sent_again_under_another_reference_is_not_counted_twice(raw):
    reference = raw.split(b":20:")[1].split()[0]
    again = raw.replace(b":20:" + reference, b":20:AGAIN")

    assert read_file(raw).summary.loadable
    assert [code for code, _ in faults(raw + again)] == ["E-FRAME"]


def test_a_statement_that_is_in_an_xml_twice_is_not_counted_twice():
    raw = camt053()
    begin, end = raw.index(b"<Stmt>"), raw.index(b"</Stmt>") + 7

    assert read_file(raw).summary.loadable
    assert [code for code, _ in faults(raw[:end] + raw[begin:end] + raw[end:])] == ["E-FRAME"]


def test_an_ofx_behind_another_is_refused():
    assert read_file(ofx()).summary.loadable
    assert [code for code, _ in faults(ofx() + ofx())] == ["E-FRAME"]
