"""Writes WeChat Pay's merchant trade bill (bill_type ALL) as the channel does; invents no row.

Layout: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html, and bills as
downloaded: UTF-8 with a byte order mark, CRLF, no quoting, a back-tick before each cell but the headers'.
"""

from collections.abc import Sequence
from decimal import Decimal

from demo.bill_text import beijing_time, fee_fen, fen, row_text, yuan
from demo.plan import BillRow

MCH_ID = "1900000109"
_APP_ID = "wx5c1d7a3e9b204f68"
_FEE_RATE = Decimal("0.0060")

_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_TOTALS_HEADER = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def write(rows: Sequence[BillRow]) -> bytes:
    """The bill of these rows, in their order, with the totals that they add up to."""
    lines = [_HEADER, *(_ticked(_cells(row)) for row in rows), _TOTALS_HEADER, _ticked(_totals(rows))]
    return "".join(line + "\r\n" for line in lines).encode("utf-8-sig")


def _cells(row: BillRow) -> list[str]:
    """The 27 cells. A payment has "0" for the refund numbers, a refund 0.00 for the order's amounts."""
    paid, refunded = (0, fen(row.amount)) if row.is_refund else (fen(row.amount), 0)
    return [
        beijing_time(row.book_time), _APP_ID, MCH_ID, "0", "", row.channel_txn_no, row.merchant_order_no,
        row.payer, "JSAPI", "REFUND" if row.is_refund else "SUCCESS", row.bank, "CNY", yuan(paid), "0.00",
        row.channel_refund_no or "0", row.merchant_refund_no or "0", yuan(refunded), "0.00",
        "ORIGINAL" if row.is_refund else "", "SUCCESS" if row.is_refund else "", row.subject, "",
        f"{Decimal(_fee(row)).scaleb(-2):.5f}", f"{_FEE_RATE:.2%}", yuan(paid), yuan(refunded), "",
    ]  # fmt: skip


def _fee(row: BillRow) -> int:
    """In fen, though printed with five decimals; below zero on a refund, which gives the fee back."""
    fee = fee_fen(fen(row.amount), _FEE_RATE)
    return -fee if row.is_refund else fee


def _totals(rows: Sequence[BillRow]) -> list[str]:
    paid = sum(fen(row.amount) for row in rows if not row.is_refund)
    refunded = sum(fen(row.amount) for row in rows if row.is_refund)
    fees = sum(_fee(row) for row in rows)
    sums = [_short(total) for total in (paid, refunded, 0, fees, paid, refunded)]
    return [f"{len(rows)}.0", *sums]


def _short(total_fen: int) -> str:
    """Fen as the totals print yuan: no trailing zero but the first decimal ("0.47", "12.5", "0.0")."""
    return yuan(total_fen).removesuffix("0")


def _ticked(cells: list[str]) -> str:
    return row_text([f"`{cell}" for cell in cells])
