"""Damage to bank lists, workbooks, records of fixed width and standard formats: each gets the verdict that names it."""

from datetime import datetime

import pytest

from services.reconciler.statements import Source, StatementRefused, check_statement, load_profiles
from tests.support import statement_families as families
from tests.support import statement_samples as samples

# Lines: CCB 1 header, 2-4 rows. BOC 1 title, 2 header, 3-6 rows, newest first. STL 1-3 records, 4 header, 5-6 rows.
CCB, BOC, STL = samples.ccb_debit(), samples.boc_debit(), samples.paypal_stl()
STRIPE, ZM, CAMT, MT940 = samples.stripe_payout(), families.unionpay_zm(), families.camt053(), families.mt940()
BOC_LINES = BOC.splitlines(keepends=True)
BAI2, OFX = families.bai2(), families.ofx()
CARD = ["2026-03-02", "2026-03-02", "云闪付APP-网上国网", 6688, "人民币", "人民币", "25.00", "25.00"]
NAMES = ["交易日期", "入账日期", "交易描述", "卡末四位", "交易币种", "结算币种", "交易金额", "结算金额"]


def edit(raw: bytes, old: str, new: str, encoding: str = "gb18030") -> bytes:
    """The file with the first `old` replaced."""
    before = old.encode(encoding)
    assert before in raw, f"{old!r} is not in the file"
    return raw.replace(before, new.encode(encoding), 1)


def without(raw: bytes, line: int) -> bytes:
    lines = raw.splitlines(keepends=True)
    return b"".join(lines[: line - 1] + lines[line:])


def card(**changed: object) -> bytes:
    """A card's workbook whose second row has these cells changed."""
    row = [changed.get(name, cell) for name, cell in zip(NAMES, CARD, strict=True)]
    return samples.workbook([["本期账单明细(人民币)"], NAMES, CARD, row])  # type: ignore[list-item]


