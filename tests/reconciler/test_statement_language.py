"""What a profile can say of a table: each key on a file of three lines, and what is refused without it."""

from decimal import Decimal
from typing import Any

import pytest
import yaml

from services.reconciler.domain.line import LineKind
from services.reconciler.domain.statement import RowCounts
from services.reconciler.statements import Profile, ProfileInvalid
from services.reconciler.statements.numbers import number_form
from services.reconciler.statements.profile_files import parse_profile
from services.reconciler.statements.profile_table import Dialect
from tests.support.statements import Whole, read_as_far

BASE: dict[str, Any] = {
    "id": "made.up",
    "version": 1,
    "channel": "made_up",
    "detect": {"header": ["date", "amount"]},
    "decode": {"encodings": ["utf-8"]},
    "dialect": {"delimiter": ",", "quote": '"', "strip": " \t"},
    "table": {"header": ["date", "amount"], "preamble": {}},
    "columns": {"book_time": {"header": ["date"], "format": "%Y-%m-%d"}},
    "amount": {"signed": ["amount"]},
    "currency": {"fixed": "CNY"},
    "tz": "Asia/Shanghai",
    "day": {"span": "many"},
}


def profile(**changed: Any) -> Profile:
    return parse_profile("made_up.yaml", yaml.safe_dump(BASE | changed, allow_unicode=True))


def read(text: str, **changed: Any) -> Whole:
    return read_as_far(text.encode(), (profile(**changed),))


def amounts(text: str, **changed: Any) -> list[int | str]:
    """Minor units of the lines, or the codes of the faults if there is one."""
    whole = read(text, **changed)
    return [fault.code for fault in whole.summary.faults] or [line.amount_minor for line in whole.lines]


@pytest.mark.parametrize(
    ("dialect", "text", "number"),
    [
        (Dialect(), "-12.30", "-12.30"),
        (Dialect(), "+12.30", None),
        (Dialect(plus=True), "+12.30", "12.30"),
        (Dialect(), "1,234.00", None),
        (Dialect(group=","), "-1,234,567.89", "-1234567.89"),
        (Dialect(group=","), "1234.00", "1234.00"),
        (Dialect(group=","), "12,34.00", None),
        (Dialect(group=","), ",234.00", None),
        (Dialect(decimal=",", group="."), "-1.234,56", "-1234.56"),
        (Dialect(decimal=",", group="."), "1.23", None),
        (Dialect(), "¥1.00", None),
        (Dialect(currency_signs=("¥", "￥")), "-￥1.00", "-1.00"),
        (Dialect(currency_signs=("¥",)), "1.00¥", None),
        (Dialect(), "(1.00)", None),
        (Dialect(), "\uff11.00", None),
        (Dialect(), "1.23E+5", None),
        (Dialect(), ".5", None),
        (Dialect(), "1 000", None),
        (Dialect(), "", None),
        (Dialect(), "9" * 16, None),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_form_of_its_layout_or_not_at_all(dialect, text, number):
    assert number_form(dialect).read(text) == (None if number is None else Decimal(number))


def test_a_signed_column_makes_credits_and_debits_and_a_card_turns_them_over():
    text = "date,amount\n2026-03-01,5.00\n2026-03-02,-3.00\n"

    bank, card = read(text), read(text, amount={"signed": ["amount"], "negate": True})

    assert [(line.kind, line.amount_minor) for line in bank.lines] == [(LineKind.CREDIT, 500), (LineKind.DEBIT, -300)]
    assert [(line.kind, line.amount_minor) for line in card.lines] == [(LineKind.DEBIT, -500), (LineKind.CREDIT, 300)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("5.00,", [500]),
        (",3.00", [-300]),
        ("0.00,3.00", [-300]),
        ("-,3.00", [-300]),
        ("0.00,0.00", [0]),
        ("5.00,3.00", ["E-AMOUNT"]),
        (",", ["E-AMOUNT"]),
        ("-,-", ["E-AMOUNT"]),
        (",-3.00", ["E-AMOUNT"]),
        ("-5.00,", ["E-AMOUNT"]),
    ],
)
def test_of_two_columns_one_moves_money(cells, expected):
    way = {"in": ["amount"], "out": ["spent"], "empty": ["-"]}

    assert amounts(f"date,amount,spent\n2026-03-01,{cells}\n", amount=way) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("in,5.00", [500]),
        ("out,5.00", [-500]),
        ("none,5.00", []),
        ("out,-5.00", ["E-AMOUNT"]),
        ("In,5.00", ["E-STATUS-UNKNOWN"]),
        (",5.00", ["E-STATUS-UNKNOWN"]),
    ],
)
def test_a_word_gives_the_direction_or_says_that_nothing_moved(cells, expected):
    way = {"indicator": ["way"], "in": ["in"], "out": ["out"], "neutral": ["none"], "amount": ["amount"]}

    assert amounts(f"date,way,amount\n2026-03-01,{cells}\n", amount=way) == expected


