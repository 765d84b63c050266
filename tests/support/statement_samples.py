"""Statement files as their channels write them, where no downloaded file is at hand; every row is made up.

Each writer gives bytes: GBK where the channel writes GBK, its padding, its line ends, its archive. It computes totals
and balances from the rows, so that a test that damages one of them knows what is damaged.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from chassis.money import Money
from demo import alipay_bill, wechat_pay_bill
from demo.plan import BillRow

FIRST = datetime(2026, 3, 1, 2, tzinfo=UTC)  # 10:00 in Shanghai


def bill_rows(paid: int = 4, refunded: int = 1) -> list[BillRow]:
    """Payments of 10.01, 10.02 … yuan, a minute apart; the last ones refund the first ones."""
    payments = [
        BillRow(
            create_time=FIRST,
            book_time=FIRST + timedelta(minutes=no),
            channel_txn_no=f"42000014892026030112345{no:05}",
            merchant_order_no=f"water-20260301-{no:04}",
            amount=Money("CNY", 1000 + no),
            payer=f"oUpF8uMuAJO_M2pxb1Q9zNjWe{no:03}",
            bank="ICBC_DEBIT",
            subject="水费",
        )
        for no in range(1, paid + 1)
    ]
    refunds = [
        replace(
            payment,
            book_time=FIRST + timedelta(hours=1, minutes=no),
            is_refund=True,
            channel_refund_no=f"50300806202026030198765{no:05}",
            merchant_refund_no=f"refund-{no}",
        )
        for no, payment in enumerate(payments[:refunded], 1)
    ]
    return payments + refunds


def wechat_pay_trade(paid: int = 4, refunded: int = 1) -> bytes:
    """WeChat Pay's trade bill: UTF-8 with a mark, CRLF, a back-tick before each cell, totals in the last two lines."""
    return wechat_pay_bill.write(bill_rows(paid, refunded))


def alipay_business(paid: int = 4, refunded: int = 1) -> bytes:
    """Alipay's merchant business bill, in GBK."""
    return alipay_bill.write(bill_rows(paid, refunded), FIRST.date(), FIRST + timedelta(days=1))


def alipay_archive(detail: bytes) -> bytes:
    """The archive as it is downloaded: the summary first, names in GBK and no flag that would say so."""
    summary = "#支付宝业务汇总查询\r\n门店编号,门店名称,交易订单总笔数\r\n合计,,5\r\n".encode("gb18030")
    return gbk_zip(("20880000000000000156_20260301_业务明细(汇总).csv", summary),
                   ("20880000000000000156_20260301_业务明细.csv", detail))  # fmt: skip


def gbk_zip(*members: tuple[str, bytes]) -> bytes:
    """A zip whose names are bytes of GBK without the UTF-8 flag."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = _GbkName(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return file.getvalue()


class _GbkName(zipfile.ZipInfo):
    """Writes its name in GBK, as the archivers of Chinese channels do."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), self.flag_bits


def boc_debit(amounts: Sequence[str] = ("1000.00", "-326.00", "50.00", "-71.89"), opening: str = "3000.00") -> bytes:
    """Bank of China's account list: a title, newest first, a running balance, here in GBK."""
    rows, balance = [], Decimal(opening)
    for no, amount in enumerate(amounts, 1):
        balance += Decimal(amount)
        rows.append(
            f"2026-03-{no:02},10:{no:02}:17,人民币,{_grouped(amount)},{_grouped(balance)},网上快捷支付,银企对接,"
            f"-------------------,支付宝-某某,支付宝-某某,Z200******010N,-------------------,3167"
        )
    header = "记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行,借记卡号"
    return "\r\n".join(["中国银行交易流水明细单", header, *reversed(rows), ""]).encode("gb18030")


def paypal_stl(rows: Sequence[tuple[str, str, str, str]] = (
    ("5TY05013RG002845M", "T0006", "CR", "10000"), ("8MC585209K746631H", "T1107", "DR", "2500"))) -> bytes:  # fmt: skip
    """PayPal's settlement report: typed records, amounts unsigned in minor units beside CR or DR."""
    moment = "2026/03/01 00:01:17 -0800"
    body = [
        f'"SB","{txn}","INV-{no}","","","{code}",{moment},{moment},"{way}",{amount},"USD","DR",320,"USD","","C{no}","","","",,,""'
        for no, (txn, code, way, amount) in enumerate(rows, 1)
    ]
    lines = [
        '"RH",2026/03/02 02:10:44 -0800,"A","ACCT7R3GG3XKE","011"',
        '"FH","01"',
        '"SH",2026/03/01 00:00:00 -0800,2026/03/01 23:59:59 -0800,"ACCT7R3GG3XKE",""',
        '"CH",' + ",".join(f'"{name}"' for name in _STL_NAMES.split(",")),
        *body,
        f'"SC",{len(body)}',
        f'"RC",{len(body)}',
        f'"FF",{len(body)}',
    ]
    return "".join(line + "\r\n" for line in lines).encode()