DAMAGES = {
    "CCB: a row dropped": (without(CCB, 3), "E-BALANCE", 3),
    "CCB: an amount changed": (edit(CCB, "23.40", "23.41"), "E-BALANCE", 3),
    "CCB: both sides filled": (edit(CCB, "23.40,0.00", "23.40,1.00"), "E-AMOUNT", 3),
    "CCB: no side filled": (edit(CCB, "23.40,0.00", "0.00,0.00"), "E-AMOUNT", 3),
    "CCB: a minus in the column of money out": (edit(CCB, "23.40,0.00", "-23.40,0.00"), "E-AMOUNT", 3),
    "CCB: an unpaired quote": (edit(CCB, '"5,000.00"', '"5,000.00'), "E-QUOTE", 2),
    "CCB: thousands in the wrong place": (edit(CCB, '"5,000.00"', '"50,00.00"'), "E-AMOUNT", 2),
    "CCB: a currency of no profile": (edit(CCB, "人民币", "金币"), "E-CURRENCY", 2),
    "CCB: a column renamed": (edit(CCB, "账户余额", "余额"), "E-PROFILE-NONE", 1),
    "CCB: 30 February": (edit(CCB, "20260302,20260302", "20260302,20260230"), "E-DATE", 3),
    "BOC: a row dropped": (without(BOC, 4), "E-BALANCE", None),
    "BOC: rows in another order": (b"".join(BOC_LINES[at] for at in (0, 1, 3, 2, 4, 5)), "E-BALANCE", None),
    "BOC: a full-width amount": (edit(BOC, "-71.89", "-\uff17\uff11.89"), "E-AMOUNT", 3),
    "BOC: a negative in brackets": (edit(BOC, "-71.89", "(71.89)"), "E-AMOUNT", 3),
    "STL: a row dropped": (without(STL, 5), "E-CONTROL-COUNT", None),
    "STL: a decimal point": (edit(STL, '"CR",10000', '"CR",100.00'), "E-AMOUNT", 5),
    "STL: neither credit nor debit": (edit(STL, '"CR",10000', '"XX",10000'), "E-STATUS-UNKNOWN", 5),
    "STL: an offset of no Pacific time": (STL.replace(b":17 -0800", b":17 +0100"), "E-DATE", 5),
    "STL: no end": (b"".join(STL.splitlines(keepends=True)[:6]), "E-TRUNCATED", None),
    "Stripe: gross less fee is not net": (edit(STRIPE, "0.65,11.35", "0.64,11.35"), "E-CONTROL-SUM", 2),
    "Stripe: decimals that yen do not have": (edit(STRIPE, "jpy,1000,36,964", "jpy,1000.50,36,964.50"), "E-AMOUNT", 4),
    "Stripe: an unknown currency": (edit(STRIPE, "jpy", "xyz"), "E-CURRENCY", 4),
    "Stripe: a payment without a number": (edit(STRIPE, "txn_2", ""), "E-CELL-EMPTY", 3),
    "ZM: a record one byte longer": (ZM[:100] + b" " + ZM[100:], None, 1),
    "ZM: a record cut": (ZM[:-60], None, 2),
    "ZM: an unknown transaction code": (edit(ZM, "S22", "S99"), "E-STATUS-UNKNOWN", 1),
    "ZM: a letter in an amount": (edit(ZM, "000002500000", "00000250000O"), "E-AMOUNT", 1),
    "workbook: an id that a spreadsheet rounded": (card(卡末四位=6226000000006688), "E-EXCEL-PRECISION", 4),
    "workbook: an amount that a spreadsheet computed": (card(结算金额=0.1 + 0.2), "E-AMOUNT", 4),
    "workbook: a date as its number": (card(交易日期=46083), "E-DATE", 4),
    "workbook: an hour where a date belongs": (card(交易日期=datetime.fromisoformat("2026-03-02 10:00")), "E-DATE", 4),
    "workbook: a header renamed": (samples.workbook([["x"], [*NAMES[:-1], "金额"], CARD]), "E-PROFILE-NONE", 1),
    "workbook: cut": (families.citic_credit_xlsx()[:-100], "E-CONTAINER", None),
    "camt: cut": (CAMT[:-60], "E-TRUNCATED", None),
    "camt: an entity of its own": (edit(CAMT, "?>\n", '?>\n<!DOCTYPE a [<!ENTITY b "c">]>\n'), "E-XML", None),
    "camt: an entity that is never declared": (edit(CAMT, "<Id>S1</Id>", "<Id>&b;</Id>"), "E-XML", None),
    "camt: an amount changed": (edit(CAMT, ">30.00<", ">30.01<"), "E-BALANCE", None),
    "camt: a debit that became a credit": (edit(CAMT, "DBIT", "CRDT"), "E-BALANCE", None),
    "MT940: a wrong balance": (edit(MT940, "EUR127,50", "EUR127,51"), "E-BALANCE", None),
    "MT940: an entry dropped": (without(MT940, 6), "E-BALANCE", None),
    "MT940: cut": (MT940[:-40], "E-TRUNCATED", None),
    "BAI2: a detail dropped": (without(BAI2, 4), "E-CONTROL-SUM", None),
    "BAI2: cut": (BAI2[:-40], "E-TRUNCATED", None),
    "OFX: cut": (OFX[:-160], "E-TRUNCATED", None),
    "OFX: the begin of an entry mangled": (edit(OFX, "<STMTTRN><TRNTYPE>F", "<SMTTRN><TRNTYPE>F"), "E-FRAME", None),
    "OFX: the end of an entry mangled": (edit(OFX, "</STMTTRN>", "</SMTTRN>"), "E-FRAME", None),
    "OFX: an amount that is none": (edit(OFX, "<TRNAMT>30.00", "<TRNAMT>thirty"), "E-AMOUNT", None),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_of_another_family_is_not_loadable_and_says_what_is_wrong(name):
    raw, code, line = DAMAGES[name]

    try:
        summary = check_statement(Source.of_bytes(raw), load_profiles())
    except StatementRefused as refused:
        faults, loadable = [(refused.code, refused.line)], False
    else:
        faults, loadable = [(fault.code, fault.line) for fault in summary.faults], summary.loadable

    assert not loadable
    assert code in (None, faults[0][0])
    assert line in (None, faults[0][1])


def test_a_quote_that_opens_in_one_line_and_closes_in_another_loses_no_line_of_the_count():
    raw = edit(CCB, "某某超市,某市\r\n", '"某某\r\n超市",某市\r\n')

    summary = check_statement(Source.of_bytes(raw), load_profiles())

    assert summary.loadable
    assert (summary.rows.booked, summary.rows.frame, summary.rows.total) == (3, 2, 5)
    assert summary.sums_out == {"CNY": -122340}