def test_a_neutral_row_is_counted_and_no_line():
    way = {"indicator": ["way"], "in": ["in"], "out": ["out"], "neutral": ["none"], "amount": ["amount"]}

    summary, lines = read("date,way,amount\n2026-03-01,none,5.00\n2026-03-01,in,1.00\n", amount=way)

    assert summary.rows == RowCounts(booked=1, neutral=1, frame=1, quarantined=0)
    assert (summary.sums_in, len(lines)) == ({"CNY": 100}, 1)


@pytest.mark.parametrize(
    ("word", "amount", "expected"),
    [
        ("charge", "5.00", LineKind.PAYMENT),
        ("charge", "-5.00", "E-AMOUNT"),
        ("refund", "-5.00", LineKind.REFUND),
        ("fee", "-5.00", LineKind.FEE),
        ("fee", "5.00", LineKind.FEE),
        ("other", "5.00", "E-STATUS-UNKNOWN"),
    ],
)
def test_a_column_says_what_a_line_is_and_the_sign_must_agree(word, amount, expected):
    kinds = {"header": ["type"], "map": {"charge": "PAYMENT", "refund": "REFUND", "fee": "FEE"}}

    summary, lines = read(
        f"date,type,amount\n2026-03-01,{word},{amount}\n", amount={"signed": ["amount"], "kinds": kinds}
    )

    assert [fault.code for fault in summary.faults] + [line.kind for line in lines] == [expected]


def test_a_type_that_no_one_named_goes_by_its_sign_if_the_profile_says_so():
    kinds = {"header": ["type"], "map": {"fee": "FEE"}, "other": "by_sign"}

    lines = read("date,type,amount\n2026-03-01,x,-5.00\n", amount={"signed": ["amount"], "kinds": kinds}).lines

    assert lines[0].kind is LineKind.DEBIT


@pytest.mark.parametrize(
    ("written", "currency", "expected"),
    [
        ("人民币", {"header": "ccy", "map": {"人民币": "CNY"}}, ("CNY", 500)),
        ("JPY", {"header": "ccy"}, ("JPY", 5)),
        ("usd", {"header": "ccy", "upper": True}, ("USD", 500)),
        ("usd", {"header": "ccy"}, "E-CURRENCY"),
        ("RMB", {"header": "ccy"}, "E-CURRENCY"),
    ],
)
def test_a_currency_is_a_code_of_the_standard_or_a_word_that_the_profile_maps(written, currency, expected):
    summary, lines = read(f"date,ccy,amount\n2026-03-01,{written},5.00\n", currency=currency)

    assert [f.code for f in summary.faults] + [(x.currency_code, x.amount_minor) for x in lines] == [expected]


def test_amounts_in_minor_units_have_no_decimal_point():
    way = {"signed": ["amount"], "minor_units": True}

    assert amounts("date,amount\n2026-03-01,500\n", amount=way) == [500]
    assert amounts("date,amount\n2026-03-01,5.50\n", amount=way) == ["E-AMOUNT"]


@pytest.mark.parametrize(
    ("book_time", "cells", "expected"),
    [
        ({"join": ["date", "time"], "format": ["%Y%m%d %H%M%S", "%Y%m%d"]}, "20260301,093000", "01:30:00"),
        ({"join": ["date", "time"], "format": ["%Y%m%d %H%M%S", "%Y%m%d"]}, "20260301,", None),
        ({"join": ["date", "time"], "format": ["%-m/%-d/%Y %H:%M"]}, "3/1/2026,09:30", "01:30:00"),
        ({"header": ["date"], "format": "%d %b %y"}, "01 Mar 26,", None),
        ({"header": ["date"], "format": "%m%d", "year": {"header": ["time"]}}, "0301,2026", None),
        ({"join": ["date", "zone"], "format": "x"}, "", ProfileInvalid),
        ({"header": ["date"], "format": "%m%d"}, "", ProfileInvalid),
    ],
)
def test_a_time_is_put_together_from_its_columns(book_time, cells, expected):
    if expected is ProfileInvalid:
        with pytest.raises(ProfileInvalid):
            profile(columns={"book_time": book_time})
        return

    (line,) = read(f"date,time,amount\n{cells},5.00\n", columns={"book_time": book_time}).lines

    assert line.business_date.isoformat() == "2026-03-01"
    assert (line.book_time and line.book_time.time().isoformat()) == expected