def stripe_payout() -> bytes:
    """Stripe's itemized payout reconciliation, with a metadata column and a yen row, which has no decimals."""
    return (
        "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,available_on_utc,"
        "currency,gross,fee,net,reporting_category,source_id,description,customer_id,payment_metadata[order_id]\r\n"
        "po_1,2026-03-03 00:00:00,txn_1,2026-03-01 08:26:29,2026-03-03 00:00:00,usd,12.00,0.65,11.35,charge,ch_1,"
        '"Two tickets, one day",cus_1,order-1\r\n'
        "po_1,2026-03-03 00:00:00,txn_2,2026-03-01 08:27:31,2026-03-03 00:00:00,usd,-3.00,0.00,-3.00,refund,re_1,"
        "REFUND FOR CHARGE,cus_1,order-1\r\n"
        "po_2,2026-03-03 00:00:00,txn_3,2026-03-01 09:00:00,2026-03-03 00:00:00,jpy,1000,36,964,charge,ch_2,,,\r\n"
    ).encode("utf-8-sig")


def ccb_debit() -> bytes:
    """China Construction Bank's account list as its web bank writes it: two money columns, a balance, GBK."""
    return (
        "记账日,交易日期,交易时间,支出,收入,账户余额,币种,摘要,对方账号,对方户名,交易地点\r\n"
        '20260301,20260301,09:15:02,0.00,"5,000.00","6,234.50",人民币,代发工资,3100****0012,某某水务公司,\r\n'
        '20260302,20260302,18:40:11,23.40,0.00,"6,211.10",人民币,消费,1050****8890,某某超市,某市\r\n'
        '20260302,20260302,21:02:37,"1,200.00",0.00,"5,011.10",人民币,转账取款,6217****3344,张某,手机银行\r\n'
    ).encode("gb18030")


def jd_personal() -> bytes:
    """JD's list of a user's transactions: a preamble, TABs after cells, a row that moves no money."""
    return (
        "导出信息：\r\n京东账号名：jd_made_up\r\n日期区间：2026-03-01 至 2026-03-02\r\n\r\n"
        "交易时间,商户名称,交易说明,金额,收/付款方式,交易状态,收/支,交易分类,交易订单号,商家订单号,备注\r\n"
        "2026-03-02 08:00:01\t,某某超市,大米 5kg,49.90,银行卡,交易成功,支出,食品,30120001\t,7001\t,\r\n"
        "2026-03-01 21:10:44\t,某某超市,退款,20.00,银行卡,退款成功,收入,食品,30120002\t,7002\t,\r\n"
        "2026-03-01 20:00:00\t,京东金融,转入小金库,500.00,银行卡,交易成功,不计收支,理财,30120003\t,7003\t,\r\n"
    ).encode()


def workbook(rows: Sequence[Sequence[str | int | float | datetime]], sheet: str = "明细", extra: str = "") -> bytes:
    """An .xlsx of one sheet: texts inline, numbers as numbers, moments as date cells; `extra` is XML after the rows."""
    body = "".join(
        f'<row r="{no}">{"".join(_xlsx_cell(no, at, cell) for at, cell in enumerate(row))}</row>'
        for no, row in enumerate(rows, 1)
    )
    sheet_xml = f"{_SHEET}<sheetData>{body}{extra}</sheetData></worksheet>"
    book_xml = _BOOK.format(name=quoteattr(sheet))
    return workbook_of_parts({**_PARTS, "xl/workbook.xml": book_xml, "xl/worksheets/sheet1.xml": sheet_xml})


def with_sheet(raw: bytes, name: str, rows: Sequence[Sequence[str | int | float | datetime]]) -> bytes:
    """That .xlsx with these rows on one more sheet, its last."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {part: archive.read(part).decode() for part in archive.namelist()}
    with zipfile.ZipFile(io.BytesIO(workbook(rows))) as archive:
        body = archive.read("xl/worksheets/sheet1.xml").decode()
    no = parts["xl/workbook.xml"].count("<sheet ") + 1
    told = f'<sheet name={quoteattr(name)} sheetId="{no}" r:id="sheet{no}"/></sheets>'
    kept = f'<Relationship Id="sheet{no}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{no}.xml"/>'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</sheets>", told)
    relations = parts["xl/_rels/workbook.xml.rels"].replace("</Relationships>", f"{kept}</Relationships>")
    parts |= {"xl/_rels/workbook.xml.rels": relations, f"xl/worksheets/sheet{no}.xml": body}
    return workbook_of_parts(parts)


def workbook_of_parts(parts: dict[str, str]) -> bytes:
    """An .xlsx of these parts, whatever they say."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def _xlsx_cell(row: int, column: int, cell: str | int | float | datetime) -> str:
    at = f'r="{chr(ord("A") + column)}{row}"'
    if isinstance(cell, str):
        return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' if cell else ""
    if isinstance(cell, datetime):
        days = (cell - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
        return f'<c {at} s="1"><v>{days!r}</v></c>'
    return f"<c {at}><v>{cell!r}</v></c>"


def _grouped(amount: str | Decimal) -> str:
    text = f"{Decimal(amount):,.2f}"
    return f'"{text}"' if "," in text else text


_STL_NAMES = (
    "Transaction ID,Invoice ID,PayPal Reference ID,PayPal Reference ID Type,Transaction Event Code,"
    "Transaction Initiation Date,Transaction Completion Date,Transaction Debit or Credit,Gross Transaction Amount,"
    "Gross Transaction Currency,Fee Debit or Credit,Fee Amount,Fee Currency,Custom Field,Consumer ID,"
    "Payment Tracking ID,Store ID,Bank Reference ID,Credit Transactional Fee,Credit Promotional Fee,Credit Term"
)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = f'{_XML}<worksheet xmlns="{_MAIN}">'
_BOOK = (
    f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name={name} sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
