"""The file that people carry to the authority, its checklist, and the receipt that comes back. It trusts no receipt.

The format is the authority's portal's: services/tax_sandbox/README.md has it. The frozen bytes go in as they are.
"""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from chassis.money import Money

ITEMS_MAX = 1_000
RECEIPT_BYTES_MAX = 2 * 1024 * 1024
_ZONE = ZoneInfo("Asia/Shanghai")
_NUMBER = re.compile(r"[0-9]{20}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{0,32}")
TAKEN = "TAKEN"
REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class PackedInvoice:
    """An invoice in a package: its frozen bytes under its key."""

    item_no: int
    invoice_id: str
    version: int
    idempotency_key: str
    document_sha256: str
    issue_date: date
    amount: Money
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PackedItem:
    """What is kept of an invoice in a package."""

    item_no: int
    invoice_id: str
    idempotency_key: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class PackageHead:
    """Who exported what, when and why."""

    package_id: str
    seller_tax_id: str = field(repr=False)
    route: str
    invoice_count: int
    amount: Money
    export_by: str
    reason: str
    export_time: datetime


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """What a receipt says of one invoice; a number when it was taken, a code when it was refused."""

    item_no: int
    status: str
    invoice_number: str
    authority_code: str


@dataclass(frozen=True, slots=True)
class BadReceipt:
    """Why a receipt is refused as a whole: the rule's name, and a sentence in both languages."""

    rule: str
    message: str
    message_zh: str


TOO_LARGE = BadReceipt("TOO_LARGE", f"it has more than {RECEIPT_BYTES_MAX} bytes", f"超过 {RECEIPT_BYTES_MAX} 字节")


def write_package(head: PackageHead, invoices: Sequence[PackedInvoice]) -> bytes:
    """The file. Equal input gives equal bytes."""
    root = ET.Element(
        "InvoicePackage",
        {
            "schema": "1",
            "packageId": head.package_id,
            "sellerTaxId": head.seller_tax_id,
            "route": head.route,
            "count": str(head.invoice_count),
            "currency": head.amount.currency_code,
            "amountMinor": str(head.amount.amount_minor),
            "exportedAt": head.export_time.isoformat(),
        },
    )
    for each in invoices:
        about = {
            "no": str(each.item_no),
            "key": each.idempotency_key,
            "sha256": each.document_sha256,
            "issueDate": each.issue_date.isoformat(),
            "amountMinor": str(each.amount.amount_minor),
        }
        ET.SubElement(root, "Invoice", about).text = base64.b64encode(each.document).decode()
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def checklist(head: PackageHead, content_sha256: str) -> str:
    """What goes with the file on paper, to be ticked off and signed, in English and Chinese."""
    when = head.export_time.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return "\n".join(
        (
            "Manual upload checklist 人工上传清单",
            f"Package 上传包: {head.package_id}",
            f"Seller's tax number 销售方税号: {head.seller_tax_id}",
            f"Route 通道: {head.route}",
            f"Exported by 导出人: {head.export_by}",
            f"Exported at 导出时间: {when} (Beijing 北京时间)",
            f"Reason 原因: {head.reason}",
            f"Invoices 份数: {head.invoice_count}",
            f"Sum, tax included 价税合计: {head.amount}",
            f"SHA-256 of the file 文件校验值: {content_sha256}",
            "",
            "[ ] The file's SHA-256 is the one above. 文件校验值与上面一致。",
            "[ ] The portal shows the same count and sum. 门户显示的份数与金额一致。",
            "[ ] Uploaded once, and not again. 仅上传一次，未重复上传。",
            "[ ] The receipt is saved as it came, unchanged. 回执已原样保存，未作改动。",
            "[ ] The receipt is imported: bihuan manual import. 回执已导入。",
            "",
            "Uploaded by 上传人: ____________   At 时间: ____________   Signature 签字: ____________",
            "",
        )
    )


def read_receipt(
    content: bytes, package_id: str, content_sha256: str, items: Sequence[PackedItem]
) -> Sequence[ReceiptItem] | BadReceipt:
    """What a receipt says of each invoice of the package, in order; or why it is none of this package, or not whole."""
    if len(content) > RECEIPT_BYTES_MAX:
        return TOO_LARGE
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        return BadReceipt("XML_ENTITY", "it declares a document type or entities", "回执声明了文档类型或实体")
    except (ET.ParseError, ValueError, LookupError):
        return BadReceipt("NO_XML", "it is no XML", "不是有效的 XML")
    if root.tag != "PackageReceipt" or root.get("schema") != "1":
        return BadReceipt("NO_RECEIPT", "it is no receipt of a package", "不是上传包的回执")
    if (root.get("packageId"), root.get("packageSha256")) != (package_id, content_sha256):
        return BadReceipt(
            "OTHER_PACKAGE",
            f"it is for package {root.get('packageId')!r} with SHA-256 {root.get('packageSha256')!r}",
            "回执对应的是另一个上传包或另一份文件",
        )
    return _read_items(root, items)


def _read_items(root: ET.Element, items: Sequence[PackedItem]) -> Sequence[ReceiptItem] | BadReceipt:
    wanted, found = {str(each.item_no): each for each in items}, dict[str, ReceiptItem]()
    for row in root:
        no = row.get("no", "")
        of = wanted.get(no)
        if of is None or no in found or (row.get("key"), row.get("sha256")) != (of.idempotency_key, of.document_sha256):
            return BadReceipt("OTHER_INVOICE", f"row {no!r} is none of this package", f"第 {no} 行不属于该上传包")
        if (read := _read_item(of.item_no, row)) is None:
            return BadReceipt("BAD_ROW", f"row {no} is neither taken nor refused", f"第 {no} 行既非受理也非拒绝")
        found[no] = read
    if missing := [each.item_no for each in items if str(each.item_no) not in found]:
        first = ", ".join(map(str, missing[:10]))
        return BadReceipt("NOT_WHOLE", f"it lacks {len(missing)} rows: {first}", f"缺少 {len(missing)} 行：{first}")
    return [found[str(each.item_no)] for each in items]


def _read_item(item_no: int, row: ET.Element) -> ReceiptItem | None:
    number, code = row.get("number", ""), row.get("code", "")
    if row.get("status") == TAKEN and _NUMBER.fullmatch(number):
        return ReceiptItem(item_no, TAKEN, number, "")
    if row.get("status") == REFUSED and not number and _CODE.fullmatch(code):
        return ReceiptItem(item_no, REFUSED, "", code)
    return None


def export_fingerprint(seller_tax_id: str, operator: str, reason: str, limit: int) -> str:
    """What an export's request_id stands for: SHA-256 over what was asked, in hex."""
    asked = json.dumps([seller_tax_id, operator, reason, limit], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()
