"""Alipay's business bill (业务明细, bill type trade, 25 columns) of a day: GBK, tabs in cells, sums below, in a zip."""

import io
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.channel_sandbox.dialects.alipay import BUYER, AlipayKeys, local
from services.channel_sandbox.dialects.fields import to_yuan
from services.channel_sandbox.domain.order import Order
from services.channel_sandbox.domain.refund import Refund
from services.channel_sandbox.domain.statement import StatementDay

_BEIJING = ZoneInfo("Asia/Shanghai")
_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_LINE = "-" * 41


def business_bill(day: StatementDay, keys: AlipayKeys) -> bytes:
    """The file of details."""
    paid_minor = sum(order.asked.amount_minor for order in day.paid)
    refunded_minor = sum(refund.asked.amount_minor for _, refund in day.refunded)
    start, end = (f"{one:%Y年%m月%d日} 00:00:00" for one in (day.day, day.day + timedelta(days=1)))
    lines = [
        "#支付宝业务明细查询",
        f"#账号：[{keys.seller_id}0156]",
        f"#起始日期：[{start}]   终止日期：[{end}]",
        f"#{_LINE}业务明细列表{_LINE[1:]}",
        _HEADER,
        *(_paid(order) for order in day.paid),
        *(_refunded(order, refund) for order, refund in day.refunded),
        f"#{_LINE}业务明细列表结束{_LINE[5:]}",
        f"#交易合计：{len(day.paid)}笔，商家实收共{to_yuan(paid_minor)}元，商家优惠共0.00元",
        f"#退款合计：{len(day.refunded)}笔，商家实收退款共{to_yuan(-refunded_minor)}元，商家优惠退款共0.00元",
        f"#导出时间：[{day.made_at.astimezone(_BEIJING):%Y年%m月%d日 %H:%M:%S}]",
    ]
    return ("\r\n".join(lines) + "\r\n").encode("gbk", "replace")


def archive(day: StatementDay, keys: AlipayKeys) -> bytes:
    """The file as it is downloaded: in a zip, under the name that Alipay gives it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        # Names of its archives are GBK without a flag that says so; read as such they are what this is.
        name = f"{keys.seller_id}0156_{day.day:%Y%m%d}_业务明细.csv".encode("gbk").decode("cp437")
        files.writestr(zipfile.ZipInfo(name, (*day.day.timetuple()[:3], 0, 0, 0)), business_bill(day, keys))
    return packed.getvalue()


def _paid(order: Order) -> str:
    return _row(order, "交易", local(order.paid_at), order.asked.amount_minor, "", -order.fee_minor)


def _refunded(order: Order, refund: Refund) -> str:
    asked = refund.asked
    return _row(order, "退款", local(refund.done_at), -asked.amount_minor, asked.merchant_refund_no, refund.fee_minor)


def _row(order: Order, kind: str, done: str, amount_minor: int, refund_no: str, fee_minor: int) -> str:
    """The fee of a payment is below zero; nothing is quoted, so a comma in a text gives way."""
    amount, subject = to_yuan(amount_minor), order.asked.description.replace(",", " ")
    cells = [
        *(f"{order.channel_txn_no}\t", f"{order.asked.merchant_order_no}\t", f"{kind}\t", subject),
        *(local(order.scanned_at), done, "\t", "\t", "\t", "\t", f"*测试({BUYER})\t"),
        *(amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00"),
        *(f"{refund_no}\t", to_yuan(fee_minor), "0.00", ""),
    ]
    return ",".join(cells)
