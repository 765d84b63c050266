"""The Alipay merchant business bill, made here in its true layout and read by the shipped profile."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.reconciler.domain.line import LineKind
from services.reconciler.domain.statement import RowCounts
from services.reconciler.statements import StatementRefused
from tests.support.statements import read_file

HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ABOVE = (
    "#支付宝业务明细查询",
    "#账号：[20880000000000000156]",
    "#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]",
    "#-----------------------------------------业务明细列表----------------------------------------",
    HEADER,
)
END = "#-----------------------------------------业务明细列表结束------------------------------------"
EXPORTED = "#导出时间：[2026年03月02日 05:46:49]"
PAID = ("1", "3.00", "0.00")
REFUNDED = ("1", "-1.00", "0.00")


def row(
    no: int, kind: str = "交易", amount: str = "3.00", time: str = "2026-03-01 10:55:23", refund_no: str = ""
) -> str:
    return (
        f"20260301{no:04}\t,order-{no}\t,{kind}\t,燃气费,2026-02-28 23:59:00,{time},\t,\t,\t,\t,*测试(138****00)\t,"
        f"{amount},{amount},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,{refund_no}\t,-0.02,0.00,"
    )


def refund(no: int) -> str:
    return row(no, "退款", "-1.00", "2026-03-01 11:00:00", "refund-1")


def footer(paid: tuple[str, str, str] = PAID, refunded: tuple[str, str, str] = REFUNDED) -> list[str]:
    return [
        END,
        f"#交易合计：{paid[0]}笔，商家实收共{paid[1]}元，商家优惠共{paid[2]}元",
        f"#退款合计：{refunded[0]}笔，商家实收退款共{refunded[1]}元，商家优惠退款共{refunded[2]}元",
        EXPORTED,
    ]


def bill(rows: list[str], below: list[str], above: tuple[str, ...] = ABOVE) -> bytes:
    return ("\n".join([*above, *rows, *below]) + "\n").encode("gb18030")


def refusal(raw: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as refused:
        read_file(raw)
    return refused.value


def test_a_bill_in_gbk_becomes_lines_of_the_day_and_account_that_its_preamble_states():
    raw = bill([row(1), refund(1)], footer())

    statement = read_file(raw)

    payment, back = statement.lines
    assert (payment.kind, payment.amount, payment.fee_text) == (LineKind.PAYMENT, Money("CNY", 300), "-0.02")
    assert (payment.channel_txn_no, payment.merchant_order_no) == ("202603010001", "order-1")
    assert (back.kind, back.amount, back.status) == (LineKind.REFUND, Money("CNY", -100), "退款")
    assert (back.channel_txn_no, back.merchant_refund_no) == ("202603010001", "refund-1")
    assert back.book_time == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert [raw[line.byte_offset :][: line.byte_size] for line in statement.lines] == raw.split(b"\n")[5:7]
    assert (statement.summary.encoding, statement.summary.account_no) == ("gb18030", "20880000000000000156")
    assert statement.summary.first_date == date(2026, 3, 1)
    assert statement.summary.period_start == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert statement.summary.period_end == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert statement.summary.rows == RowCounts(booked=2, neutral=0, frame=9, quarantined=0)
    assert all(control.ties for control in statement.summary.controls)


def test_a_bill_without_lines_is_of_the_day_that_it_states():
    nothing = ("0", "0.00", "0.00")

    statement = read_file(bill([], footer(nothing, nothing)))

    assert (statement.lines, statement.summary.first_date) == ((), date(2026, 3, 1))


def test_the_same_bill_saved_in_utf8_loads():
    raw = bill([row(1), refund(1)], footer()).decode("gb18030").encode()

    assert read_file(raw).summary.encoding == "utf-8"


@pytest.mark.parametrize("time", ["2026-02-28 23:59:59", "2026-03-02 00:00:00"])
def test_a_line_outside_the_stated_day_is_refused_and_named(time):
    refused = refusal(bill([row(1, time=time), refund(1)], footer()))

    assert (refused.code, refused.line) == ("E-PERIOD", 6)


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ("#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年04月01日 00:00:00]", "E-PERIOD-LONG"),
        ("#起始日期：[2026年03月02日 00:00:00]   终止日期：[2026年03月01日 00:00:00]", "E-PERIOD-LONG"),
        ("#起始日期：[2026-03-01]   终止日期：[2026-03-02]", "E-DATE"),
        ("#起始日期：2026年03月01日", "E-FRAME"),
    ],
)
def test_a_stated_period_that_is_not_one_day_is_refused(period, code):
    above = (*ABOVE[:2], period, *ABOVE[3:])

    assert refusal(bill([row(1), refund(1)], footer(), above)).code == code


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row(1, "转账"), "E-STATUS-UNKNOWN"),
        (row(1, "交易", "-3.00"), "E-AMOUNT"),
        (row(1, "退款", "3.00"), "E-AMOUNT"),
        (row(1) + ",more", "E-WIDTH"),
        ("", "E-WIDTH"),
    ],
)
def test_one_bad_row_refuses_the_whole_bill(bad, code):
    refused = refusal(bill([row(2), bad], footer()))

    assert (refused.code, refused.line) == (code, 7)


@pytest.mark.parametrize(
    ("below", "code"),
    [
        (footer(paid=("2", "3.00", "0.00")), "E-CONTROL-COUNT"),
        (footer(paid=("1", "3.01", "0.00")), "E-CONTROL-SUM"),
        (footer(refunded=("0", "-1.00", "0.00")), "E-CONTROL-COUNT"),
        (footer(refunded=("1", "1.00", "0.00")), "E-CONTROL-SUM"),
        (footer(refunded=("1", "-1.00", "0.10")), "E-CONTROL-SUM"),
        (footer(paid=("1", "3-00", "0.00")), "E-AMOUNT"),
        ([END, EXPORTED], "E-FRAME"),
        ([*footer(), "#导出人：[x]"], "E-FRAME"),
    ],
)
def test_a_footer_that_does_not_tie_or_is_not_the_layouts_refuses_the_bill(below, code):
    assert refusal(bill([row(1), refund(1)], below)).code == code


def test_a_utf8_row_in_a_gbk_bill_is_refused_although_its_bytes_would_decode():
    lines = bill([row(1), refund(1)], footer()).split(b"\n")
    foreign = row(1).replace("燃气费", "水费电费").encode()
    foreign.decode("gb18030")
    lines[5] = foreign

    refused = refusal(b"\n".join(lines))

    assert (refused.code, refused.line) == ("E-ENC-MIXED", 6)


def test_a_bill_cut_at_any_byte_is_refused_or_lacks_nothing():
    whole = bill([row(1), refund(1)], footer())
    expected = read_file(whole)

    refused = {}
    for size in range(len(whole)):
        try:
            assert read_file(whole[:size]) == expected
        except StatementRefused as refusal_of_cut:
            refused[size] = refusal_of_cut.code

    # Only the very last line end may be missing.
    assert refused.keys() == set(range(len(whole) - 1))
    assert {refused[size] for size in range(whole.index(b"\n"), len(whole) - 1)} == {"E-TRUNCATED"}


def test_a_bill_cut_at_any_line_end_is_called_truncated():
    lines = bill([row(1), refund(1)], footer()).splitlines(keepends=True)

    codes = [refusal(b"".join(lines[:count])).code for count in range(1, len(lines))]

    assert codes == ["E-TRUNCATED"] * (len(lines) - 1)


@given(st.data())
def test_a_damaged_byte_never_does_worse_than_a_refusal(data):
    whole = bill([row(1), refund(1)], footer())
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :]

    try:
        statement = read_file(damaged)
    except StatementRefused:
        return

    assert (statement.summary.sums_in, statement.summary.sums_out) == ({"CNY": 300}, {"CNY": -100})
