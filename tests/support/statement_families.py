"""Statement files of standards and in fixed width, made up: the smallest whole file of each family."""

from datetime import datetime

from tests.support.statement_samples import workbook

_ZM_WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
)  # fmt: skip


def unionpay_zm(amounts_fen: tuple[int, ...] = (2500000, 1443600)) -> bytes:
    """UnionPay's ZM file: records of 607 bytes in GBK, amounts in fen, a fee of 0.24 each."""
    return b"".join(_zm_record(no, amount) for no, amount in enumerate(amounts_fen, 1))


def _zm_record(no: int, amount: int) -> bytes:
    fields = [""] * len(_ZM_WIDTHS)
    net = f"C{amount - 24:012}"
    stated = {
        1: "S22", 2: "48022901", 3: "00040000", 4: f"{no:06}", 5: f"03011011{no:02}", 6: "622280*********0000",
        7: f"{amount:012}", 8: "4900", 9: "07", 10: f"2026030110110{no:08}", 11: "05", 12: f"2026030110110{no:08}1",
        13: "01", 16: "D000000000024", 17: net, 18: "0201", 20: "01", 22: "000201", 28: "898319849000018", 31: "0" * 15,
        32: "000000000000", 33: net, 34: "01080209", 35: "账户充值", 36: "000000000000", 37: "000000000000",
        38: "00000000000", 40: "7",
    }  # fmt: skip
    for place, text in stated.items():
        fields[place - 1] = text
    cells = [text.encode("gb18030").ljust(width) for text, width in zip(fields, _ZM_WIDTHS, strict=True)]
    return b" ".join(cells) + b"\n"


def citic_credit_xlsx() -> bytes:
    """A card's statement as a workbook: a title, texts as amounts, a number for the card, a date that is a date."""
    day = datetime.fromisoformat("2026-03-02")
    return workbook([
        ["本期账单明细(人民币)"],
        ["交易日期", "入账日期", "交易描述", "卡末四位", "交易币种", "结算币种", "交易金额", "结算金额"],
        ["2026-03-02", "2026-03-02", "云闪付APP-网上国网", 6688, "人民币", "人民币", "25.00", "25.00"],
        [day, day, "财付通还款", 6688, "人民币", "人民币", -1.21, -1.21],
    ])  # fmt: skip


def camt053() -> bytes:
    """A camt.053 with one credit and one reversed debit between two balances."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>1</MsgId><CreDtTm>2026-03-02T01:00:00+01:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><CreDtTm>2026-03-02T01:00:00+01:00</CreDtTm>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
{_camt_balance("OPBD", "100.00")}{_camt_balance("CLBD", "127.50")}
{_camt_entry("30.00", "CRDT", "ref-1")}{_camt_entry("2.50", "DBIT", "ref-2")}
</Stmt></BkToCstmrStmt></Document>
""".encode()


def _camt_balance(code: str, amount: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>"
    )


def _camt_entry(amount: str, way: str, reference: str) -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>2026-03-01</Dt></BookgDt><ValDt><Dt>2026-03-01</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd></Ntry>\n"
    )


def mt940() -> bytes:
    """An MT940 message of two entries between its balances."""
    return (
        b"{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\r\n:20:START\r\n:25:37040044/0532013000\r\n:28C:1/1\r\n"
        b":60F:C260228EUR100,00\r\n:61:2603010301C30,NTRFref-1//bank-1\r\n:86:166?20Invoice 1\r\n"
        b":61:2603010301D2,50NCHGNONREF\r\n:86:805?20Fee\r\n:62F:C260301EUR127,50\r\n-}\r\n"
    )


def bai2() -> bytes:
    """A BAI2 file of one account with two details and all its totals."""
    return (
        b"01,BANK,CUSTOMER,260301,0100,1,,,2/\n02,CUSTOMER,BANK,1,260301,0100,USD,2/\n"
        b"03,123456789,USD,010,10000,,/\n16,165,3000,,bank-1,cust-1,Invoice 1/\n16,455,250,,bank-2,,Fee/\n"
        b"49,13250,4/\n98,13250,1,6/\n99,13250,1,8/\n"
    )


def ofx() -> bytes:
    """An OFX 1.x file of one account, with tags that are never closed."""
    return (
        b"OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
        b"OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        b"<DTSERVER>20260302<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\n<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0"
        b"<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>021000021<ACCTID>123456<ACCTTYPE>CHECKING"
        b"</BANKACCTFROM>\n<BANKTRANLIST><DTSTART>20260301<DTEND>20260302\n"
        b"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260301120000[-5:EST]<TRNAMT>30.00<FITID>1<NAME>Invoice 1</STMTTRN>\n"
        b"<STMTTRN><TRNTYPE>FEE<DTPOSTED>20260302<TRNAMT>-2.50<FITID>2<NAME>Fee</STMTTRN>\n"
        b"</BANKTRANLIST><LEDGERBAL><BALAMT>127.50<DTASOF>20260302</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )
