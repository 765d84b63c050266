"""What was read of an invoice file, for the contract."""

from bihuan.invoice_sync.v1 import recognition_pb2

from services.invoice_sync.domain.recognition import Contradiction, Read, ReadField, Recognition

_NAMED = (ReadField.SELLER_NAME, ReadField.BUYER_NAME, ReadField.SELLER_TAX_ID, ReadField.BUYER_TAX_ID)


def recognition_to_proto(found: Recognition) -> recognition_pb2.Recognition:
    """All that was read, in its order."""
    return recognition_pb2.Recognition(
        file_kind=found.file_kind,
        file_sha256=found.file_sha256,
        page_count=found.page_count,
        invoice_numbers=_values(found, ReadField.NUMBER),
        invoice_codes=_values(found, ReadField.CODE),
        issue_dates=_values(found, ReadField.ISSUE_DATE),
        amounts=_values(found, ReadField.AMOUNT),
        amounts_without_tax=_values(found, ReadField.AMOUNT_WITHOUT_TAX),
        taxes=_values(found, ReadField.TAX),
        seller_names=_names(found, ReadField.SELLER_NAME),
        seller_tax_ids=_tax_ids(found, ReadField.SELLER_TAX_ID),
        buyer_names=_names(found, ReadField.BUYER_NAME),
        buyer_tax_ids=_tax_ids(found, ReadField.BUYER_TAX_ID),
        contradictions=[_contradiction(each) for each in found.contradictions()],
    )


def _values(found: Recognition, of: ReadField) -> list[recognition_pb2.ReadValue]:
    return [recognition_pb2.ReadValue(value=each.value, place=_place(each)) for each in found.reads if each.field is of]


def _names(found: Recognition, of: ReadField) -> list[recognition_pb2.ReadName]:
    return [recognition_pb2.ReadName(value=each.value, place=_place(each)) for each in found.reads if each.field is of]


def _tax_ids(found: Recognition, of: ReadField) -> list[recognition_pb2.ReadTaxId]:
    return [recognition_pb2.ReadTaxId(value=each.value, place=_place(each)) for each in found.reads if each.field is of]


def _place(each: Read) -> recognition_pb2.ReadPlace:
    return recognition_pb2.ReadPlace(source=each.source.value, page=each.page, certainty=each.certainty.value)


def _contradiction(each: Contradiction) -> recognition_pb2.RecognitionContradiction:
    said = [
        "/".join(sources) if each.field in _NAMED else f"{value} ({'/'.join(sources)})"
        for value, sources in each.values.items()
    ]
    return recognition_pb2.RecognitionContradiction(
        field=each.field.value,
        fact=f"the file says different things of {each.field}: {'; '.join(said)}. None of them was chosen.",
        fact_zh=f"文件中 {each.field} 前后不一致：{'；'.join(said)}。系统未作取舍。",
    )
