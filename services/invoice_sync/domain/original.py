"""The XML of an invoice (数电 EInvoice): how it is written once, and what stands in one. It keeps no bytes.

Element names are those of the fully digital invoice, odd spellings included (IssuItemInformation, UnPrice). What our
frozen document does not say is left out: no line, no tax and no label is made up here.
"""

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from chassis.money import Money, MoneyError, exponent
from services.invoice_sync.domain.capitals import in_capitals

XML_BYTES_MAX = 4 * 1024 * 1024
LINES_MAX = 2_000
_CNY = "CNY"


class NoOriginal(Exception):
    """The bytes are no invoice's XML; the message says why and quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands there, every field as text; empty where nothing stands."""

    name: str = ""
    model: str = ""
    unit: str = ""
    quantity: str = ""
    price: str = ""
    amount: str = ""
    tax_rate: str = ""
    tax: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """What an invoice's XML says. Texts are empty where it says nothing; amounts but the total stay as written.

    `issue_time` is Beijing's, as `YYYY-MM-DD hh:mm:ss` or a date alone. `label` is its kind, such as 普通发票.
    """

    number: str
    issue_time: str
    total: Money
    seller_name: str = field(repr=False)
    seller_tax_id: str = field(repr=False)
    buyer_title: str = field(repr=False)
    buyer_tax_id: str = field(repr=False)
    label: str = ""
    amount_without_tax: str = ""
    tax: str = ""
    drawer: str = ""
    remark: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def is_red(self) -> bool:
        """Whether it takes back what another said."""
        return self.total.amount_minor < 0

    @property
    def total_in_capitals(self) -> str:
        """The total in Chinese capitals; empty for money that is not China's."""
        return in_capitals(self.total.amount_minor) if self.total.currency_code == _CNY else ""


def said_by(document: bytes, number: str) -> Original:
    """What a frozen document says, under the number that the authority keeps it by."""
    told = json.loads(document)
    refers = (told.get("red_of", ""), told.get("red_form_id", ""))
    return Original(
        number=number,
        issue_time=told["issue_date"],
        total=Money(told["currency"], told["amount_minor"]),
        seller_name=told["seller"]["name"],
        seller_tax_id=told["seller"]["tax_id"],
        buyer_title=told["buyer"]["title"],
        buyer_tax_id=told["buyer"]["tax_id"],
        remark=red_remark(*refers) if any(refers) else "",
    )


def red_remark(blue_number: str, form_id: str) -> str:
    """What stands on a red invoice about the blue one that it takes back."""
    return f"被红冲蓝字数电发票号码：{blue_number} 红字发票信息确认单编号：{form_id}"


def write_xml(said: Original) -> bytes:
    """The XML of an invoice; equal input gives equal bytes. What is empty is left out."""
    root = ET.Element("EInvoice")
    _put(root, "Header/EIid", said.number)
    _put(root, "Header/InherentLabel/GeneralOrSpecialVAT/LabelName", said.label)
    data = ET.SubElement(root, "EInvoiceData")
    _put(data, "SellerInformation/SellerIdNum", said.seller_tax_id)
    _put(data, "SellerInformation/SellerName", said.seller_name)
    _put(data, "BuyerInformation/BuyerIdNum", said.buyer_tax_id)
    _put(data, "BuyerInformation/BuyerName", said.buyer_title)
    basic = ET.SubElement(data, "BasicInformation")
    _put(basic, "TotalAmWithoutTax", said.amount_without_tax)
    _put(basic, "TotalTaxAm", said.tax)
    _put(basic, "TotalTax-includedAmount", decimal_text(said.total))
    _put(basic, "TotalTax-includedAmountInChinese", said.total_in_capitals)
    _put(basic, "Currency", "" if said.total.currency_code == _CNY else said.total.currency_code)
    _put(basic, "Drawer", said.drawer)
    _put(basic, "RequestTime", said.issue_time)
    for line in said.lines:
        item = ET.SubElement(data, "IssuItemInformation")
        for name, attribute in _LINE:
            _put(item, name, getattr(line, attribute))
    _put(data, "AdditionalInformation/Remark", said.remark)
    _put(root, "TaxSupervisionInfo/InvoiceNumber", said.number)
    _put(root, "TaxSupervisionInfo/IssueTime", said.issue_time)
    ET.indent(root, "  ")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def read_xml(raw: bytes) -> Original:
    """What an invoice's XML says. Raises NoOriginal for anything else, entities and what is too large included."""
    if len(raw) > XML_BYTES_MAX:
        raise NoOriginal(f"larger than {XML_BYTES_MAX} bytes")
    try:
        root = fromstring(raw, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        raise NoOriginal(f"not read as XML: {type(fault).__name__}") from None
    if root.tag != "EInvoice":
        raise NoOriginal("its root is not EInvoice")
    items = root.findall("EInvoiceData/IssuItemInformation")
    if len(items) > LINES_MAX:
        raise NoOriginal(f"more than {LINES_MAX} lines")
    basic = "EInvoiceData/BasicInformation/"
    number = _text(root, "TaxSupervisionInfo/InvoiceNumber") or _text(root, "Header/EIid")
    if not number:
        raise NoOriginal("it has no number")
    return Original(
        number=number,
        issue_time=_text(root, "TaxSupervisionInfo/IssueTime") or _text(root, basic + "RequestTime"),
        total=_total(_text(root, basic + "TotalTax-includedAmount"), _text(root, basic + "Currency") or _CNY),
        seller_name=_text(root, "EInvoiceData/SellerInformation/SellerName"),
        seller_tax_id=_text(root, "EInvoiceData/SellerInformation/SellerIdNum"),
        buyer_title=_text(root, "EInvoiceData/BuyerInformation/BuyerName"),
        buyer_tax_id=_text(root, "EInvoiceData/BuyerInformation/BuyerIdNum"),
        label=_text(root, "Header/InherentLabel/GeneralOrSpecialVAT/LabelName"),
        amount_without_tax=_text(root, basic + "TotalAmWithoutTax"),
        tax=_text(root, basic + "TotalTaxAm"),
        drawer=_text(root, basic + "Drawer"),
        remark=_text(root, "EInvoiceData/AdditionalInformation/Remark"),
        lines=tuple(Line(**{attribute: _text(item, name) for name, attribute in _LINE}) for item in items),
    )


def decimal_text(amount: Money) -> str:
    """Money in major units, without its currency."""
    digits = exponent(amount.currency_code)
    return f"{Decimal(amount.amount_minor).scaleb(-digits):.{digits}f}"


_LINE = (
    ("ItemName", "name"),
    ("SpecMod", "model"),
    ("MeaUnits", "unit"),
    ("Quantity", "quantity"),
    ("UnPrice", "price"),
    ("Amount", "amount"),
    ("TaxRate", "tax_rate"),
    ("ComTaxAm", "tax"),
)


def _put(parent: ET.Element, path: str, text: str) -> None:
    if not text:
        return
    *above, last = path.split("/")
    for name in above:
        found = parent.find(name)
        parent = ET.SubElement(parent, name) if found is None else found
    ET.SubElement(parent, last).text = text


def _text(root: ET.Element, path: str) -> str:
    return (root.findtext(path) or "").strip()


def _total(text: str, currency_code: str) -> Money:
    try:
        return Money.from_major(text, currency_code)
    except (MoneyError, InvalidOperation):
        raise NoOriginal("its total is no amount of money") from None
