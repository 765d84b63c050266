"""Files of card issuers, banks and payment providers are read to the rows and sums that were counted by hand."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.reconciler.domain.line import LineKind
from services.reconciler.statements import Source, check_statement, load_profiles, read_whole
from tests.support import statement_families as families
from tests.support import statement_samples as samples


@dataclass(frozen=True)
class Golden:
    """What a file says: rows, sums in minor units by currency, first and last line in the order of the file."""

    file: str
    profile: str
    booked: int
    sums_in: dict[str, int]
    sums_out: dict[str, int]
    first: tuple[str, int]
    last: tuple[str, int]
    controls: int = 0  # all of them tie


REAL = [
    Golden(
        "cn/cgb_credit.csv",
        "cgb.credit",
        4,
        {"CNY": 122788},
        {"CNY": -40332},
        ("2025/01/05", -1590),
        ("2024/12/25", 113068),
    ),
    Golden(
        "cn/citic_credit.xls",
        "citic.credit",
        13,
        {"CNY": 141},
        {"CNY": -109880},
        ("2024-11-09", -590),
        ("2024-10-20", -2016),
    ),
    Golden(
        "cn/hsbchk_debit.csv",
        "hsbc_hk.debit",
        10,
        {"HKD": 1300545, "CNY": 1250000},
        {"HKD": -352650},
        ("24/03/2025", -100),
        ("01/03/2025", 545),
    ),
    Golden(
        "cn/meituan_bom_crlf.csv",
        "meituan.personal",
        29,
        {"CNY": 20973},
        {"CNY": -122380},
        ("2025-02-28 20:35:13", -2117),
        ("2025-02-02 21:30:16", -1920),
        controls=2,
    ),
    Golden("intl/bmo_credit_preamble.csv", "bmo.credit", 3, {}, {"CAD": -9433}, ("20230511", -327), ("20230512", -600)),
    Golden(
        "intl/split_amounts_semicolon.csv",
        "generic.credit_debit",
        2,
        {"EUR": 125050},
        {"EUR": -20025},
        ("2026-03-20", 125050),
        ("2026-03-21", -20025),
        controls=1,
    ),
    Golden(
        "intl/european_decimals.csv",
        "generic.umsatz",
        3,
        {"EUR": 350000},
        {"EUR": -123906},
        ("2026-04-02", -123456),
        ("2026-04-09", -450),
    ),
    Golden(
        "psp/stripe_balance_itemized.csv",
        "stripe.balance",
        2,
        {"USD": 1200},
        {"USD": -77},
        ("2020-01-23 08:26:29", 1200),
        ("2020-01-23 08:26:31", -77),
        controls=1,
    ),
    Golden(
        "psp/adyen_settlement_238.csv",
        "adyen.settlement",
        3,
        {"USD": 45433199},
        {"USD": -45433199},
        ("2022-02-22 00:24:23", 45433199),
        ("2022-03-02 02:21:49", -45433190),
        controls=1,
    ),
    Golden(
        "psp/paypal_statement_en.csv",
        "paypal.statement",
        19,
        {"EUR": 1734631, "USD": 2119430},
        {"EUR": -1734631, "USD": -2091400},
        ("9/4/2018 21:15:11", -105809),
        ("9/30/2018 21:22:33", 28118),
        controls=2,
    ),
]
STL_TIME = "2026/03/01 00:01:17 -0800"
MADE = [
    (
        samples.jd_personal,
        Golden(
            "",
            "jd.personal",
            2,
            {"CNY": 2000},
            {"CNY": -4990},
            ("2026-03-02 08:00:01", -4990),
            ("2026-03-01 21:10:44", 2000),
        ),
    ),
    (
        samples.ccb_debit,
        Golden(
            "",
            "ccb.debit",
            3,
            {"CNY": 500000},
            {"CNY": -122340},
            ("20260301 09:15:02", 500000),
            ("20260302 21:02:37", -120000),
            controls=1,
        ),
    ),
    (
        samples.paypal_stl,
        Golden("", "paypal.stl", 2, {"USD": 10000}, {"USD": -2500}, (STL_TIME, 10000), (STL_TIME, -2500), controls=1),
    ),
    (
        samples.stripe_payout,
        Golden(
            "",
            "stripe.payout",
            3,
            {"USD": 1200, "JPY": 1000},
            {"USD": -300},
            ("2026-03-01 08:26:29", 1200),
            ("2026-03-01 09:00:00", 1000),
            controls=1,
        ),
    ),
    (
        families.citic_credit_xlsx,
        Golden("", "citic.credit", 2, {"CNY": 121}, {"CNY": -2500}, ("2026-03-02", -2500), ("2026-03-02", 121)),
    ),
]


def assert_golden(raw: bytes, golden: Golden) -> None:
    summary = check_statement(Source.of_bytes(raw), load_profiles())

    assert (summary.profile_id, summary.faults, summary.loadable) == (golden.profile, (), True)
    assert (summary.rows.booked, summary.rows.quarantined) == (golden.booked, 0)
    assert (summary.sums_in, summary.sums_out) == (golden.sums_in, golden.sums_out)
    assert summary.first is not None
    assert summary.last is not None
    assert (summary.first.time, summary.first.amount_minor) == golden.first
    assert (summary.last.time, summary.last.amount_minor) == golden.last
    assert [control.ties for control in summary.controls] == [True] * golden.controls


@pytest.mark.parametrize("golden", REAL, ids=lambda golden: golden.file)
def test_a_real_file_is_read_to_the_rows_and_sums_that_were_counted_by_hand(golden):
    folder = os.environ.get("BIHUAN_FIXTURES")
    if not folder:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")

    assert_golden((Path(folder) / "statements" / golden.file).read_bytes(), golden)


def test_the_same_list_as_a_workbook_and_as_text_says_the_same():
    folder = os.environ.get("BIHUAN_FIXTURES")
    if not folder:
        pytest.skip("BIHUAN_FIXTURES does not name a folder of real statement files")
    files = [Path(folder) / "statements" / "cn" / f"wechat_personal.{kind}" for kind in ("csv", "xlsx")]

    text, book = (check_statement(Source.of_bytes(file.read_bytes()), load_profiles()) for file in files)

    assert text.profile_id == book.profile_id == "wechat.personal"
    assert (book.rows.booked, book.rows.neutral, book.rows.quarantined) == (16, 11, 0)
    assert (book.sums_in, book.sums_out) == (text.sums_in, text.sums_out) == ({"CNY": 2849}, {"CNY": -290453})
    assert (book.first, book.last) == (text.first, text.last)
    assert book.controls == text.controls  # which do not tie: its rows were cut


@pytest.mark.parametrize(("write", "golden"), MADE, ids=lambda case: getattr(case, "profile", ""))
def test_a_file_made_after_the_public_layout_is_read_to_its_rows_and_sums(write, golden):
    assert_golden(write(), golden)


def test_a_provider_s_line_says_what_it_was_and_in_which_zone_its_clock_was():
    _, lines = read_whole(Source.of_bytes(samples.stripe_payout()), load_profiles())

    assert [(line.kind, line.merchant_order_no, line.fee_text) for line in lines] == [
        (LineKind.PAYMENT, "order-1", "0.65"),
        (LineKind.REFUND, "order-1", "0.00"),
        (LineKind.PAYMENT, "", "36"),
    ]
    assert {line.entry_ref for line in lines} == {"po_1", "po_2"}
    assert str(lines[0].book_time) == "2026-03-01 08:26:29+00:00"


def test_a_purchase_that_was_refunded_in_part_says_two_amounts_in_one_cell_and_is_not_guessed():
    raw = samples.jd_personal().replace(b",49.90,", ",131.77(已退款89.84),".encode())

    summary = check_statement(Source.of_bytes(raw), load_profiles())

    assert [(fault.code, fault.line, fault.column) for fault in summary.faults] == [("E-AMOUNT", 6, "金额")]
    assert not summary.loadable


ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Creation Date,TimeZone,Type,"
    "Modification Reference,Net Currency,Net Debit (NC),Net Credit (NC),Batch Number\n"
    "Co,Shop,8816178914079738,order-1,2026-03-01 10:00:00,CET,Settled,,EUR,,10.50,7\n"
    "Co,Shop,8816178914079739,order-2,2026-03-01 11:00:00,CET,Refunded,9916178914079739,EUR,2.50,,7\n"
    "Co,Shop,,,2026-03-02 01:00:00,CET,MerchantPayout,payout,EUR,8.00,,7\n"
)


def test_a_batch_that_pays_out_what_came_is_loadable_and_one_with_a_row_less_is_not():
    whole = check_statement(Source.of_bytes(ADYEN.encode()), load_profiles())
    cut = check_statement(Source.of_bytes(ADYEN[: ADYEN.rindex("Co,")].encode()), load_profiles())

    assert (whole.loadable, whole.sums_in, whole.sums_out) == (True, {"EUR": 1050}, {"EUR": -1050})
    assert not cut.loadable
    assert [(fault.code, fault.value) for fault in cut.faults] == [("E-CONTROL-SUM", "declared 0, computed 8.00")]


def paypal(*rows: tuple[str, str, str]) -> bytes:
    """A statement of these dates, zones and amounts."""
    header = "Date,Time,Time Zone,Description,Currency,Gross,Fee,Net,Balance,Transaction ID"
    balance, lines = 0, [header]
    for no, (day, zone, amount) in enumerate(rows, 1):
        balance += int(amount)
        lines.append(f"{day},21:15:11,{zone},Express Checkout Payment,USD,{amount},0.00,{amount},{balance},TID{no}")
    return "".join(line + "\n" for line in lines).encode()


def test_the_whole_file_decides_whether_day_or_month_comes_first():
    _, month_first = read_whole(
        Source.of_bytes(paypal(("9/4/2018", "CET", "5"), ("9/30/2018", "CET", "5"))), load_profiles()
    )
    _, day_first = read_whole(
        Source.of_bytes(paypal(("4/9/2018", "CET", "5"), ("30/9/2018", "CET", "5"))), load_profiles()
    )

    assert [str(line.business_date) for line in month_first] == ["2018-09-04", "2018-09-30"]
    assert [str(line.business_date) for line in day_first] == ["2018-09-04", "2018-09-30"]


def test_days_and_months_that_could_trade_places_in_every_row_are_said_to():
    summary = check_statement(
        Source.of_bytes(paypal(("9/4/2018", "CET", "5"), ("9/10/2018", "CET", "5"))), load_profiles()
    )

    assert "W-DATE-ORDER-AMBIGUOUS" in [warning.code for warning in summary.warnings]


def test_each_row_of_a_provider_s_statement_is_on_the_clock_of_its_own_zone():
    raw = paypal(("9/27/2018", "America/Los_Angeles", "5"), ("9/27/2018", "CET", "5"))

    _, lines = read_whole(Source.of_bytes(raw), load_profiles())

    assert [str(line.book_time) for line in lines] == ["2018-09-28 04:15:11+00:00", "2018-09-27 19:15:11+00:00"]


def test_a_zone_that_a_provider_names_by_its_summer_time_is_that_many_hours_off():
    raw = paypal(("9/27/2018", "PDT", "5"), ("12/27/2018", "PST", "5"), ("9/27/2018", "CEST", "5"))

    _, lines = read_whole(Source.of_bytes(raw), load_profiles())

    assert [str(line.book_time)[:13] for line in lines] == ["2018-09-28 04", "2018-12-28 05", "2018-09-27 19"]


def test_a_zone_that_is_none_is_refused():
    summary = check_statement(Source.of_bytes(paypal(("9/27/2018", "Mars/Olympus", "5"))), load_profiles())

    assert (summary.faults[0].code, summary.faults[0].column) == ("E-DATE", "Time Zone")
