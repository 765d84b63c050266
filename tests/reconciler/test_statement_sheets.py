"""A workbook's sheet as rows of text: what is written, and no more than fits."""

import io
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.statements import StatementRefused, load_profiles, sheets, xlsx_check
from services.reconciler.statements.sheets import sheet_rows
from tests.support.statement_samples import with_sheet, workbook, workbook_of_parts
from tests.support.statements import read_as_far

MOMENT = datetime.fromisoformat("2026-03-01 20:35:13")


def rows_of(raw: bytes, sheet: str = "") -> list[tuple[str, ...]]:
    return [row.cells for row in sheet_rows(io.BytesIO(raw), sheet)]


def refused(raw: bytes, sheet: str = "") -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        rows_of(raw, sheet)
    return caught.value


def parts_of(raw: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_text_is_as_written_a_number_is_its_shortest_form_and_a_moment_is_a_moment():
    raw = workbook([["0012 ", 12.30, 6688, 0.1, -1e-7], [MOMENT, "2026-03-01", "", 100.0, 1]])

    assert rows_of(raw) == [
        ("0012 ", "12.3", "6688", "0.1", "-0.0000001"),
        ("2026-03-01 20:35:13", "2026-03-01", "", "100", "1"),
    ]


def test_a_number_that_a_spreadsheet_could_not_hold_shows_that_its_digits_are_lost():
    assert rows_of(workbook([[4814769000000000, 999999999999999]])) == [("4.814769E+15", "999999999999999")]


def test_a_sum_that_was_computed_inexactly_is_not_rounded_for_its_sender():
    assert rows_of(workbook([[0.1 + 0.2]])) == [("0.30000000000000004",)]


def test_rows_keep_their_number_in_the_sheet_when_rows_above_them_are_empty():
    rows = list(sheet_rows(io.BytesIO(workbook([[""], [""], ["", "date", "amount"], ["", "2026-03-01", 1]]))))

    assert [(row.no, row.cells) for row in rows if any(row.cells)] == [
        (3, ("", "date", "amount")),
        (4, ("", "2026-03-01", "1")),
    ]


def test_a_file_that_somebody_has_looked_into_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "export.xls"
    path.write_bytes(workbook([["a"], [1]]))
    with path.open("rb") as file:
        file.read(4)
        assert [row.cells for row in sheet_rows(file)] == [("a",), ("1",)]


def test_a_sheet_is_found_by_its_name_and_a_missing_one_is_named():
    raw = workbook([["a"]], sheet="交易明细")

    assert rows_of(raw, "交易明细") == [("a",)]
    assert (refused(raw, "汇总").code, refused(raw, "汇总").column) == ("E-FRAME", "汇总")


@pytest.mark.parametrize("cell", ["<f>SUM(A1:A2)</f><v>3</v>", "<f/><v>3</v>"])
def test_a_formula_is_no_statement_of_the_channel(cell):
    fault = refused(workbook([["date"]], extra=f'<row r="2"><c r="B2">{cell}</c></row>'))

    assert (fault.code, fault.line, fault.column) == ("E-FORMULA", 2, "B2")


def test_the_error_of_a_formula_is_not_read_as_an_empty_cell():
    fault = refused(workbook([["date"]], extra='<row r="2"><c r="B2" t="e"><v>#DIV/0!</v></c></row>'))

    assert (fault.code, fault.column) == ("E-FORMULA", "B2")


@pytest.mark.parametrize(
    "extra",
    [
        '<row r="1048576"><c r="A1048576"><v>1</v></c><c r="IV1048576"><v>1</v></c></row>',
        '<row r="2"><c r="XFD2"><v>1</v></c></row>',
        '<row r="9999999"><c r="AA9999999"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_out_does_not_make_the_sheet_fill_the_memory(extra):
    assert refused(workbook([["date"]], extra=extra)).code == "E-TOO-LARGE"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_a_workbook_with_a_document_type_is_refused(part):
    parts = parts_of(workbook([["date"]]))
    parts[part] = parts[part].replace("?>", '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>', 1)

    assert refused(workbook_of_parts(parts)).code == "E-XML"


def test_a_workbook_that_unpacks_to_more_than_its_limit_is_refused_while_it_unpacks(monkeypatch):
    monkeypatch.setattr(xlsx_check, "_INFLATED_MAX", 5 * 1024 * 1024)
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, archive.open("xl/media/image1.bin", "w") as part:
        for _ in range(6):
            part.write(b"\0" * 1024 * 1024)

    assert refused(file.getvalue()).code == "E-CONTAINER-LIMIT"


@pytest.mark.parametrize("part", ["0", "<a", '<a b="'])
def test_a_tag_that_does_not_end_is_not_looked_at_again_with_each_block(part):
    parts = {"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": part + "0" * 20 * 1024 * 1024}

    fault = refused(workbook_of_parts(parts))

    assert (fault.code, "bytes" in fault.value) == ("E-CONTAINER-LIMIT", True)


def test_a_workbook_with_a_password_says_so():
    raw = workbook([["date"]])
    locked = raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")

    assert (refused(locked).code, refused(locked).value) == ("E-CONTAINER", "a workbook with a password")


WHOLE = workbook([["date", "amount"], ["2026-03-01", 1.5], [MOMENT, 2]])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_workbook_does_anything_but_refuse_it(data):
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(4, len(raw)))])

    with suppress(StatementRefused):
        rows_of(cut)


