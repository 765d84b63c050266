"""Account bills of the wallets, a card's export and records of fixed width, made here in their true layouts."""

import pytest

from services.reconciler.domain.line import LineKind
from services.reconciler.domain.statement import RowCounts
from services.reconciler.statements import load_profiles
from tests.support.statement_samples import gbk_zip
from tests.support.statements import read_as_far, read_file

ALIPAY = """#支付宝账务明细查询
#账号：[20880000000000000156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1001\t,2001\t,order-1\t,燃气费\t,2026-03-01 10:00:00,a***@example.com\t,5.00,,105.00,支付宝,在线支付,\t
1002\t,2002\t,order-1\t,燃气费\t,2026-03-01 11:00:00,a***@example.com\t,,-1.50,103.50,支付宝,退款,\t
1003\t,2003\t,\t,服务费\t,2026-03-01 12:00:00,\t,0.00,-0.02,103.48,支付宝,收费,\t
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：2笔，共-1.52元
#收入合计：1笔，共5.00元
#导出时间：[2026年03月02日 05:46:49]
"""
FUND_FLOW = """记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,\
收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号
`2026-03-01 10:00:00,`50001,`42001,`交易,`交易,`收入,`5.00,`105.00,`system,`缴费,`order-1
`2026-03-01 10:00:00,`50001,`42002,`扣除交易手续费,`扣除交易手续费,`支出,`0.03,`104.97,`system,`/,`order-1
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`2,`1,`5.00,`1,`0.03
"""
ICBC = """明细查询文件下载

卡号: 6222****1234,"卡别名: "

交易日期,记账日期,摘要,交易场所,交易国家或地区简称,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名
2026-03-01     \t,2026-03-02     \t,"消费    \t","燃气  \t","CHN \t","-  \t","1,023.40  \t",人民币 \t,\
"   \t","1,023.40  \t",人民币 \t,"6,211.10 \t","\t",
2026-03-03     \t,2026-03-03     \t,"还款    \t","  \t","CHN \t","500.00  \t","-  \t",人民币 \t,\
"500.00  \t","  \t",人民币 \t,"6,711.10 \t","\t",
"""


def test_the_account_bill_of_alipay_ties_in_the_archive_that_is_sent():
    raw = ALIPAY.encode("gb18030")
    archive = gbk_zip(("汇总.csv", "#支付宝账务汇总查询\n".encode("gb18030")), ("账务明细.csv", raw))

    summary, lines = read_file(archive)

    assert (summary.profile_id, summary.channel) == ("alipay.account", "alipay_account")
    assert [(line.kind, line.amount_minor, line.balance_after_minor) for line in lines] == [
        (LineKind.CREDIT, 500, 10500),
        (LineKind.DEBIT, -150, 10350),
        (LineKind.DEBIT, -2, 10348),
    ]
    assert [(line.channel_txn_no, line.entry_ref, line.merchant_order_no) for line in lines] == [
        ("1001", "2001", "order-1"),
        ("1002", "2002", "order-1"),
        ("1003", "2003", ""),
    ]
    assert summary.account_no == "20880000000000000156"
    assert len(summary.controls) == 4
    assert summary.rows == RowCounts(booked=3, neutral=0, frame=9, quarantined=0)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("共-1.52元", "共-1.53元", "E-CONTROL-SUM"),
        ("支出合计：2笔", "支出合计：1笔", "E-CONTROL-COUNT"),
        ("#收入合计：1笔，共5.00元\n", "", "E-TRUNCATED"),
        ("#-----------------------------------------账务明细列表结束", "#", "E-TRUNCATED"),
        ("5.00,,105.00", "5.00,1.00,105.00", "E-AMOUNT"),
        ("5.00,,105.00", ",,105.00", "E-AMOUNT"),
        ("2026-03-01 12:00:00", "2026-03-02 00:00:00", "E-PERIOD"),
        ("1003\t", "1.003E+15\t", "E-EXCEL-PRECISION"),
    ],
)
def test_an_account_bill_that_was_touched_is_not_loadable(old, new, code):
    assert old in ALIPAY

    summary, _ = read_as_far(ALIPAY.replace(old, new, 1).encode("gb18030"))

    assert not summary.loadable
    assert code in {fault.code for fault in summary.faults}


def test_the_fund_flow_bill_of_wechat_pay_ties_and_takes_brackets_of_either_width():
    summary, lines = read_file(FUND_FLOW.encode())
    narrow, _ = read_file(FUND_FLOW.replace("（元）", "(元)").encode())

    assert (summary.profile_id, summary.channel) == ("wechat_pay.fund_flow", "wechat_pay_fund")
    assert (summary.sums_in, summary.sums_out) == ({"CNY": 500}, {"CNY": -3}) == (narrow.sums_in, narrow.sums_out)
    assert [line.merchant_order_no for line in lines] == ["order-1", "order-1"]
    assert len(summary.controls) == 5


def test_a_credit_card_of_icbc_is_told_from_a_debit_card_by_its_day_of_booking():
    summary, lines = read_file(ICBC.encode())

    assert (summary.profile_id, summary.account_no) == ("icbc.credit", "6222****1234")
    assert [(line.amount_minor, str(line.value_date)) for line in lines] == [
        (-102340, "2026-03-02"),
        (50000, "2026-03-03"),
    ]


def zm(**changed: str) -> bytes:
    """One record of 607 bytes; fields that are not named are blank."""
    fixed = next(profile.fixed for profile in load_profiles() if profile.id == "unionpay.zm")
    assert fixed is not None
    fields = {
        "交易代码": "S22",
        "交易传输时间": "1231235959",
        "交易金额": "000000012345",
        "查询流水号": "202512312359590000001",
        "商户订单号": "order1",
        "商户手续费": "C000000000024",
        "商户代码": "898000000000001",
        "商户自定义域": "燃气缴费",
    } | changed
    cells = [
        fields.get(name, "").encode("gb18030").ljust(width)
        for name, width in zip(fixed.names, fixed.widths, strict=True)
    ]
    return b" ".join(cells) + b"\n"


def test_a_record_of_fixed_width_takes_its_year_from_its_number_and_its_fee_by_its_letter():
    (line,) = read_file(zm()).lines

    assert (line.amount_minor, line.fee_text, line.merchant_order_no) == (12345, "-0.24", "order1")
    assert line.book_time is not None
    assert line.book_time.isoformat() == "2025-12-31T15:59:59+00:00"
    assert line.business_date.isoformat() == "2026-01-01"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (zm(交易代码="S30"), "E-STATUS-UNKNOWN"),
        (zm(交易传输时间="0230000000"), "E-DATE"),
        (zm(交易金额="0000000123.4"), "E-AMOUNT"),
        (zm(查询流水号=""), "E-DATE"),
        (zm(商户手续费="X000000000024"), "E-CELL-FORM"),
        (zm()[:-2] + b"\n", "E-WIDTH"),
        (zm()[:3] + b"x" + zm()[4:], "E-WIDTH"),
        (zm()[:100] + zm()[101:-1] + b"x\n", "E-WIDTH"),
        (zm()[:300], "E-TRUNCATED"),
    ],
)
def test_a_record_that_is_not_exactly_as_it_should_be_is_refused_by_its_line(record, code):
    summary, lines = read_as_far(zm() + record)

    assert [(fault.code, fault.line) for fault in summary.faults] == [(code, 2)]
    assert (len(lines), summary.rows.quarantined, summary.loadable) == (1, 1, False)