@pytest.mark.parametrize("date", ["45678", "2026-02-30", "\uff12026-03-01", "2026/03/01", "2026-03-01 00:00:00", ""])
def test_a_date_that_a_spreadsheet_or_a_person_changed_is_refused(date):
    summary, _ = read(f"date,amount\n{date},5.00\n")

    assert [(fault.code, fault.line, fault.column) for fault in summary.faults] == [("E-DATE", 2, "date")]


def test_a_time_zone_of_the_row_beats_that_of_the_profile():
    book_time = {"header": ["date"], "format": "%Y-%m-%d %H:%M", "zone": {"header": ["zone"]}}
    text = "date,zone,amount\n2026-03-01 09:30,{},5.00\n"

    (line,) = read(text.format("America/New_York"), columns={"book_time": book_time}).lines

    assert line.book_time is not None
    assert line.book_time.isoformat() == "2026-03-01T14:30:00+00:00"
    assert amounts(text.format("Mars/Base"), columns={"book_time": book_time}) == ["E-DATE"]


def test_a_channel_s_own_accounting_day_beats_the_cut_off():
    columns = {
        "book_time": {"header": ["date"], "format": "%Y-%m-%d %H:%M"},
        "business_date": {"header": ["settled"], "format": "%Y%m%d"},
    }
    text = "date,settled,amount\n2026-03-01 23:30,{},5.00\n"

    (line,) = read(text.format("20260302"), columns=columns).lines

    assert line.business_date.isoformat() == "2026-03-02"
    assert amounts(text.format(""), columns=columns) == ["E-DATE"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("4200000001", "4200000001"),
        ("4.2E+27", "E-EXCEL-PRECISION"),
        ("4200000001.0", "E-EXCEL-PRECISION"),
        ("\uff14200000001", "E-CELL-FORM"),
        ("42\x07", "E-CELL-FORM"),
    ],
)
def test_the_number_of_a_transaction_is_kept_or_refused_but_never_repaired(row, expected):
    columns = BASE["columns"] | {"channel_txn_no": {"header": ["no"]}}

    summary, lines = read(f"date,no,amount\n2026-03-01,{row},5.00\n", columns=columns)

    assert [fault.code for fault in summary.faults] + [line.channel_txn_no for line in lines] == [expected]


def test_a_part_of_a_cell_is_taken_and_a_cell_without_it_is_refused():
    fee = {"header": ["fee"], "regex": "^(?:D|(?P<minus>C))(?P<value>[0-9]+)$", "minor_units": True}
    text = "date,fee,amount\n2026-03-01,{},5.00\n"

    fees = [read(text.format(cell), columns=BASE["columns"] | {"fee": fee}) for cell in ("D024", "C024", "X024")]

    assert [whole.lines[0].fee_text for whole in fees[:2]] == ["0.24", "-0.24"]
    assert [fault.code for fault in fees[2].summary.faults] == ["E-CELL-FORM"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('2026-03-01,"5.00"', [500]),
        ('2026-03-01,"5.00"\t', [500]),
        ('2026-03-01,"1,005.00"', [100500]),
        ('2026-03-01,"5.00', ["E-TRUNCATED"]),
        ('"2026-03-01,5.00', ["E-TRUNCATED"]),
        ('2026-03-01,5.00,"x"', ["E-TRUNCATED"]),
        ('"2026-03-01"x,5.00', ["E-TRUNCATED"]),
    ],
)
def test_quotes_hold_a_cell_together_and_must_be_paired(line, expected):
    dialect = BASE["dialect"] | {"group": ","}

    assert amounts(f"date,amount\n{line}", dialect=dialect) == expected


