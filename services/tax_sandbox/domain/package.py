"""A package that a person uploads at the portal, and its receipt: XML both ways. It takes no document itself."""

import base64
import binascii
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ITEMS_MAX = 1_000
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_WORD = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class PackageItem:
    """A document under its key, at its place in the package."""

    no: str
    key: str
    document: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """What was uploaded: its id, the SHA-256 of the file, and the documents in order."""

    package_id: str
    sha256: str
    items: Sequence[PackageItem]


def read_package(content: bytes) -> Package | None:
    """The package in a file; None when it is none, holds too much, or a document is not the one of its SHA-256."""
    # Neither a document type nor an entity is declared without that, in any encoding that has the bytes of ASCII.
    if b"<!" in content or b"\0" in content:
        return None
    try:
        root = ET.fromstring(content)  # noqa: S314  what it could be harmed by was refused
    except (ET.ParseError, ValueError, LookupError):
        return None
    package_id, items = root.get("packageId", ""), [_item(row) for row in root]
    is_one = root.tag == "InvoicePackage" and root.get("schema") == "1" and _WORD.fullmatch(package_id)
    if not is_one or not 0 < len(items) <= ITEMS_MAX or str(len(items)) != root.get("count"):
        return None
    read = [item for item in items if item is not None]
    numbered = {item.no for item in read}
    if len(read) < len(items) or len(numbered) < len(read):
        return None
    return Package(package_id, hashlib.sha256(content).hexdigest(), read)


def write_receipt(package: Package, answers: Sequence[tuple[int, Mapping[str, Any]]], received_at: str) -> bytes:
    """What became of each document, by the status and the body that a submit of it is answered with."""
    about = {"schema": "1", "packageId": package.package_id, "packageSha256": package.sha256, "receivedAt": received_at}
    root = ET.Element("PackageReceipt", about)
    for item, (status, body) in zip(package.items, answers, strict=True):
        taken = status == 200
        row = {
            "no": item.no,
            "key": item.key,
            "sha256": hashlib.sha256(item.document).hexdigest(),
            "status": "TAKEN" if taken else "REFUSED",
        }
        ET.SubElement(
            root, "Invoice", row | ({"number": str(body["number"])} if taken else {"code": str(body["code"])})
        )
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _item(row: ET.Element) -> PackageItem | None:
    try:
        document = base64.b64decode(row.text or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    same = hashlib.sha256(document).hexdigest() == row.get("sha256")
    no, key = row.get("no", ""), row.get("key", "")
    fits = row.tag == "Invoice" and no.isdecimal() and _KEY.fullmatch(key)
    return PackageItem(no, key, document) if fits and same else None
