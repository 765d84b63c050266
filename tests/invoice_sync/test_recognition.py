"""Invoice files that somebody sends in: what is read of them, from where, and what is never read."""

import contextlib
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.errors import Fault
from services.invoice_sync.domain.recognition import Certainty, ReadField, Recognition, Source
from services.invoice_sync.recognition.program import read_file
from services.invoice_sync.recognition.reader import Reader
from services.invoice_sync.recognition.refusal import SENTENCES, Refused
from tests.support.invoice_files import (
    Sheet,
    code_jpeg,
    code_png,
    ofd_file,
    pdf_file,
    pdf_of,
    png_of,
    screenshot_png,
    xml_file,
    zip_of,
)

SHEET = Sheet()
ALL = {
    ReadField.NUMBER: SHEET.number,
    ReadField.ISSUE_DATE: SHEET.issue_date,
    ReadField.AMOUNT: SHEET.amount,
    ReadField.AMOUNT_WITHOUT_TAX: SHEET.net,
    ReadField.TAX: SHEET.tax,
    ReadField.SELLER_NAME: SHEET.seller_name,
    ReadField.SELLER_TAX_ID: SHEET.seller_tax_id,
    ReadField.BUYER_NAME: SHEET.buyer_name,
    ReadField.BUYER_TAX_ID: SHEET.buyer_tax_id,
}
OF_CODE = {each: ALL[each] for each in (ReadField.NUMBER, ReadField.ISSUE_DATE, ReadField.AMOUNT)}


def read(content: bytes) -> Recognition:
    kind, pages, reads = read_file(content)
    return Recognition(kind, "", pages, reads)


def said(found: Recognition) -> dict[ReadField, str]:
    """Every field, where nothing contradicts it."""
    return {each: found.alone(each) for each in ReadField if found.values(each)}


@pytest.mark.parametrize(
    ("content", "kind", "pages", "fields", "sources"),
    [
        (xml_file(SHEET), "XML", 0, ALL, {Source.XML}),
        (pdf_file(SHEET), "PDF", 1, ALL, {Source.PDF_TEXT, Source.QR_CODE}),
        (pdf_file(SHEET, ""), "PDF", 1, ALL, {Source.PDF_TEXT}),
        (ofd_file(SHEET), "OFD", 1, ALL, {Source.OFD_DATA, Source.OFD_TEXT, Source.QR_CODE}),
        (code_png(SHEET.code), "PNG", 0, OF_CODE, {Source.QR_CODE}),
        (screenshot_png(SHEET.code), "PNG", 0, OF_CODE, {Source.QR_CODE}),
        (code_jpeg(SHEET.code), "JPEG", 0, OF_CODE, {Source.QR_CODE}),
        (pdf_of(b""), "PDF", 1, {}, set()),
    ],
    ids=["xml", "pdf", "pdf without code", "ofd", "picture", "screenshot", "photo", "empty page"],
)
def test_each_kind_of_file_says_what_stands_on_it_and_where(content, kind, pages, fields, sources):
    found = read(content)

    assert (found.file_kind, found.page_count) == (kind, pages)
    assert said(found) == fields
    assert {each.source for each in found.reads} == sources
    assert found.contradictions() == []


def test_what_a_field_for_programs_says_is_more_certain_than_what_a_form_suggests():
    certain = {(each.source, each.certainty) for each in read(ofd_file(SHEET)).reads if each.field is ReadField.NUMBER}

    assert certain == {
        (Source.OFD_DATA, Certainty.EXACT),
        (Source.OFD_TEXT, Certainty.LIKELY),
        (Source.QR_CODE, Certainty.LABELLED),
    }


def test_text_and_code_that_contradict_each_other_are_both_told_and_neither_is_chosen():
    other = replace(SHEET, number="26422000000087654321", amount="9.99")
    found = read(pdf_file(SHEET, other.code))

    told = {each.field: dict(each.values) for each in found.contradictions()}
    assert told == {
        ReadField.NUMBER: {SHEET.number: [Source.PDF_TEXT], other.number: [Source.QR_CODE]},
        ReadField.AMOUNT: {SHEET.amount: [Source.PDF_TEXT], other.amount: [Source.QR_CODE]},
    }
    assert (found.alone(ReadField.NUMBER), found.amount_minor()) == ("", 0)
    assert found.values(ReadField.NUMBER) == [SHEET.number, other.number]


def test_names_that_differ_in_width_alone_and_a_code_with_the_net_amount_contradict_nothing():
    narrow = replace(SHEET, buyer_name="某某(深圳)有限公司")
    wide = replace(narrow, buyer_name="某某（深圳）有限公司")
    both = Recognition("PDF", "", 1, [*read(pdf_file(narrow)).reads, *read(pdf_file(wide)).reads])
    net = read(pdf_file(SHEET, replace(SHEET, amount=SHEET.net).code))

    assert both.contradictions() == []
    assert (net.contradictions(), net.amount_minor()) == ([], 10_600)