def test_a_row_that_spans_lines_in_its_quotes_is_one_row_at_its_first_line():
    text = 'date,note,amount\n2026-03-01,"a\nb ""c""\nd",5.00\n2026-03-02,x,6.00\n'
    columns = BASE["columns"] | {"remittance": {"header": ["note"]}}

    summary, lines = read(text, columns=columns)

    assert [(line.line_no, line.remittance, line.amount_minor) for line in lines] == [
        (2, 'a\nb "c"\nd', 500),
        (5, "x", 600),
    ]
    assert summary.rows == RowCounts(booked=2, neutral=0, frame=3, quarantined=0)
    assert text.encode()[lines[0].byte_offset :][: lines[0].byte_size] == b'2026-03-01,"a\nb ""c""\nd",5.00'


def test_a_quote_that_nothing_closes_is_wrong_in_its_own_line_alone():
    rows = "".join(f"2026-03-01,x,{no}.00\n" for no in range(60))

    summary, lines = read(f'date,note,amount\n2026-03-01,"x,5.00\n{rows}')

    assert [(fault.code, fault.line) for fault in summary.faults] == [("E-QUOTE", 2)]
    assert len(lines) == 60


def test_a_ragged_row_is_filled_up_with_a_warning_where_the_layout_has_such_rows():
    text = "date,amount,note\n2026-03-01,5.00\n"

    ragged = read(text, table=BASE["table"] | {"ragged": True})

    assert [warning.code for warning in ragged.summary.warnings] == ["W-RAGGED"]
    assert [line.amount_minor for line in ragged.lines] == [500]
    assert amounts(text) == ["E-WIDTH"]


def test_empty_cells_beyond_the_header_are_allowed_where_the_layout_has_them():
    text = "date,amount,\n2026-03-01,5.00,\n"

    assert amounts(text, table=BASE["table"] | {"trailing_delimiter": True}) == [500]
    assert amounts(text) == ["E-WIDTH"]


def test_cells_that_a_spreadsheet_made_formulas_are_unwrapped_where_the_layout_has_them():
    text = 'date\tamount\n="2026-03-01"\t="5.00"\n'
    dialect = {"delimiter": "\t", "excel_formula": True}

    assert amounts(text, dialect=dialect) == [500]
    assert amounts(text, dialect={"delimiter": "\t"}) == ["E-AMOUNT"]


def test_facts_are_looked_for_above_and_below_the_rows():
    table = {
        "header": ["date", "amount"],
        "preamble": {"facts": ["^account (?P<account_no>[0-9]+)", "^rows (?P<count>[0-9]+)"]},
        "end": "^total",
        "footer": {"facts": ["^total (?P<sum>.*)"]},
    }
    controls = [
        {"name": "rows", "declared": "count"},
        {"name": "total", "declared": "sum", "sum": "amount"},
    ]
    text = "hello\naccount 42\nrows {}\n\ndate,amount\n2026-03-01,5.00\ntotal {}\nbye\n"

    tying, other, cut = (
        read(text.format(1, "5.00"), table=table, controls=controls),
        read(text.format(2, "5.01"), table=table, controls=controls),
        read(text.format(1, "5.00").split("total")[0], table=table, controls=controls),
    )

    assert (tying.summary.loadable, tying.summary.account_no, tying.lines[0].account_no) == (True, "42", "42")
    assert tying.summary.rows == RowCounts(booked=1, neutral=0, frame=7, quarantined=0)
    assert [(f.code, f.line, f.column) for f in other.summary.faults] == [
        ("E-CONTROL-COUNT", 3, "rows"),
        ("E-CONTROL-SUM", 7, "total"),
    ]
    assert [fault.code for fault in cut.summary.faults] == ["E-TRUNCATED"]


@pytest.mark.parametrize(("order", "ties"), [("oldest", [True, False]), ("newest", [False, True])])
def test_a_running_balance_goes_on_from_line_to_line_in_the_order_of_the_layout(order, ties):
    oldest = "date,amount,left\n2026-03-01,5.00,15.00\n2026-03-02,-3.00,12.00\n2026-03-03,1.00,13.00\n"
    newest = "date,amount,left\n2026-03-03,1.00,13.00\n2026-03-02,-3.00,12.00\n2026-03-01,5.00,15.00\n"
    controls = [{"name": "left", "balance_chain": {"header": ["left"], "order": order}}]

    summaries = [read(text, controls=controls).summary for text in (oldest, newest)]

    assert [summary.loadable for summary in summaries] == ties
    assert [(f.code, f.line) for summary in summaries for f in summary.faults] == [("E-BALANCE", 3)]


