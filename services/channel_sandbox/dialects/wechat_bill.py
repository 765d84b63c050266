"""WeChat Pay's trade bill (交易账单, bill type ALL, 27 columns) of a day: UTF-8 with a BOM, back-ticks, totals.

The layout is that of pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html.
"""

from zoneinfo import ZoneInfo

from services.channel_sandbox.dialects.fields import to_yuan
from services.channel_sandbox.dialects.wechat_pay import OPENID, WeChatKeys
from services.channel_sandbox.domain.order import Order
from services.channel_sandbox.domain.refund import Refund
from services.channel_sandbox.domain.statement import StatementDay

_BEIJING = ZoneInfo("Asia/Shanghai")
_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def trade_bill(day: StatementDay, keys: WeChatKeys, fee_ppm: int) -> bytes:
    """The file."""
    rate = f"{fee_ppm / 10_000:.2f}%"
    lines = [_HEADER]
    lines += [_row(_paid(order, keys, rate)) for order in day.paid]
    lines += [_row(_refunded(order, refund, keys, rate)) for order, refund in day.refunded]
    lines += [_TOTALS, _row(_sums(day))]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _paid(order: Order, keys: WeChatKeys, rate: str) -> list[str]:
    assert order.paid_at, "only what was paid is on a bill"
    amount = to_yuan(order.asked.amount_minor)
    return [
        *(f"{order.paid_at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}", *_whose(order, keys), "SUCCESS", "OTHERS", "CNY"),
        *(amount, "0.00", "0", "0", "0.00", "0.00", "", "", order.asked.description, order.asked.attach),
        *(_five_decimals(order.fee_minor), rate, amount, "0.00", ""),
    ]


def _refunded(order: Order, refund: Refund, keys: WeChatKeys, rate: str) -> list[str]:
    amount = to_yuan(refund.asked.amount_minor)
    return [
        *(f"{refund.accepted_at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}", *_whose(order, keys)),
        *("REFUND", "OTHERS", "CNY", "0.00", "0.00", refund.channel_refund_no, refund.asked.merchant_refund_no),
        *(amount, "0.00", "ORIGINAL", "SUCCESS", order.asked.description, order.asked.attach),
        *(_five_decimals(-refund.fee_minor), rate, "0.00", amount, ""),
    ]


def _whose(order: Order, keys: WeChatKeys) -> list[str]:
    numbers = [order.channel_txn_no, order.asked.merchant_order_no]
    return [keys.appid, keys.mchid, "0", "", *numbers, OPENID, "NATIVE"]


def _sums(day: StatementDay) -> list[str]:
    paid = to_yuan(sum(order.asked.amount_minor for order in day.paid))
    refunded = to_yuan(sum(refund.asked.amount_minor for _, refund in day.refunded))
    fees_minor = sum(order.fee_minor for order in day.paid) - sum(refund.fee_minor for _, refund in day.refunded)
    return [str(len(day.paid) + len(day.refunded)), paid, refunded, "0.00", to_yuan(fees_minor), paid, refunded]


def _row(cells: list[str]) -> str:
    """Nothing is quoted in this layout, so a comma in a text gives way."""
    return ",".join("`" + cell.replace(",", " ") for cell in cells)


def _five_decimals(fee_minor: int) -> str:
    return f"{to_yuan(fee_minor)}000"