def test_a_code_of_something_else_is_no_invoice():
    assert read(code_png("https://example.com/pay?id=26422000000012345678")).reads == []


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><EInvoice>&b;</EInvoice>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><EInvoice>&a;</EInvoice>'
DTD = b'<?xml version="1.0"?><!DOCTYPE EInvoice SYSTEM "http://127.0.0.1/e.dtd"><EInvoice/>'


def locked() -> bytes:
    """An OFD one of whose entries says that it has a password."""
    made = bytearray(ofd_file(SHEET))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = made.index(mark)
        made[start + at] |= 1
    return bytes(made)


# It is read, within bounds, and says nothing.
LAWFUL = ("",)
HOSTILE = {
    "nothing": (b"", "EMPTY"),
    "more than an invoice": (b"<" + b" " * (10 * 1024 * 1024), "TOO_LARGE"),
    "a text": (b"MZ\x90\x00 program", "KIND"),
    "entities that grow": (LAUGHS, "XML_ENTITY"),
    "an entity of a file": (OUTSIDE, "XML_ENTITY"),
    "a document type elsewhere": (DTD, "XML_ENTITY"),
    "nested without end": (b"<a>" * 5_000, "XML_DEPTH"),
    "elements without end": (b"<a>" + b"<b/>" * 150_000 + b"</a>", "XML_DEPTH"),
    "half an XML": (xml_file(SHEET)[:300], "XML_BROKEN"),
    "a zip that is none": (b"PK\x03\x04" + b"\0" * 100, "OFD_BROKEN"),
    "a zip of something else": (zip_of({"word/document.xml": b"<w/>"}), "OFD_BROKEN"),
    "a zip bomb": (ofd_file(SHEET, **{"Doc_0/bomb.bin": b"\0" * 30_000_000}), "ZIP_BOMB"),
    "a zip of too much": (ofd_file(SHEET, **{f"{no}.xml": b"<a/>" for no in range(2_001)}), "ZIP_BOMB"),
    "a path out of the zip": (ofd_file(SHEET, **{"../../etc/cron.d/x": b"x"}), "ZIP_PATH"),
    "a path of another system": (ofd_file(SHEET, **{"..\\x": b"x"}), "ZIP_PATH"),
    "an entity in an OFD": (ofd_file(SHEET, **{"OFD.xml": LAUGHS}), "XML_ENTITY"),
    "an OFD with a password": (locked(), "ENCRYPTED"),
    "pages without end": (pdf_file(SHEET, pages=51), "PAGES"),
    "half a PDF": (b"%PDF-1.7\nnothing", "PDF_BROKEN"),
    "a page of no size": (pdf_of(b"", box="0 0 0 0"), ""),
    "a page as large as a town": (pdf_of(b"", box="0 0 9000000 9000000"), ""),
    "a picture of too many dots": (png_of(60_000, 60_000, 0, zlib.compress(b"")), "PIXELS"),
    "a picture that grows": (png_of(10, 10, 0, zlib.compress(b"\0" * 50_000_000)), ""),
    "a picture without a head": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "PICTURE"),
    "a JPEG that goes nowhere": (b"\xff\xd8\xff\xe0" + b"\0" * 40, "PICTURE"),
    "a JPEG of too many dots": (b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, 65_000, 65_000, 3), "PIXELS"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_do_harm_is_refused_by_its_rule_or_says_nothing(name):
    content, rule = HOSTILE[name]

    with contextlib.nullcontext() if rule in LAWFUL else pytest.raises(Refused) as raised:
        assert read(content).reads == []
    assert rule in LAWFUL or raised.value.rule == rule


def test_every_rule_says_what_is_wrong_and_the_cure_in_both_languages():
    for rule, (english, chinese) in SENTENCES.items():
        assert "; " in english, rule
        assert "，" in chinese, rule


async def test_a_file_is_read_in_a_process_of_its_own_with_its_limits():
    found = await Reader().recognize(pdf_file(SHEET))

    assert said(found) == ALL
    assert len(found.file_sha256) == 64


async def test_a_reader_that_takes_too_long_is_killed_and_the_file_refused():
    with pytest.raises(Fault) as raised:
        await Reader(deadline_seconds=0.01).recognize(pdf_file(SHEET))

    assert (raised.value.reason, raised.value.metadata["rule"]) == ("FILE_REFUSED", "LIMIT")
    assert "超出限制" in raised.value.message_zh


async def test_the_next_file_is_read_whatever_the_one_before_did():
    reader = Reader()
    for name in ("a zip bomb", "a picture that grows", "half a PDF"):
        with contextlib.suppress(Fault):
            await reader.recognize(HOSTILE[name][0])

    assert said(await reader.recognize(xml_file(SHEET))) == ALL


def test_what_real_issuers_send_is_read_to_its_number():
    folder = os.environ.get("BIHUAN_FIXTURES")
    files = sorted(Path(folder, "invoices").glob("*.*")) if folder else []
    if not files:
        pytest.skip("no invoice files of real issuers: BIHUAN_FIXTURES names no folder with invoices/")

    unread = [path.name for path in files if not read(path.read_bytes()).values(ReadField.NUMBER)]

    assert unread == []