def test_gross_less_fee_is_net_in_every_row():
    controls = [{"name": "net", "net": {"gross": "amount", "fee": "fee", "net": "net"}}]
    text = "date,amount,fee,net\n2026-03-01,5.00,0.10,4.90\n2026-03-01,5.00,0.10,{}\n2026-03-01,5.00,0.10,{}\n"

    tying, off = (read(text.format(*nets), controls=controls).summary for nets in (("4.90",) * 2, ("4.91", "4.89")))

    assert tying.loadable
    assert [(f.code, f.line) for f in off.faults] == [("E-CONTROL-SUM", 3)]


def test_opening_balance_and_amounts_give_the_closing_balance():
    table = BASE["table"] | {"preamble": {"facts": ["^from (?P<opening>.*) to (?P<closing>.*)"]}}
    controls = [{"name": "balance", "opening": "opening", "closing": "closing"}]
    text = "from 1.00 to {}\ndate,amount\n2026-03-01,5.00\n"

    tying, off = (read(text.format(to), table=table, controls=controls).summary for to in ("6.00", "6.01"))

    assert tying.loadable
    assert [(f.code, f.line, f.value) for f in off.faults] == [("E-BALANCE", 1, "declared 6.01, computed 6.00")]


def test_a_row_that_is_refused_is_in_no_total():
    table = BASE["table"] | {"end": "^sum", "end_row": True, "footer": {}}
    controls = [
        {"name": "sum", "declared": "amount", "sum": "amount"},
        {"name": "left", "balance_chain": {"header": ["left"]}},
    ]
    text = "date,amount,left\n2026-03-01,5.00,15.00\n2026-03-02,7.00,broken\n2026-03-03,1.00,16.00\nsum,6.00\n"

    summary, lines = read(text, table=table, controls=controls)

    assert [(f.code, f.line, f.column) for f in summary.faults] == [("E-AMOUNT", 3, "left")]
    assert all(control.ties for control in summary.controls)
    assert (summary.loadable, summary.rows.quarantined, len(lines)) == (False, 1, 2)


def test_faults_beyond_the_first_hundred_are_counted_and_not_kept():
    summary, lines = read("date,amount\n" + "2026-03-01,x\n" * 150 + "2026-03-01,1.00\n")

    assert (len(summary.faults), summary.fault_count, summary.rows.quarantined) == (100, 150, 150)
    assert [line.line_no for line in lines] == [152]


def test_lines_outside_a_stated_period_of_many_days_are_told_and_taken():
    table = BASE["table"] | {"preamble": {"facts": ["^(?P<period_start>.*) - (?P<period_end>.*)$"]}}
    day = {"stated_by": "period", "period_format": "%Y-%m-%d", "span": "many"}

    summary, lines = read(
        "2026-03-02 - 2026-03-04\ndate,amount\n2026-03-01,1.00\n2026-03-04,2.00\n", table=table, day=day
    )

    assert [(warning.code, warning.line) for warning in summary.warnings] == [("W-OUT-OF-PERIOD", 3)]
    assert (summary.loadable, len(lines)) == (True, 2)
    assert (str(summary.first_date), str(summary.last_date)) == ("2026-03-01", "2026-03-04")
    assert summary.period_end is not None
    assert summary.period_end.isoformat() == "2026-03-04T16:00:00+00:00"


def test_a_table_without_a_header_has_the_names_of_its_profile():
    table = {"names": ["date", "amount"]}

    assert amounts("2026-03-01,5.00\n", table=table, detect={"first_line": "^2026"}) == [500]


