"""Writes statement files of any size: a WeChat Pay trade bill in GBK whose totals tie, and a bank's quoted list.

Beside each stands what a scan reads: the same rows as UTF-8, without the totals, which no scan could skip. The same
number of rows always gives the same bytes.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BILL_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
LIST_HEADER = "Date,Description,Billing amount,Billing currency,Balance,Balance currency"
_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_SUBJECTS = ("水费", "电费", "停车费 南门", "文创雪糕（草莓味）", "医院挂号", "公交月票", "autotest", "图书，两册")
_BANKS = ("ICBC_DEBIT", "CMB_CREDIT", "CFT", "OTHERS", "ABC_DEBIT")
_REFUND_EVERY = 25


class Written(NamedTuple):
    """A statement, the same rows for the scan, and what both must sum up to: the money in, in fen or cents."""

    statement: Path
    scan: Path
    rows: int
    came_minor: int


def write_bill(folder: Path, rows: int) -> Written:
    """27 columns, back-ticks, CRLF, 4 % refunds, a totals row; in GB18030."""
    bill, scan = folder / f"bill_{rows}.csv", folder / f"bill_{rows}.scan.csv"
    paid = refunded = fees = 0
    with bill.open("w", encoding="gb18030", newline="") as file, scan.open("w", encoding="utf-8", newline="") as bare:
        file.write(BILL_HEADER + "\r\n")
        bare.write(BILL_HEADER + "\r\n")
        for line, minor, fee in _bill_rows(rows):
            file.write(line)
            bare.write(line)
            paid, refunded, fees = paid + max(minor, 0), refunded - min(minor, 0), fees + fee
        fen = (fees + 500) // 1_000  # the channel rounds the total half up
        totals = (f"{rows}.0", *map(_yuan, (paid, refunded, 0, fen, paid, refunded)))
        file.write(_TOTALS + "\r\n" + ",".join(f"`{cell}" for cell in totals) + "\r\n")
    return Written(bill, scan, rows, paid)


def write_list(folder: Path, rows: int) -> Written:
    """Amounts in quotes with thousands signs and a TAB behind them, a running text, two years of days; in UTF-8."""
    listed, scan = folder / f"list_{rows}.csv", folder / f"list_{rows}.scan.csv"
    rng, balance, came = random.Random(5), 100_000_000, 0
    with listed.open("w", encoding="utf-8", newline="") as file, scan.open("w", encoding="utf-8", newline="") as bare:
        file.write(LIST_HEADER + "\r\n")
        bare.write(LIST_HEADER + "\r\n")
        for no in range(rows):
            minor = rng.randint(-900_000, 999_999)
            balance, came = balance + minor, came + max(minor, 0)
            month, day = no * 12 // rows % 12 + 1, no % 28 + 1
            cells = (f"{day:02}/{month:02}/2026", f"FUND TRANSFER FROM       12-345678-9 PAYER {no}")
            amounts = (f'"{minor / 100:,.2f}"', f'"{balance / 100:,.2f}"')
            file.write(",".join((*cells, amounts[0] + "\t", "HKD", amounts[1] + "\t", "HKD")) + "\r\n")
            bare.write(",".join((*cells, amounts[0], "HKD", amounts[1], "HKD")) + "\r\n")
    return Written(listed, scan, rows, came)


def _bill_rows(count: int) -> Iterator[tuple[str, int, int]]:
    """Each line, its signed amount in fen, and its fee in thousandths of a fen (five decimals of a yuan)."""
    rng = random.Random(5)
    for no in range(count):
        second = no * 86_400 // count
        time = f"2026-03-01 {second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
        minor = rng.randint(1, 99_999)
        refund = no % _REFUND_EVERY == _REFUND_EVERY - 1
        fee = minor * 6  # 0.6 %, not rounded
        paid, back = ("0.00", _yuan(minor)) if refund else (_yuan(minor), "0.00")
        cells = (
            time, "wx5c1d7a3e9b204f68", "1900000109", "0", "", f"42000014892026030{no:011}", f"water-20260301-{no:09}",
            f"oUpF8uMuAJO_M2pxb1Q9{rng.getrandbits(32):08x}", "JSAPI", "REFUND" if refund else "SUCCESS",
            rng.choice(_BANKS), "CNY", paid, "0.00", f"50300806202026030{no:011}" if refund else "0",
            f"refund-{no:09}" if refund else "0", back, "0.00", "ORIGINAL" if refund else "",
            "SUCCESS" if refund else "", rng.choice(_SUBJECTS), "",
            f"{'-' if refund else ''}{fee // 100_000}.{fee % 100_000:05}", "0.60%", paid, back, "",
        )  # fmt: skip
        yield ",".join(f"`{cell}" for cell in cells) + "\r\n", -minor if refund else minor, -fee if refund else fee


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
