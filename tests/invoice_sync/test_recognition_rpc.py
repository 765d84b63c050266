"""From the file that somebody sends in straight to its diagnosis, through the door."""

from dataclasses import replace

import pytest
from bihuan.invoice_sync.v1 import recognition_service_pb2
from grpc.aio import AioRpcError
from grpc_status import rpc_status

from chassis.errors import Fault, from_rpc_error
from services.invoice_sync.domain.invoice import Invoice
from tests.invoice_sync.builders import InvoiceSync
from tests.invoice_sync.door import Door
from tests.support.invoice_files import Sheet, code_png, ofd_file, pdf_file, pdf_of, xml_file

PART = recognition_service_pb2.DiagnoseFileRequest


def sheet_of(invoice: Invoice) -> Sheet:
    """What the issuer prints of an invoice to a person."""
    return Sheet(
        number=invoice.standing.invoice_number,
        issue_date=invoice.issue_date.isoformat(),
        amount=f"{invoice.amount.amount_minor // 100}.{invoice.amount.amount_minor % 100:02d}",
        net="",
        tax="",
        seller_name=invoice.seller.name,
        seller_tax_id=invoice.seller.tax_id,
        buyer_name=invoice.buyer.name,
        buyer_tax_id="",
    )


def parts_of(content: bytes) -> list[recognition_service_pb2.DiagnoseFileRequest]:
    middle = len(content) // 2
    end = recognition_service_pb2.DiagnoseFileEnd(size_bytes=len(content))
    header = recognition_service_pb2.DiagnoseFileHeader(file_name="invoice")
    return [PART(header=header), PART(chunk=content[:middle]), PART(chunk=content[middle:]), PART(end=end)]


async def told(door: Door, content: bytes) -> recognition_service_pb2.DiagnoseFileResponse:
    return await door.recognitions.DiagnoseFile(iter(parts_of(content)))


async def refused(door: Door, parts) -> Fault:
    with pytest.raises(AioRpcError) as raised:
        await door.recognitions.DiagnoseFile(iter(parts))
    assert rpc_status.from_call(raised.value) is not None
    return from_rpc_error(raised.value)


@pytest.mark.parametrize("written", [xml_file, pdf_file, ofd_file, lambda sheet: code_png(sheet.code)])
async def test_a_file_of_a_booked_invoice_is_found_in_the_system(system: InvoiceSync, door: Door, written):
    invoice = await system.booked()
    answer = await told(door, written(sheet_of(invoice)))

    assert [each.cause for each in answer.diagnoses] == ["IN_SYSTEM"]
    assert answer.diagnoses[0].invoice_id == invoice.invoice_id
    assert {each.value for each in answer.recognition.invoice_numbers} == {invoice.standing.invoice_number}
    assert list(answer.recognition.contradictions) == []


async def test_what_the_file_says_wrongly_is_told_by_the_diagnosis(system: InvoiceSync, door: Door):
    invoice = await system.booked()
    wrong = replace(sheet_of(invoice), amount="999.99")
    answer = await told(door, xml_file(wrong))

    assert answer.diagnoses[0].cause == "E1"


async def test_text_and_code_of_two_invoices_give_two_diagnoses_and_a_contradiction(system: InvoiceSync, door: Door):
    invoice = await system.booked()
    sheet = sheet_of(invoice)
    forged = replace(sheet, number="26422000000099999999")
    answer = await told(door, pdf_file(forged, sheet.code))

    assert [each.field for each in answer.recognition.contradictions] == ["NUMBER"]
    assert "None of them was chosen" in answer.recognition.contradictions[0].fact
    assert "未作取舍" in answer.recognition.contradictions[0].fact_zh
    assert {each.cause for each in answer.diagnoses} == {"E5", "IN_SYSTEM"}


async def test_a_file_that_names_no_invoice_or_is_none_is_refused_with_the_cure(door: Door):
    empty = await refused(door, parts_of(pdf_of(b"")))
    hostile = await refused(door, parts_of(b"<!DOCTYPE a [<!ENTITY b 'c'>]><EInvoice>&b;</EInvoice>"))

    assert (empty.reason, hostile.reason, hostile.metadata["rule"]) == (
        "NOTHING_RECOGNIZED",
        "FILE_REFUSED",
        "XML_ENTITY",
    )
    assert "请改用发票号码查询" in empty.message_zh
    assert "请向开票方重新索取" in hostile.message_zh


async def test_a_file_that_breaks_off_or_comes_out_of_order_is_refused(door: Door):
    whole = parts_of(xml_file(Sheet()))
    for parts in (whole[:-1], whole[1:], [whole[0], *whole], [*whole, whole[1]], []):
        assert (await refused(door, parts)).reason == "INVALID_FIELD"
