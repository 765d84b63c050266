"""OFX in both syntaxes: amounts are signed, tags need not be closed, and a time says its own zone."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.reconciler.domain.line import LineKind
from tests.support.statements import read_as_far, read_file

EXPECTED = {  # rows, money in, money out, account
    "checking.ofx": (3, {"USD": 1}, {"USD": -5951}, "1452687~7"),
    "bank_medium_tz.ofx": (3, {}, {"CAD": -34527}, "12300 000012345678"),
    "suncorp_v2xml.ofx": (1, {}, {"AUD": -1685}, "123456789"),
    "nubank_cc_brl.ofx": (6, {}, {"BRL": -128091}, "11111111-UUID-UUID-UUID-111111111111"),
    "multiple_accounts.ofx": (0, {}, {}, ""),
}
SGML = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n'


def transaction(amount: str, *more: str, posted: str = "20240502", kind: str = "CREDIT") -> str:
    return f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{posted}<TRNAMT>{amount}<FITID>F1{''.join(more)}</STMTTRN>\n"


def account(*transactions: str, number: str = "A1", currency: str = "<CURDEF>EUR") -> str:
    inside = "".join(transactions)
    return (
        f"<STMTTRNRS><STMTRS>{currency}<BANKACCTFROM><BANKID>1<ACCTID>{number}</BANKACCTFROM>"
        f"<BANKTRANLIST>{inside}</BANKTRANLIST></STMTRS></STMTTRNRS>"
    )


def file(*accounts: str, head: str = SGML) -> bytes:
    return f"{head}<OFX><BANKMSGSRSV1>{''.join(accounts)}</BANKMSGSRSV1></OFX>\n".encode("cp1252")


def codes(raw: bytes) -> list[str]:
    return [fault.code for fault in read_as_far(raw).summary.faults]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file_gives_its_rows_and_sums(name):
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    raw = (Path(root) / "statements" / "ofx" / name).read_bytes()

    summary, lines = read_file(raw)

    rows, money_in, money_out, number = EXPECTED[name]
    assert (summary.profile_id, summary.rows.booked, summary.rows.total) == ("ofx", rows, rows)
    assert (summary.sums_in, summary.sums_out, summary.account_no) == (money_in, money_out, number)
    for line in lines:
        place = raw[line.byte_offset : line.byte_offset + line.byte_size]
        assert (place[:9], place[-10:]) == (b"<STMTTRN>", b"</STMTTRN>")
        assert raw.count(b"\n", 0, line.byte_offset) + 1 == line.line_no


def test_a_file_without_transactions_is_of_the_days_that_it_states():
    raw = file(account("<DTSTART>20240501<DTEND>20240503"))

    summary, _ = read_file(raw)

    assert (summary.first_date, summary.last_date) == (date(2024, 5, 1), date(2024, 5, 3))
    assert codes(file(account())) == ["E-DAY-UNKNOWN"]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1.50", 150), ("-1.5", -150), ("+1,50", 150), (".5", 50), ("7", 700), ("-0.10", -10), ("0.500", 50)],
)
def test_point_or_comma_stands_before_the_decimals(text, minor):
    assert [line.amount_minor for line in read_file(file(account(transaction(text)))).lines] == [minor]


@pytest.mark.parametrize("text", ["1,000", "1.000", "-25,000", "1.500"])
def test_three_digits_behind_the_sign_could_be_thousands_and_are_refused(text):
    assert codes(file(account(transaction(text)))) == ["E-AMOUNT"]


@pytest.mark.parametrize(
    ("posted", "moment", "day"),
    [
        ("20240502", None, date(2024, 5, 2)),
        ("20240502235959.000[-5:EST]", datetime(2024, 5, 3, 4, 59, 59, tzinfo=UTC), date(2024, 5, 2)),
        ("202405020010[+5.30:IST]", datetime(2024, 5, 1, 18, 40, tzinfo=UTC), date(2024, 5, 2)),
        ("20240502001000[5.5]", datetime(2024, 5, 1, 18, 40, tzinfo=UTC), date(2024, 5, 2)),
        ("20240502001000[-3.30:NST]", datetime(2024, 5, 2, 3, 40, tzinfo=UTC), date(2024, 5, 2)),
        ("20240502120000", datetime(2024, 5, 2, 12, tzinfo=UTC), date(2024, 5, 2)),
    ],
)
def test_a_time_says_its_own_zone_and_keeps_its_own_day(posted, moment, day):
    (line,) = read_file(file(account(transaction("1", posted=posted)))).lines

    assert (line.book_time, line.business_date, line.book_local) == (moment, day, posted)


def test_the_fields_of_a_transaction_go_to_their_places():
    more = (
        "<DTAVAIL>20240503<REFNUM>R-1<PAYEE><NAME>Käse &amp; Co<CITY>X</PAYEE>",
        "<BANKACCTTO><BANKID>2<ACCTID>99<ACCTTYPE>CHECKING</BANKACCTTO><MEMO>a < b",
    )

    (line,) = read_file(file(account(transaction("-1.00", *more, kind="SRVCHG")))).lines

    assert (line.kind, line.status, line.channel_txn_no) == (LineKind.FEE, "SRVCHG", "F1")
    assert (line.value_date, line.entry_ref, line.account_no) == (date(2024, 5, 3), "R-1", "A1")
    assert (line.counterparty_name, line.counterparty_account, line.remittance) == ("Käse & Co", "99", "a < b")


def test_xml_with_closed_tags_and_cdata_reads_as_sgml_does():
    closed = (
        "<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240502</DTPOSTED><TRNAMT>-1.00</TRNAMT><FITID>F1</FITID>"
        "<NAME><![CDATA[A <b> & c]]></NAME><!-- a remark --><MEMO>m</MEMO></STMTTRN>"
    )
    raw = file(account(closed, currency="<CURDEF>EUR</CURDEF>"), head=XML)

    summary, (line,) = read_file(raw)

    assert (line.amount_minor, line.counterparty_name, line.remittance) == (-100, "A <b> & c", "m")
    assert summary.encoding == "utf-8"


def test_an_amount_in_another_currency_than_the_account_s_is_in_that_one():
    own = transaction("100", "<CURRENCY><CURRATE>0.006<CURSYM>JPY</CURRENCY>")
    told = transaction("1.00", "<ORIGCURRENCY><CURRATE>0.006<CURSYM>JPY</ORIGCURRENCY>")

    assert read_file(file(account(own, told))).summary.sums_in == {"JPY": 100, "EUR": 100}


def test_accounts_of_several_kinds_stand_at_their_lines():
    card = (
        "<CCSTMTRS><CURDEF>USD<CCACCTFROM><ACCTID>C9</CCACCTFROM><BANKTRANLIST>"
        + transaction("-2.00")
        + "</BANKTRANLIST></CCSTMTRS>"
    )

    lines = read_file(file(account(transaction("1.00")), card)).lines

    assert [(line.account_no, line.currency_code, line.amount_minor) for line in lines] == [
        ("A1", "EUR", 100),
        ("C9", "USD", -200),
    ]


def test_what_is_pending_is_neutral_and_securities_are_named_as_unread():
    pending = "<STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20240502<TRNAMT>-9.00<NAME>x</STMTTRNP>"
    invested = (
        "<INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>b<ACCTID>I1</INVACCTFROM><INVTRANLIST><INVBANKTRAN>"
        + transaction("3.00")
        + "</INVBANKTRAN></INVTRANLIST></INVSTMTRS>"
    )

    summary, lines = read_file(file(account(transaction("1.00"), pending), invested))

    assert (summary.rows.neutral, [line.account_no for line in lines]) == (1, ["A1", "I1"])
    assert [warning.code for warning in summary.warnings] == ["W-SECURITIES"]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (transaction("1,234.56"), "E-AMOUNT"),
        (transaction("1,234"), "E-AMOUNT"),
        (transaction("(1.00)"), "E-AMOUNT"),
        (transaction("1.23E+17"), "E-AMOUNT"),
        (transaction(""), "E-AMOUNT"),
        (transaction("."), "E-AMOUNT"),
        (transaction("1", posted="20240230"), "E-DATE"),
        (transaction("1", posted="45678"), "E-DATE"),
        (transaction("1", posted="20240502[+30]"), "E-DATE"),
        (transaction("1", "<TRNAMT>2"), "E-FRAME"),
        (transaction("1", "<CORRECTFITID>F0<CORRECTACTION>REPLACE"), "E-STATUS-UNKNOWN"),
        (transaction("1", "<CURRENCY><CURRATE>1<CURSYM>QQQ</CURRENCY>"), "E-CURRENCY"),
    ],
)
def test_a_transaction_that_is_not_understood_is_quarantined(part, code):
    summary, lines = read_as_far(file(account(part, transaction("2"))))

    assert [fault.code for fault in summary.faults] == [code]
    assert (summary.rows.quarantined, len(lines)) == (1, 1)


def test_structures_that_cannot_be_followed_are_faults():
    assert codes(file(account(transaction("1"), currency=""))) == ["E-CURRENCY"]
    assert codes(file(transaction("1")))[:1] == ["E-FRAME"]
    assert codes(file(account(transaction("1").replace("</STMTTRN>", ""), transaction("2"))))[:1] == ["E-FRAME"]
    assert codes(file("<STATUS><CODE>15500<SEVERITY>ERROR</STATUS>"))[:1] == ["E-FRAME"]


@pytest.mark.parametrize(
    "inside", ["<!DOCTYPE OFX>", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', '<!ENTITY a "aa">']
)
def test_a_document_type_is_refused(inside):
    assert codes(file(account(transaction("1")), head=f"{XML}{inside}")) == ["E-XML"]


def test_a_file_that_is_cut_anywhere_is_never_loadable():
    raw = file(account(transaction("1.00"), transaction("2.00")))

    for size in range(raw.index(b"<OFX>") + 5, raw.index(b"</OFX>") + 6):
        assert codes(raw[:size])[-1] == "E-TRUNCATED", size


def test_a_value_without_end_is_refused_before_it_fills_the_memory():
    assert codes(file(account(transaction("1", "<MEMO>" + "x" * 3_000_000)))) == ["E-TOO-LARGE"]
    assert codes(file(account(transaction("1", "<MEMO><![CDATA[" + "<" * 3_000_000)))) == ["E-TOO-LARGE"]


@pytest.mark.parametrize(
    ("charset", "codec"), [("1252", "cp1252"), ("UTF-8", "utf-8"), ("936", "gb18030"), ("8859-1", "latin-1")]
)
def test_the_header_names_the_encoding(charset, codec):
    text = SGML.replace("CHARSET:1252", f"CHARSET:{charset}") + file(
        account(transaction("1", "<NAME>\u00fc")), head=""
    ).decode("cp1252")

    summary, (line,) = read_file(text.encode(codec))

    assert (summary.encoding, line.counterparty_name) == (codec, "\u00fc")


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b""])
def test_line_ends_do_not_matter(line_end):
    raw = file(account(transaction("1.00"), transaction("2.00"))).replace(b"\n", line_end)

    summary, lines = read_file(raw)

    assert summary.sums_in == {"EUR": 300}
    assert [line.line_no for line in lines] == ([7, 8] if line_end else [1, 1])
