"""Files of rows are read by a process of its own; what is no plain table is refused by name."""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from chassis.errors import Fault
from services.invoice_sync.bulk_file import processes
from services.invoice_sync.bulk_file.refusal import RULES

HEADER = ["支付单号", "发票抬头"]


async def rows_of(content: bytes) -> list[tuple[int, list[str]]]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        async with aclosing(processes.read_rows(file)) as told:
            return [(each.row_no, list(each.cells)) async for each in told]


async def refusal_of(content: bytes) -> Fault:
    with pytest.raises(Fault) as raised:
        await rows_of(content)
    assert raised.value.reason == "BULK_FILE_REFUSED"
    return raised.value


def a_workbook(*rows: list, more: Callable[[Workbook], object] = lambda _: None) -> bytes:
    book = Workbook()
    for row in [HEADER, *rows]:
        book.active.append(row)
    more(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(workbook: bytes, name: str, content: bytes, replaces: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if not (replaces and info.filename == name):
                new.writestr(info, old.read(info))
        new.writestr(name, content)
    return out.getvalue()


def with_parts(workbook: bytes, count: int) -> bytes:
    out = io.BytesIO(workbook)
    with zipfile.ZipFile(out, "a") as archive:
        for no in range(count):
            archive.writestr(f"xl/media/{no}.png", b"")
    return out.getvalue()


def changed(workbook: bytes, name: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        content = archive.read(name)
    assert old in content
    return with_part(workbook, name, content.replace(old, new, 1), replaces=True)


SHEET = "xl/worksheets/sheet1.xml"
BOOK = a_workbook(["pay_1", "江城科技有限公司"])
RELATION = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" '
    b'Target="%s" TargetMode="External"/></Relationships>'
)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_text_is_read_in_the_codings_that_spreadsheets_write(coding):
    text = '支付单号,发票抬头\r\npay_1,江城科技有限公司\r\n\r\npay_2,"江城,分公司"\r\n'

    found = await rows_of(text.encode(coding))

    assert found == [(1, HEADER), (2, ["pay_1", "江城科技有限公司"]), (4, ["pay_2", "江城,分公司"])]


async def test_a_workbook_is_read_with_its_numbers_as_they_were_typed():
    content = a_workbook(["pay_1", 12.3], [None, None], ["pay_2", 91110000600037], ["pay_3", True])

    found = await rows_of(content)

    assert found[1:] == [(2, ["pay_1", "12.3"]), (4, ["pay_2", "91110000600037"]), (5, ["pay_3", "TRUE"])]


async def test_a_mail_address_that_a_spreadsheet_made_a_link_is_no_reference():
    link = RELATION % (b"hyperlink", b"mailto:a@b.cn")

    found = await rows_of(with_part(BOOK, "xl/worksheets/_rels/sheet1.xml.rels", link))

    assert len(found) == 2


HOSTILE = {
    "a formula in a workbook": (a_workbook(["pay_1", "=1+1"]), "FORMULA", "2"),
    "a formula in text": ("支付单号,发票抬头\npay_1,\"=cmd|' /C calc'!A0\"".encode(), "FORMULA", "2"),
    "an at sign in text": ("支付单号,发票抬头\npay_1,@SUM(A1)".encode(), "FORMULA", "2"),
    "macros": (with_part(BOOK, "xl/vbaProject.bin", b"x"), "MACRO", ""),
    "macros by kind": (
        changed(BOOK, "[Content_Types].xml", b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml"),
        "MACRO",
        "",
    ),
    "an embedded program": (with_part(BOOK, "xl/embeddings/oleObject1.bin", b"x"), "MACRO", ""),
    "a link to a file": (with_part(BOOK, "xl/externalLinks/externalLink1.xml", b"<a/>"), "EXTERNAL_REFERENCE", ""),
    "a link out": (
        with_part(BOOK, "xl/worksheets/_rels/sheet1.xml.rels", RELATION % (b"image", b"https://evil.example/a.png")),
        "EXTERNAL_REFERENCE",
        "",
    ),
    "an entity in a workbook": (
        changed(BOOK, SHEET, b"<worksheet", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><worksheet'),
        "XML_ENTITY",
        "",
    ),
    "an entity in XML": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "XML_ENTITY", ""),
    "a path up": (with_part(BOOK, "xl/../../../etc/cron.d/x.xml", b"<a/>"), "ARCHIVE_PATH", ""),
    "a path from the root": (with_part(BOOK, "/etc/passwd", b"x"), "ARCHIVE_PATH", ""),
    "a path of another system": (with_part(BOOK, "C:\\windows\\x", b"x"), "ARCHIVE_PATH", ""),
    "a zip bomb": (with_part(BOOK, "xl/media/a.png", bytes(80_000_000)), "ZIP_BOMB", ""),
    "a zip bomb that is small": (with_part(BOOK, "xl/media/a.xml", b"<a>" + b" " * 8_000_000), "ZIP_BOMB", ""),
    "too many parts": (with_parts(BOOK, 260), "ZIP_BOMB", ""),
    "an archive that is no workbook": (with_part(b"PK\x05\x06" + bytes(18), "a.csv", b"a,b"), "NOT_A_TABLE", ""),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "NOT_A_TABLE", ""),
    "a PDF": (b"%PDF-1.7 ...", "NOT_A_TABLE", ""),
    "a page": (b"<html><body>", "NOT_A_TABLE", ""),
    "a cut workbook": (BOOK[:-60], "DAMAGED", ""),
    "two sheets": (a_workbook(more=lambda book: book.create_sheet("b").append(["x"])), "SHEETS", ""),
    "too many rows": (b"payment_id,buyer_title\n" + b"p,t\n" * 10_001, "TOO_MANY_ROWS", "10002"),
    "too many columns": (b"a" + b",a" * 32, "TOO_MANY_COLUMNS", "1"),
    "too many columns of a workbook": (a_workbook([*[None] * 32, "x"]), "TOO_MANY_COLUMNS", "2"),
    "a far away row": (changed(BOOK, SHEET, b'r="2"', b'r="1048576"'), "TOO_MANY_ROWS", "1048576"),
    "a long cell": (b"a,b\nc," + b"d" * 1_001, "CELL_TOO_LONG", "2"),
    "a quote that never ends": (b'a,b\nc,"d', "QUOTES", "2"),
    "bytes that are no text": (b"a,b\n\xff\xff\x80,c", "ENCODING", ""),
    "a NUL": (b"a,b\n\x00,c", "ENCODING", ""),
    "nothing": (b" \n", "EMPTY", ""),
    "an empty workbook": (a_workbook(more=lambda book: book.active.delete_rows(1)), "EMPTY", ""),
}


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_what_is_no_plain_table_is_refused_by_name(name):
    content, code, row = HOSTILE[name]

    fault = await refusal_of(content)

    assert (fault.metadata["code"], fault.metadata["row"]) == (code, row)
    assert fault.metadata["cure"] == RULES[code].cure
    assert fault.metadata["cure_zh"] == RULES[code].cure_zh


async def test_a_reader_that_takes_too_long_is_ended_and_told(monkeypatch):
    monkeypatch.setattr(processes, "_READ_SECONDS_MAX", 0.0)

    fault = await refusal_of(b"a,b\nc,d")

    assert fault.metadata["code"] == "TIME"


def test_the_reader_gets_no_more_memory_than_it_is_given():
    program = Path(processes.__file__).with_name("read_process.py")
    limited = (
        "import resource, runpy, sys; main = runpy.run_path(sys.argv[1])['main']; sys.stdin = open('/dev/null');"
        "main(); taken = bytearray(400 * 1024 * 1024)"
    )

    done = subprocess.run([sys.executable, "-c", limited, program], capture_output=True, check=False)

    assert b"MemoryError" in done.stderr


async def test_a_file_of_results_computes_nothing_in_a_spreadsheet():
    cells = ["=1+1", "+1", "-1", "@a", "\tx", " =1", "江城", "'"]

    async def lines():
        yield ["value"]
        for cell in cells:
            yield [cell]

    text = (await processes.written("CSV", lines())).decode("utf-8-sig")
    book = load_workbook(io.BytesIO(await processes.written("XLSX", lines())))

    inert = ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "' =1", "江城", "'"]
    assert text.split("\r\n")[1:-1] == inert
    found = [cell for (cell,) in book.active.iter_rows(min_row=2)]
    assert [cell.value for cell in found] == [each.replace("\t", "") for each in inert]
    assert {cell.data_type for cell in found} == {"s"}
