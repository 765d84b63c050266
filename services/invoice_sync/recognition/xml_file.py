"""The fully digital invoice's XML (EInvoice): which element is what. No document type, entity or outside is allowed."""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from services.invoice_sync.domain.recognition import Certainty, Read, ReadField, Source, day, money, name
from services.invoice_sync.recognition.refusal import Refused

DEPTH_MAX = 64
_ELEMENTS_MAX = 100_000
_NUMBER = re.compile(r"[0-9]{8}|[0-9]{20}")
_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return lambda text: text.strip().upper() if pattern.fullmatch(text.strip().upper()) else ""


# Parent and element, since element names alone repeat. Spellings are the schema's own.
_PLACES: Mapping[tuple[str, str], tuple[ReadField, Callable[[str], str]]] = {
    ("TaxSupervisionInfo", "InvoiceNumber"): (ReadField.NUMBER, _matching(_NUMBER)),
    ("Header", "EIid"): (ReadField.NUMBER, _matching(re.compile("[0-9]{20}"))),
    ("TaxSupervisionInfo", "IssueTime"): (ReadField.ISSUE_DATE, day),
    ("SellerInformation", "SellerIdNum"): (ReadField.SELLER_TAX_ID, _matching(_TAX_ID)),
    ("SellerInformation", "SellerName"): (ReadField.SELLER_NAME, name),
    ("BuyerInformation", "BuyerIdNum"): (ReadField.BUYER_TAX_ID, _matching(_TAX_ID)),
    ("BuyerInformation", "BuyerName"): (ReadField.BUYER_NAME, name),
    ("BasicInformation", "TotalTax-includedAmount"): (ReadField.AMOUNT, money),
    ("BasicInformation", "TotalAmWithoutTax"): (ReadField.AMOUNT_WITHOUT_TAX, money),
    ("BasicInformation", "TotalTaxAm"): (ReadField.TAX, money),
}


def read_xml(content: bytes) -> list[Read]:
    """What stands in its fields. Raises Refused."""
    found = []
    for parent, element in _leaves(content):
        place = _PLACES.get((parent, _local(element.tag)))
        if place is not None and (value := place[1](element.text or "")):
            found.append(Read(place[0], value, Source.XML, 0, Certainty.EXACT))
    return found


def _leaves(content: bytes) -> Iterator[tuple[str, ET.Element]]:
    """Each element with its parent's name, as it ends."""
    parents: list[str] = []
    count = 0
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                count += 1
                parents.append(_local(element.tag))
                if len(parents) > DEPTH_MAX or count > _ELEMENTS_MAX:
                    raise Refused("XML_DEPTH")
            else:
                parents.pop()
                yield parents[-1] if parents else "", element
    except DefusedXmlException:
        raise Refused("XML_ENTITY") from None
    except (ET.ParseError, ValueError, LookupError):
        raise Refused("XML_BROKEN") from None


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
