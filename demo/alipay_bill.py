"""Writes Alipay's merchant bill 业务明细 (bill_type trade) as the channel does; invents no row.

Layout as downloaded: GBK, LF, no quoting, "#" lines before and after, a TAB after the same ten cells of
each row. Amounts are signed: a refund is below zero, and so is the fee of a payment.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from demo.bill_text import beijing_time, fee_fen, fen, row_text, yuan
from demo.plan import BEIJING, BillRow

ACCOUNT_NO = "20880000000000000156"
_FEE_RATE = Decimal("0.0060")

_TITLE = "#支付宝业务明细查询"
_BEGIN = "#-----------------------------------------业务明细列表----------------------------------------"
_END = "#-----------------------------------------业务明细列表结束------------------------------------"
_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def write(rows: Sequence[BillRow], business_date: date, export_time: datetime) -> bytes:
    """The bill of these rows, in their order, with the totals that they add up to."""
    lines = [
        *_preamble(business_date),
        _HEADER,
        *(row_text(_cells(row)) for row in rows),
        *_footer(rows, export_time),
    ]
    return "".join(line + "\n" for line in lines).encode("gbk")


def _preamble(business_date: date) -> list[str]:
    first, last = (f"{day:%Y年%m月%d日} 00:00:00" for day in (business_date, business_date + timedelta(days=1)))
    return [_TITLE, f"#账号：[{ACCOUNT_NO}]", f"#起始日期：[{first}]   终止日期：[{last}]", _BEGIN]


def _cells(row: BillRow) -> list[str]:
    """The 25 cells. A shop, an operator and a terminal stand only on payments made at a counter."""
    amount, kind = (-fen(row.amount), "退款") if row.is_refund else (fen(row.amount), "交易")
    fee = fee_fen(fen(row.amount), _FEE_RATE)
    return [
        f"{row.channel_txn_no}\t", f"{row.merchant_order_no}\t", f"{kind}\t", row.subject,
        beijing_time(row.create_time), beijing_time(row.book_time), "\t", "\t", "\t", "\t", f"{row.payer}\t",
        yuan(amount), yuan(amount), "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00",
        f"{row.merchant_refund_no}\t", yuan(fee if row.is_refund else -fee), "0.00", row.subject,
    ]  # fmt: skip


def _footer(rows: Sequence[BillRow], export_time: datetime) -> list[str]:
    payments = [fen(row.amount) for row in rows if not row.is_refund]
    refunds = [fen(row.amount) for row in rows if row.is_refund]
    return [
        _END,
        f"#交易合计：{len(payments)}笔，商家实收共{yuan(sum(payments))}元，商家优惠共0.00元",
        f"#退款合计：{len(refunds)}笔，商家实收退款共{yuan(-sum(refunds))}元，商家优惠退款共0.00元",
        f"#导出时间：[{export_time.astimezone(BEIJING):%Y年%m月%d日 %H:%M:%S}]",
    ]