def test_a_workbook_that_makes_the_library_ask_for_all_memory_is_refused_and_nothing_else_happens():
    sector_of_64_gib = 36
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff" + bytes([sector_of_64_gib, 0, 6, 0])
    )

    fault = refused(head + bytes(10) + b"\x01\0\0\0" * 4 + b"\xff" * 2000)

    assert fault.code == "E-CONTAINER"


def test_rows_that_nobody_wants_any_more_are_not_read_on():
    rows = sheet_rows(io.BytesIO(workbook([["a"]] * 20_000)))

    assert next(rows).cells == ("a",)
    rows.close()  # type: ignore[attr-defined]


CCB = ["记账日", "交易日期", "交易时间", "支出", "收入", "账户余额", "币种", "摘要"]
IN = ["20260301", "20260301", "09:15:02", "0.00", "5,000.00", "6,234.50", "人民币", "代发工资"]
OUT = ["20260302", "20260302", "18:40:11", "23.40", "0.00", "6,211.10", "人民币", "消费"]


def test_rows_of_a_second_sheet_are_never_left_out_without_a_word():
    one = workbook([CCB, IN, OUT])

    summary = read_as_far(with_sheet(one, "第二户", [CCB, IN])).summary

    assert read_as_far(one).summary.loadable
    assert (summary.loadable, summary.fault_count) == (False, 1)
    assert (summary.rows.booked, summary.sums_in) == (2, {"CNY": 5_000_00})
    fault = summary.faults[0]
    assert (fault.code, fault.line, fault.column, fault.value) == (
        "E-FRAME",
        None,
        "第二户",
        "2 rows that are not read",
    )
    assert "each sheet as a file of its own" in fault.cure
    assert "工作表" in fault.rule_zh


def test_each_sheet_that_has_anything_is_told_and_an_empty_one_is_nothing():
    raw = with_sheet(with_sheet(workbook([CCB, IN]), "Sheet2", []), "Sheet3", [["", " "], [""]])

    assert read_as_far(raw).summary.loadable
    told = read_as_far(with_sheet(with_sheet(raw, "4", [["", 0]]), "5", [["a"], [""], ["b"]])).summary.faults
    assert [(fault.column, fault.value) for fault in told] == [
        ("4", "1 row that is not read"),
        ("5", "2 rows that are not read"),
    ]


def test_a_hidden_sheet_is_a_sheet():
    parts = parts_of(with_sheet(workbook([CCB, IN]), "第二户", [CCB, OUT]))
    hidden = parts["xl/workbook.xml"].replace('sheetId="2"', 'sheetId="2" state="veryHidden"')

    summary = read_as_far(workbook_of_parts({**parts, "xl/workbook.xml": hidden})).summary

    assert [fault.column for fault in summary.faults] == ["第二户"]


def test_a_chart_on_a_sheet_of_its_own_has_no_rows():
    parts = parts_of(with_sheet(workbook([CCB, IN]), "图", []))
    del parts["xl/worksheets/sheet2.xml"]
    relations = parts["xl/_rels/workbook.xml.rels"].replace(
        'worksheet" Target="worksheets/sheet2', 'chartsheet" Target="chartsheets/sheet2'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chart = f'<chartsheet xmlns="{main}"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>'
    parts |= {"xl/_rels/workbook.xml.rels": relations, "xl/chartsheets/sheet2.xml": chart}

    assert read_as_far(workbook_of_parts(parts)).summary.loadable


def test_a_profile_that_names_its_sheet_leaves_the_others_to_those_who_wrote_them():
    raw = with_sheet(workbook([["说明"]], sheet="说明"), "明细", [CCB, IN])
    ccb = next(profile for profile in load_profiles() if profile.id == "ccb.debit")

    summary = read_as_far(raw, (replace(ccb, sheet="明细"),)).summary

    assert (summary.loadable, summary.rows.booked) == (True, 1)


def test_another_sheet_has_the_limits_of_the_first(monkeypatch):
    monkeypatch.setattr(sheets, "CELLS_MAX", 10)
    raw = with_sheet(workbook([CCB, IN]), "第二户", [CCB, IN, OUT])

    assert rows_of(raw, "明细") == [tuple(CCB), tuple(IN)]
    assert refused(raw).code == "E-TOO-LARGE"