def test_lines_between_rows_that_are_none_are_skipped_by_their_pattern():
    text = "date,amount\n2026-03-01,5.00\n-- page 2 --\n2026-03-02,6.00\n"

    assert amounts(text, table=BASE["table"] | {"skip": ["^-- page"]}) == [500, 600]
    assert amounts(text) == ["E-WIDTH"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"detect": {}}, "detect must name at least one anchor"),
        ({"amount": {}}, "amount must be one of"),
        ({"amount": {"signed": ["amount"], "in": ["a"], "out": ["b"]}}, "amount must be one of"),
        ({"amount": {"in": ["a"]}}, "in needs out"),
        ({"amount": {"indicator": ["way"], "in": ["a"], "out": ["b"]}}, "amount.indicator needs amount.amount"),
        ({"columns": {}}, "columns.book_time is missing"),
        ({"format": "fixed_width"}, "fixed belongs to format: fixed_width"),
        ({"table": {"header": ["date"], "names": ["date"]}}, "table must have one of"),
        ({"table": {"header": ["date"], "end_row": True}}, "need table.end"),
        ({"table": {"header": ["date"], "preamble": {}, "above": ["x"]}}, "either above or preamble"),
        ({"controls": [{"name": "x"}]}, "control x: one of"),
        ({"controls": [{"name": "x", "declared": "y"}]}, "no group of a line is called y"),
        ({"currency": {}}, "currency must be either"),
        ({"amount": {"signed": ["a"], "kinds": {"header": ["t"], "map": {"a": "GIFT"}}}}, "must be one of PAYMENT"),
        ({"key": ["colour"]}, "key[0] must be one of"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_meant_is_refused_by_its_key(changed, fault):
    with pytest.raises(ProfileInvalid) as invalid:
        profile(**changed)

    assert any(fault in text for text in invalid.value.faults), invalid.value.faults


@pytest.mark.parametrize(
    ("text", "code", "rows"),
    [
        ("date,amount\n2026-03-01,1.00\n", "E-TRUNCATED", RowCounts(1, 0, 1, 0)),
        ("day,amount\n2026-03-01,1.00\n\n\n", "E-HEADER-MISSING", RowCounts(0, 0, 4, 0)),
        ("date,amount\n2026-03-01,1.00\nend\nmore\nand more", "E-FRAME", RowCounts(1, 0, 3, 1)),
        ("date,amount,amount\n2026-03-01,1.00\nend", "E-HEADER-DUPLICATE", RowCounts(0, 0, 1, 2)),
        ("date,amount\n2026-03-01,1.00\n" + "x" * 70_000 + "\nend", "E-TOO-LARGE", RowCounts(0, 0, 1, 3)),
    ],
)
def test_each_line_of_a_file_is_in_one_place_even_if_its_reading_ended_early(text, code, rows):
    summary, lines = read(text, table=BASE["table"] | {"end": "^end"}, detect={"head": "amount"})

    assert ([fault.code for fault in summary.faults], summary.rows) == ([code], rows)
    assert len(lines) == rows.booked


def test_a_summary_tells_which_header_was_read_as_what():
    way = {"indicator": ["way"], "in": ["in"], "out": ["out"], "amount": ["sum", "amount"]}
    columns = {"book_time": {"join": ["date", "time"], "format": ["%Y-%m-%d %H:%M"]}, "fee": {"header": ["cost"]}}
    text = "date,time,way,amount,cost,ccy\n2026-03-01,09:30,in,5.00,0.10,CNY\n"

    summary = read(text, amount=way, columns=columns, currency={"header": "ccy"}).summary

    assert summary.header_map == {
        "book_time": "date time",
        "fee": "cost",
        "amount_minor": "amount",
        "currency_code": "ccy",
        "status": "way",
    }


def test_totals_of_one_direction_leave_out_the_other_and_what_moved_nothing():
    way = {"indicator": ["way"], "in": ["in"], "out": ["out"], "neutral": ["none"], "amount": ["amount"]}
    table = BASE["table"] | {"end": "^came", "totals_row": True}
    controls = [
        {"name": "came", "declared": "came", "moved": "in", "sum": "@amount"},
        {"name": "went", "declared": "went", "moved": "out"},
        {"name": "all", "declared": "all"},
    ]
    text = "date,way,amount\n2026-03-01,in,5.00\n2026-03-01,none,7.00\n2026-03-01,out,2.00\ncame,went,all\n5.00,1,3\n"

    summary, _ = read(text, amount=way, table=table, controls=controls)

    assert [(control.computed, control.ties) for control in summary.controls] == [
        ("5.00", True),
        ("1", True),
        ("3", True),
    ]


@pytest.mark.parametrize("form", ["%Y-%m-%d %Z", "%Y-%m", "%d/%Y", "%m-%d %H", "%m-%d %H:%S", "%m-%d %M:%S"])
def test_a_form_of_time_that_would_leave_something_open_is_refused(form):
    with pytest.raises(ProfileInvalid):
        profile(columns={"book_time": {"header": ["date"], "format": form, "year": {"header": ["year"]}}})
