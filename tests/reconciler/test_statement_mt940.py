"""MT940 and MT942: reversals are signed as the balances prove, and an independent reader agrees."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import mt940 as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.statements import read_as_far, read_file

EXPECTED = {  # rows, money in, money out, and whether the balances of the sample tie
    "cmxl_mt940.sta": (
        16,
        {"DEM": 49396_74, "EUR": 3000_00, "PLN": 20040_00},
        {"DEM": -49309_44, "EUR": -800_00, "PLN": -10000_00},
        True,
    ),
    "sepa_snippet.sta": (11, {"EUR": 1430745_72}, {"EUR": -3574069_11}, False),
    "mbank_mt940.sta": (3, {"PLN": 3}, {}, True),
    "mbank_mt942.sta": (3, {"PLN": 3}, {}, True),
    "postfinance.sta": (4, {"CHF": 239_30}, {"CHF": -79_90}, False),
    "danske_FI.sta": (6, {"EUR": 23}, {"EUR": -1357_33}, True),
    "danske_DK.sta": (89, {"DKK": 3910886_35}, {"DKK": -2538433_58}, True),
}


def message(*entries: str, opening: str = "C240501EUR100,00", closing: str, more: str = "") -> bytes:
    lines = (":20:REF", ":25:12345/678", ":28C:1/1", f":60F:{opening}", *entries, f":62F:{closing}", *more.split(), "-")
    return "\r\n".join((*lines, "")).encode()


def codes(raw: bytes) -> list[str]:
    return [fault.code for fault in read_as_far(raw).summary.faults]


def real_file(name: str) -> bytes:
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    return (Path(root) / "statements" / "mt940" / name).read_bytes()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file_gives_its_rows_and_sums(name):
    raw = real_file(name)

    summary, lines = read_as_far(raw)

    rows, money_in, money_out, ties = EXPECTED[name]
    assert (summary.profile_id, summary.rows.booked, summary.rows.quarantined) == ("swift.mt940", rows, 0)
    assert (summary.sums_in, summary.sums_out) == (money_in, money_out)
    assert [fault.code for fault in summary.faults] == ([] if ties else ["E-BALANCE"])
    assert summary.rows.total == len(raw.splitlines())
    assert all(raw[line.byte_offset : line.byte_offset + line.byte_size].startswith(b":61:") for line in lines)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_independent_reader_finds_the_same_entries_in_real_files(name):
    raw = real_file(name)

    lines = read_as_far(raw).lines

    theirs = [found for statement in oracle_entries(raw) for found in statement]
    assert [(Decimal(line.amount_minor).scaleb(-2), line.value_date, line.status) for line in lines] == theirs


def oracle_entries(raw: bytes) -> list[list[tuple[Decimal, date, str]]]:
    statements = oracle.parse_statements(raw.decode(), options=oracle.Options.all())
    return [
        [(found.data["amount"].amount, found.data["date"], found.data["id"]) for found in statement]
        for statement in statements
    ]


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["C", "D", "RC", "RD"]), st.sampled_from(["", "R"]), st.integers(min_value=0, max_value=10**9)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(ENTRIES)
def test_an_independent_reader_signs_any_marks_the_same_way(entries):
    texts = [f":61:2405020502{mark}{funds}{cents // 100},{cents % 100:02}NTRFREF" for mark, funds, cents in entries]
    raw = message(*texts, closing="C240502EUR1,00")

    lines = read_as_far(raw).lines

    theirs = [amount for statement in oracle_entries(raw) for amount, _, _ in statement]
    assert [Decimal(line.amount_minor).scaleb(-2) for line in lines] == theirs


def test_balances_prove_that_a_reversed_credit_is_money_out_and_a_reversed_debit_money_in():
    # given 100.00 + 30.00 - 30.00 (taken back) - 20.00 + 20.00 (given back) = 100.00
    raw = message(
        ":61:240502C30,00NTRFA",
        ":61:240502RC30,00NTRFA",
        ":61:240502D20,NTRFB",
        ":61:240502RDR20,NTRFB",
        closing="C240502EUR100,00",
    )

    summary, lines = read_file(raw)

    assert [(line.amount_minor, line.reversal) for line in lines] == [
        (3000, False),
        (-3000, True),
        (-2000, False),
        (2000, True),
    ]
    assert [(control.declared, control.ties) for control in summary.controls] == [("100.00", True)]


def test_what_the_bank_only_expects_is_neutral():
    raw = (
        b":20:R\n:25:1\n:28C:1/1\n:34F:EUR0,\n:13D:2405021200+0100\n"
        b":61:240502EC5,00NTRFX\n:61:240502C7,00NTRFY\n:90D:0EUR0,\n:90C:2EUR12,\n-\n"
    )

    summary, lines = read_file(raw)

    assert (summary.rows.booked, summary.rows.neutral, summary.sums_in) == (1, 1, {"EUR": 700})
    assert len(lines) == 1


def test_references_and_the_structured_text_go_to_their_fields():
    raw = message(
        ":61:2405020503C5,00NTRFORDER-1//BANK-2",
        ":86:166?00GUTSCHRIFT?20EREF+E2E-7?21SVWZ+Rechnung 12 vo",
        "m Mai?30BANKDEFF?31DE0212030000?32Erika?33 Muster?38DE02120300000000202051",
        ":61:2405020503D5,00NTRFNONREF",
        ":86:free text of",
        "two lines",
        closing="C240503EUR100,00",
    )

    structured, free = read_file(raw).lines

    assert (structured.merchant_order_no, structured.entry_ref) == ("E2E-7", "BANK-2")
    assert (structured.remittance, structured.counterparty_name) == ("Rechnung 12 vom Mai", "Erika Muster")
    assert structured.counterparty_account == "DE02120300000000202051"
    assert (free.merchant_order_no, free.entry_ref, free.remittance) == ("", "", "free text of two lines")
    assert raw[structured.byte_offset :][: structured.byte_size].endswith(b"202051")


def test_the_booking_day_is_in_the_year_next_to_the_value_date():
    raw = message(":61:2401021231C1,NTRFA", ":61:2312310102D1,NTRFB", closing="C240102EUR100,")

    assert [(line.value_date, line.business_date) for line in read_file(raw).lines] == [
        (date(2024, 1, 2), date(2023, 12, 31)),
        (date(2023, 12, 31), date(2024, 1, 2)),
    ]


def test_a_thirtieth_of_february_is_the_end_of_the_month_and_said_so():
    summary, lines = read_file(message(":61:240230C1,NTRFA", closing="C240301EUR101,"))

    assert [(line.value_date, line.business_date) for line in lines] == [(None, date(2024, 2, 29))]
    assert [warning.code for warning in summary.warnings] == ["W-VALUE-DATE"]


def test_whole_messages_in_blocks_are_read_as_bare_tags_are():
    inner = message(":61:240502C1,NTRFA", closing="C240502EUR101,").decode().removesuffix("-\r\n")
    block = "\x01{1:F01BANKDEFFAXXX0000000000}{2:O9400000000000}{4:\r\n" + inner + "-}{5:{CHK:0}}\x03\r\n"

    summary, lines = read_file(f"{block}{block.replace('28C:1/1', '28C:2/1')}".encode())

    assert (len(lines), summary.rows.booked, [control.ties for control in summary.controls]) == (2, 2, [True, True])


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_do_not_matter(line_end):
    raw = message(":61:240502C1,NTRFA", ":86:text", closing="C240502EUR101,").replace(b"\r\n", line_end)

    summary, (line,) = read_file(raw)

    assert (line.amount_minor, line.remittance, line.line_no, summary.rows.total) == (100, "text", 5, 8)


@pytest.mark.parametrize(
    ("encoding", "word", "assumed"),
    [
        ("utf-8", "Überweisung 转账", []),
        ("gb18030", "支付宝交易货款转账的人民币收入", []),
        ("cp852", "Wpłata Łódź", []),
        ("cp1252", "Überweisung für Käse", ["W-ENC-ASSUMED"]),
    ],
)
def test_words_in_the_encodings_of_banks_change_no_amount(encoding, word, assumed):
    raw = message(":61:240502C1,NTRFA", f":86:{word}", closing="C240502EUR101,").decode().encode(encoding)

    summary, (line,) = read_file(raw)

    assert (line.amount_minor, line.remittance, summary.encoding) == (100, word, encoding)
    assert [warning.code for warning in summary.warnings] == assumed


def test_currencies_that_are_history_keep_their_own_scale():
    raw = message(":61:980502C1000,NTRFA", opening="C980501ITL5000,", closing="C980502ITL6000,")

    assert read_file(raw).summary.sums_in == {"ITL": 1000}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (":61:240502C1.00NTRFA", "E-AMOUNT"),
        (":61:240502C1 000,00NTRFA", "E-AMOUNT"),
        (":61:240502C1.000,00NTRFA", "E-AMOUNT"),
        (":61:240502C1,234NTRFA", "E-AMOUNT"),
        (":61:240502C1,00", "E-AMOUNT"),
        (":61:240502X1,00NTRFA", "E-AMOUNT"),
        (":61:241302C1,00NTRFA", "E-DATE"),
        (":61:240532C1,00NTRFA", "E-DATE"),
        (":61:2405021332C1,00NTRFA", "E-DATE"),
    ],
)
def test_an_entry_that_is_not_understood_is_quarantined_and_the_balance_tells_too(entry, code):
    summary, lines = read_as_far(message(entry, ":61:240502C2,NTRFB", closing="C240502EUR103,"))

    assert [fault.code for fault in summary.faults] == [code, "E-BALANCE"]
    assert (summary.rows.quarantined, len(lines)) == (1, 1)


def test_a_message_without_its_closing_balance_was_cut():
    raw = message(":61:240502C1,NTRFA", closing="C240502EUR101,")

    assert codes(raw[: raw.index(b":62F:")]) == ["E-TRUNCATED"]
    assert codes(raw[: raw.index(b"EUR101")]) == ["E-AMOUNT", "E-TRUNCATED"]


def test_an_interim_report_without_totals_or_end_mark_was_cut():
    whole = b":20:R\n:25:1\n:34F:EUR0,\n:61:240502C7,00NTRFY\n"

    assert codes(whole) == ["E-TRUNCATED"]
    assert codes(whole + b"-\n") == []
    assert codes(whole + b":90C:2EUR7,\n-\n") == ["E-CONTROL-COUNT"]


def test_a_page_goes_on_where_the_page_before_ended():
    first = message(":61:240502C1,NTRFA", closing="C240502EUR101,").replace(b":62F:", b":62M:")
    second = message(":61:240503C1,NTRFB", opening="C240502EUR101,", closing="C240503EUR102,").replace(b":60F", b":60M")
    other = message(":61:240503C1,NTRFB", opening="C240502EUR111,", closing="C240503EUR112,").replace(b":60F", b":60M")

    assert codes(first + second) == []
    assert codes(first + other) == ["E-BALANCE"]


def test_a_long_text_stays_with_its_entry_and_is_kept_in_part():
    text = ["x" * 65] * 200
    summary, (line,) = read_file(message(":61:240502C1,NTRFA", f":86:{text[0]}", *text, closing="C240502EUR101,"))

    assert (len(line.remittance), summary.rows.booked) == (2_000, 1)


def test_of_thousands_of_messages_every_one_is_compared_and_the_first_totals_are_kept():
    sound = [message(f":61:240502C1,NTRF{number}", closing="C240502EUR101,") for number in range(1_200)]
    wrong = message(":61:240502C1,NTRFA", closing="C240502EUR102,")

    summary, lines = read_as_far(b"".join(sound) + wrong)

    assert (len(summary.controls), len(lines)) == (1_000, 1_201)
    assert [fault.code for fault in summary.faults] == ["E-BALANCE"]
    assert not summary.loadable


@pytest.mark.parametrize("word", ["NONREF", "EREF", "PREF", "MARF"])
def test_a_word_for_a_reference_that_stands_elsewhere_is_no_reference(word):
    (line,) = read_file(message(f":61:240502C1,NTRF{word}//0815", closing="C240502EUR101,")).lines

    assert (line.merchant_order_no, line.entry_ref) == ("", "0815")
