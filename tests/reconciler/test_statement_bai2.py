"""BAI2: the type code gives the direction, and every trailer's sum and record count is compared."""

import os
from datetime import date
from pathlib import Path

import pytest

from services.reconciler.domain.line import LineKind
from tests.support.statements import read_as_far, read_file

EXPECTED = {  # rows, money in, money out, declared totals
    "sample1.txt": (17, {"CAD": 3200_00}, {"CAD": -3200_00}, 10),
    "citi_example.bai2": (1, {"GBP": 1}, {}, 8),
    "nwb_example.bai2": (5, {"GBP": 89}, {"GBP": -2765}, 8),
}


def file(*details: str, account: str = "03,123,EUR,/", total: int, group: str = "02,R,O,1,240502,,EUR,2/") -> bytes:
    inside = (account, *details)
    count = len(inside) + 1
    lines = (
        "01,S,R,240502,1200,1,80,1,2/",
        group,
        *inside,
        f"49,{total},{count}/",
        f"98,{total},1,{count + 2}/",
        f"99,{total},1,{count + 4}/",
    )
    return "\n".join(lines).encode()


def codes(raw: bytes) -> list[str]:
    return [fault.code for fault in read_as_far(raw).summary.faults]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file_gives_its_rows_and_sums_and_ties_with_every_trailer(name):
    root = os.environ.get("BIHUAN_FIXTURES")
    if not root:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    raw = (Path(root) / "statements" / "bai2" / name).read_bytes()

    summary, lines = read_file(raw)

    rows, money_in, money_out, controls = EXPECTED[name]
    assert (summary.profile_id, summary.rows.booked, summary.rows.total) == ("bai2", rows, len(raw.splitlines()))
    assert (summary.sums_in, summary.sums_out) == (money_in, money_out)
    assert [control.ties for control in summary.controls] == [True] * controls
    assert all(raw[line.byte_offset :].startswith(b"16,") for line in lines)


@pytest.mark.parametrize(
    ("code", "minor", "kind"),
    [
        ("100", 500, LineKind.CREDIT),
        ("399", 500, LineKind.CREDIT),
        ("400", -500, LineKind.DEBIT),
        ("699", -500, LineKind.DEBIT),
        ("720", 500, LineKind.CREDIT),
        ("760", -500, LineKind.DEBIT),
        ("920", 500, LineKind.CREDIT),
        ("960", -500, LineKind.DEBIT),
    ],
)
def test_the_type_code_gives_the_direction(code, minor, kind):
    (line,) = read_file(file(f"16,{code},500,,BANK,ORDER,text, with a comma/", total=500)).lines

    assert (line.amount_minor, line.kind, line.status) == (minor, kind, code)
    assert (line.entry_ref, line.merchant_order_no, line.remittance) == ("BANK", "ORDER", "text, with a comma")
    assert (line.business_date, line.account_no) == (date(2024, 5, 2), "123")


def test_funds_types_with_fields_of_their_own_shift_nothing():
    raw = file(
        "16,142,600,S,100,200,300,B1,O1,t/",
        "16,142,600,V,240503,,B2,O2,t/",
        "16,142,600,D,2,0,100,1,500,B3,O3,t/",
        "16,142,600,0,B4,O4,t/",
        total=2400,
    )

    lines = read_file(raw).lines

    assert [(line.entry_ref, line.merchant_order_no) for line in lines] == [
        ("B1", "O1"),
        ("B2", "O2"),
        ("B3", "O3"),
        ("B4", "O4"),
    ]
    assert [line.value_date for line in lines] == [None, date(2024, 5, 3), None, None]


def test_a_record_goes_on_in_the_next_lines_between_fields_and_inside_words():
    full = "16,142,500,,B,O," + "x" * 62 + "CLIE"  # 80 bytes, the old width, so that the word goes on
    raw = file(
        "16,142,500,S,100/",
        "88,200,200,B1/",
        "88,O1,words/",
        "88,and 1/2 more",
        full,
        "88,NT",
        account="03,123,EUR,010,5,,,015,7/",
        total=1012,
    )

    first, second = read_file(raw).lines

    assert (first.entry_ref, first.merchant_order_no, first.remittance) == ("B1", "O1", "words and 1/2 more")
    assert second.remittance.endswith("xCLIENT")
    assert raw[first.byte_offset :][: first.byte_size].endswith(b"1/2 more")


def test_summaries_count_in_the_account_total_with_their_signs():
    assert codes(file("16,142,500,,/", account="03,1,EUR,010,-100,,,072,40,3,0/", total=440)) == []


def test_words_without_money_are_neutral():
    summary, lines = read_file(file("16,890,,,,,a notice/", "16,142,5,,/", total=5))

    assert (summary.rows.neutral, len(lines)) == (1, 1)


def test_the_currency_is_the_account_s_then_the_group_s_then_the_default_of_the_format():
    of_group = read_file(file("16,142,500,,/", account="03,1,,/", group="02,R,O,1,240502,,JPY,2/", total=500)).summary
    default = read_file(file("16,142,500,,/", account="03,1,,/", group="02,R,O,1,240502,,,2/", total=500)).summary

    assert (of_group.sums_in, default.sums_in) == ({"JPY": 500}, {"USD": 500})
    assert [warning.code for warning in default.warnings] == ["W-CURRENCY-ASSUMED"]


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("16,142,5.00,,/", "E-AMOUNT"),
        ("16,142,-500,,/", "E-AMOUNT"),
        ("16,142,,,/", "E-AMOUNT"),
        ("16,010,500,,/", "E-STATUS-UNKNOWN"),
        ("16,14A,500,,/", "E-STATUS-UNKNOWN"),
        ("16,900,500,,/", "E-STATUS-UNKNOWN"),
        ("16,142,500,Q,/", "E-STATUS-UNKNOWN"),
        ("16,142,500,D,1000000,/", "E-TOO-LARGE"),
    ],
)
def test_a_detail_that_is_not_understood_is_quarantined(detail, code):
    summary, lines = read_as_far(file(detail, "16,142,7,,/", total=507))

    assert summary.faults[0].code == code
    assert (summary.rows.quarantined, len(lines)) == (1, 1)


@pytest.mark.parametrize("status", ["2", "3", "4"])
def test_a_group_that_deletes_corrects_or_tests_is_not_booked_unseen(status):
    assert "E-STATUS-UNKNOWN" in codes(file("16,142,5,,/", total=5, group=f"02,R,O,{status},240502,,EUR,2/"))


def test_wrong_totals_counts_and_orders_are_faults():
    assert codes(file("16,142,5,,/", total=6)) == ["E-CONTROL-SUM"] * 3
    assert codes(file("16,142,5,,/", total=5).replace(b"49,5,3", b"49,5,4")) == ["E-CONTROL-COUNT"]
    assert "E-FRAME" in codes(file("49,0,2/", total=0))
    assert codes(file("garbage", total=0))[0] == "E-FRAME"


def test_a_file_that_is_cut_anywhere_before_its_last_record_is_never_loadable():
    raw = file("16,142,500,,B,O,words/", "88,more", "16,475,300,,/", total=800)

    for size in range(30, raw.index(b"99,800")):
        assert codes(raw[:size]), size


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r", b"   \n", b"\n\n"])
def test_line_ends_padding_and_blank_lines_do_not_matter(line_end):
    raw = file("16,142,5,,/", total=5).replace(b"\n", line_end)

    assert read_file(raw).summary.sums_in == {"EUR": 5}
