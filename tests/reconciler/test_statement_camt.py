"""ISO 20022 account statements: an entry is a line, its details explain it, and the balances prove the signs."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.reconciler.domain.line import LineKind
from services.reconciler.statements import StatementRefused
from tests.support.statements import read_as_far, read_file

NAMESPACE = ' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"'

EXPECTED = {  # rows, money in, money out, and whether the balances of the sample tie
    "camt052.v2.xml": (1, {}, {"SEK": -200000_00}, True),
    "camt053.v2.minimal.xml": (1, {"EUR": 8_85}, {}, False),
    "camt053.v2.multi.statement.xml": (2, {"EUR": 8_85}, {"EUR": -7_00}, True),
    "camt053.v2.viafintech.xml": (4, {"EUR": 1_00}, {"EUR": -11_00}, True),
    "camt053.v4.xml": (1, {"EUR": 8_85}, {}, False),
    "camt053.v8.xml": (1, {"EUR": 8_85}, {}, False),
    "camt054.v2.xml": (1, {}, {"SEK": -200000_00}, True),
}


def balance(code: str, amount: str, side: str = "CRDT") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2024-05-31</Dt></Dt></Bal>"
    )


def entry(amount: str, side: str = "CRDT", *, status: str = "<Sts><Cd>BOOK</Cd></Sts>", more: str = "") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>2024-05-31</Dt></BookgDt>{more}</Ntry>"
    )


def statement(*parts: str, account: str = "DE02120300000000202051") -> str:
    return f"<Stmt><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{''.join(parts)}</Stmt>"


def document(
    *statements: str, namespace: str = NAMESPACE, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n'
) -> bytes:
    inside = "".join(statements)
    return f"{head}<Document{namespace}><BkToCstmrStmt>{inside}</BkToCstmrStmt></Document>".encode()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_camt_file_gives_its_rows_and_sums(name):
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    raw = (Path(root) / "statements" / "camt" / name).read_bytes()

    summary, lines = read_as_far(raw)

    rows, money_in, money_out, ties = EXPECTED[name]
    assert (summary.profile_id, summary.rows.booked, summary.rows.total) == ("iso20022.camt", rows, rows)
    assert (summary.sums_in, summary.sums_out) == (money_in, money_out)
    assert [fault.code for fault in summary.faults] == ([] if ties else ["E-BALANCE"])
    for line in lines:
        place = raw[line.byte_offset : line.byte_offset + line.byte_size]
        assert (place[:6], place[-7:]) == (b"<Ntry>", b"</Ntry>")
        assert raw.count(b"\n", 0, line.byte_offset) + 1 == line.line_no


def test_balances_prove_that_a_reversal_indicator_flips_no_sign():
    # given a debit and its reversal, which the bank lists as a credit with RvslInd
    raw = document(
        statement(
            balance("OPBD", "100.00"),
            balance("CLBD", "100.00"),
            entry("30.00", "DBIT"),
            entry("30.00", "CRDT", more="<RvslInd>true</RvslInd>"),
        )
    )

    summary, lines = read_file(raw)

    assert [(line.amount_minor, line.kind, line.reversal) for line in lines] == [
        (-3000, LineKind.DEBIT, False),
        (3000, LineKind.CREDIT, True),
    ]
    assert [control.ties for control in summary.controls] == [True]


def test_what_is_pending_is_neutral_and_moves_no_balance():
    raw = document(
        statement(
            balance("PRCD", "10.00"),
            balance("CLBD", "15.00"),
            entry("5.00"),
            entry("7.00", status="<Sts>PDNG</Sts>").replace("<BookgDt><Dt>2024-05-31</Dt></BookgDt>", ""),
            entry("9.00", status="<Sts><Cd>FUTR</Cd></Sts>"),
        )
    )

    summary, lines = read_file(raw)

    assert (summary.rows.booked, summary.rows.neutral, len(lines)) == (1, 2, 1)
    assert summary.sums_in == {"EUR": 500}


def test_an_overdrawn_account_has_negative_balances():
    raw = document(statement(balance("OPBD", "10.00", "DBIT"), balance("CLBD", "12.50", "DBIT"), entry("2.50", "DBIT")))

    summary, _ = read_file(raw)

    assert (summary.controls[0].declared, summary.controls[0].computed) == ("-12.50", "-12.50")


def test_a_closing_balance_that_does_not_follow_is_a_fault_beside_the_rows():
    summary, lines = read_as_far(document(statement(balance("OPBD", "1.00"), balance("CLBD", "9.00"), entry("2.00"))))

    assert not summary.loadable
    assert [(fault.code, fault.value) for fault in summary.faults] == [("E-BALANCE", "declared 9.00, computed 3.00")]
    assert len(lines) == 1


def test_the_only_detail_of_an_entry_gives_its_references_and_the_other_party():
    details = """<NtryDtls><TxDtls>
        <Refs><AcctSvcrRef>BANK-1</AcctSvcrRef><EndToEndId>ORDER-7</EndToEndId><TxId>TX-9</TxId></Refs>
        <RltdPties><Dbtr><Pty><Nm>Payer &amp; Sons</Nm></Pty></Dbtr>
        <DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct><Cdtr><Nm>Us</Nm></Cdtr></RltdPties>
        <RmtInf><Ustrd>part one</Ustrd><Ustrd>part two</Ustrd></RmtInf></TxDtls></NtryDtls>"""
    raw = document(
        statement(entry("5.00", more=f"<ValDt><Dt>2024-06-01</Dt></ValDt>{details}"), account="DE02120300000000202051")
    )

    (line,) = read_file(raw).lines

    assert (line.merchant_order_no, line.channel_txn_no, line.entry_ref) == ("ORDER-7", "TX-9", "BANK-1")
    assert (line.counterparty_name, line.counterparty_account) == ("Payer & Sons", "NL91ABNA0417164300")
    assert (line.remittance, line.account_no) == ("part one part two", "DE02120300000000202051")
    assert (line.value_date, line.business_date, line.book_time) == (date(2024, 6, 1), date(2024, 5, 31), None)


def test_a_collective_entry_is_one_line_with_the_batch_s_reference_alone():
    details = "".join(f"<TxDtls><Refs><EndToEndId>E{at}</EndToEndId></Refs></TxDtls>" for at in range(3))
    batch = f"<NtryDtls><Btch><PmtInfId>RUN-1</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>{details}</NtryDtls>"

    (line,) = read_file(document(statement(entry("9.00", "DBIT", more=batch)))).lines

    assert (line.amount_minor, line.merchant_order_no) == (-900, "RUN-1")


def test_one_detail_that_stands_for_a_batch_gives_no_reference_of_a_payment():
    batch = """<NtryDtls><Btch><NbOfTxs>20</NbOfTxs></Btch><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls>
        </NtryDtls>"""

    (line,) = read_file(document(statement(entry("9.00", more=batch)))).lines

    assert line.merchant_order_no == ""


def test_a_moment_is_kept_as_written_and_counted_to_the_banks_own_day():
    day = "<Dt>2024-05-31</Dt>"
    first = entry("1").replace(day, "<DtTm>2024-05-31T00:30:00.123456789+02:00</DtTm>")
    raw = document(statement(first, entry("1").replace(day, "<DtTm>2024-05-31T23:30:00Z</DtTm>")))

    lines = read_file(raw).lines

    assert [line.book_time for line in lines] == [
        datetime(2024, 5, 30, 22, 30, 0, 123456, UTC),
        datetime(2024, 5, 31, 23, 30, tzinfo=UTC),
    ]
    assert [line.business_date for line in lines] == [date(2024, 5, 31)] * 2
    assert lines[0].book_local == "2024-05-31T00:30:00.123456789+02:00"


def test_every_declared_total_of_the_summary_is_compared():
    def totals(count: str, gross: str, net: str) -> str:
        return f"""<TxsSummry><TtlNtries><NbOfNtries>{count}</NbOfNtries><Sum>{gross}</Sum><TtlNetNtry><Amt>{net}</Amt>
            <CdtDbtInd>DBIT</CdtDbtInd></TtlNetNtry></TtlNtries><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>2</Sum>
            </TtlCdtNtries><TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>5.00</Sum></TtlDbtNtries></TxsSummry>"""

    entries = entry("2.00"), entry("5.00", "DBIT")
    right = read_file(document(statement(totals("2", "7.00", "3.00"), *entries))).summary
    wrong = read_as_far(document(statement(totals("3", "8.00", "4.00"), *entries))).summary

    assert [control.ties for control in right.controls] == [True] * 7
    assert [fault.code for fault in wrong.faults] == ["E-CONTROL-COUNT", "E-CONTROL-SUM", "E-CONTROL-SUM"]


def test_accounts_of_several_statements_stand_at_their_lines():
    raw = document(statement(entry("1.00"), account="A1"), statement(entry("2.00"), account="A2"))

    summary, lines = read_file(raw)

    assert [line.account_no for line in lines] == ["A1", "A2"]
    assert summary.account_no == ""


@pytest.mark.parametrize(
    "namespace",
    ["", ' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.14"'],
)
def test_neither_version_nor_namespace_matters(namespace):
    assert read_file(document(statement(entry("1.00")), namespace=namespace)).summary.rows.booked == 1


def test_prefixes_and_an_envelope_around_the_message_do_not_matter():
    inner = document(statement(entry("1.00")), namespace="", head="").decode()
    prefixed = inner.replace("</", "</c:").replace("<", "<c:").replace("<c:/c:", "</c:")
    raw = f'<e:Env xmlns:e="urn:e" xmlns:c="urn:c">{prefixed}</e:Env>'.encode()

    assert read_file(raw).summary.sums_in == {"EUR": 100}


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "windows-1252"])
def test_the_declared_encoding_counts(encoding):
    text = document(statement(entry("1.00", more="<AddtlNtryInf>Überweisung</AddtlNtryInf>")), head="").decode()
    raw = f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(encoding)

    summary, (line,) = read_file(raw)

    assert (line.remittance, summary.encoding) == ("Überweisung", encoding.lower())
    assert (
        raw[line.byte_offset : line.byte_offset + line.byte_size]
        .decode(encoding.replace("16", "16-le"))
        .endswith("</Ntry>")
    )


@pytest.mark.parametrize(
    ("part", "code", "column"),
    [
        (entry("-1.00"), "E-AMOUNT", "Amt"),
        (entry("1,00"), "E-AMOUNT", "Amt"),
        (entry("1.001"), "E-AMOUNT", "Amt"),
        (entry("1.23E+17"), "E-AMOUNT", "Amt"),
        (entry("\uff11.00"), "E-AMOUNT", "Amt"),
        (entry("99999999999999999999"), "E-AMOUNT", "Amt"),
        (entry("1.00").replace("EUR", "QQQ"), "E-CURRENCY", "Amt"),
        (entry("1.00", "CREDIT"), "E-STATUS-UNKNOWN", "CdtDbtInd"),
        (entry("1.00", status="<Sts>DONE</Sts>"), "E-STATUS-UNKNOWN", "Sts"),
        (entry("1.00", status=""), "E-STATUS-UNKNOWN", "Sts"),
        (entry("1.00", more="<RvslInd>yes</RvslInd>"), "E-STATUS-UNKNOWN", "RvslInd"),
        (entry("1.00").replace("2024-05-31", "2024-02-30"), "E-DATE", "BookgDt/Dt"),
        (entry("1.00").replace("2024-05-31", "31.05.2024"), "E-DATE", "BookgDt/Dt"),
        (entry("1.00", more='<Amt Ccy="EUR">2.00</Amt>'), "E-FRAME", "Amt@Ccy"),
    ],
)
def test_an_entry_that_is_not_understood_is_quarantined_and_reading_goes_on(part, code, column):
    summary, lines = read_as_far(document(statement(part, entry("2.00"))))

    assert [(fault.code, fault.column) for fault in summary.faults] == [(code, column)]
    assert (summary.rows.quarantined, summary.rows.booked, len(lines)) == (1, 1, 1)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "head",
    [
        BOMB,
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]>',
        "<!DOCTYPE x>",
    ],
)
def test_a_document_type_is_refused_before_anything_of_it_is_followed(head):
    raw = document(statement(entry("1.00", more="<AddtlNtryInf>&b;</AddtlNtryInf>")), head=head)

    summary, lines = read_as_far(raw)

    assert [fault.code for fault in summary.faults] == ["E-XML"]
    assert not lines


def test_a_message_that_is_cut_anywhere_is_never_loadable():
    raw = document(statement(balance("OPBD", "1.00"), balance("CLBD", "3.00"), entry("2.00")))

    for size in range(raw.index(b"<BkTo") + 15, len(raw)):
        summary, _ = read_as_far(raw[:size])
        assert "E-TRUNCATED" in [fault.code for fault in summary.faults], size


def test_depth_names_and_sizes_are_bounded():
    deep = document(statement(entry("1.00", more="<a>" * 100 + "</a>" * 100)))
    wide = document(statement(entry("1.00", more="".join(f"<n{at}/>" for at in range(5_000)))))
    long = document(statement(entry("1.00", more=f"<AddtlNtryInf>{'x' * 70_000}</AddtlNtryInf>")))
    huge = document(statement(entry("1.00", more=f'<x y="{"z" * 8_000_000}"/>')))

    codes = [[fault.code for fault in read_as_far(raw).summary.faults] for raw in (deep, wide, long, huge)]

    assert codes == [["E-XML"], ["E-TOO-LARGE"], ["E-TOO-LARGE"], ["E-TOO-LARGE"]]


def test_a_multi_byte_encoding_that_the_parser_lacks_is_named():
    head = '<?xml version="1.0" encoding="GB18030"?>\n'

    summary, _ = read_as_far(document(statement(entry("1.00")), head=head))

    assert [(fault.code, fault.value) for fault in summary.faults] == [("E-ENC-UNSUPPORTED", "gb18030")]


def test_a_page_that_a_bank_sends_in_place_of_a_message_is_no_statement():
    with pytest.raises(StatementRefused, match="E-PROFILE-NONE"):
        read_as_far(b"<?xml version='1.0'?><html><body>Session expired</body></html>")
