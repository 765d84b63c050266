"""An OFD (GB/T 33190): the invoice's data in it, its text, and the codes among its pictures. Nothing goes to disk."""

import io
import zipfile
from collections.abc import Iterator

import ofdkit  # type: ignore[import-untyped]
from ofdkit import OFDDocument, OFDError, OFDLimitError

from services.invoice_sync.domain.recognition import Certainty, Read, ReadField, Source, day, money, name
from services.invoice_sync.recognition.pdf_file import PAGES_MAX, read_picture_page
from services.invoice_sync.recognition.picture import is_jpeg, is_png, page_of_picture
from services.invoice_sync.recognition.printed_text import read_text
from services.invoice_sync.recognition.refusal import Refused

_ENTRIES_MAX = 2_000
_UNPACKED_BYTES_MAX = 64 * 1024 * 1024
# Text packs to a fiftieth; what packs tighter was made to.
_RATIO_MAX = 200
_RATIO_FROM_BYTES = 1024 * 1024
_PICTURES_MAX = 4
_PICTURE_BYTES_MAX = 4 * 1024 * 1024
_PAGES_READ = 3
_ENCRYPTED = 0x1


def read_ofd(content: bytes) -> tuple[int, list[Read]]:
    """How many pages, and what it says. Raises Refused."""
    _check_container(content)
    try:
        with OFDDocument(content) as document:
            if len(document.pages) > PAGES_MAX:
                raise Refused("PAGES")
            found = list(_data(document.invoice()))
            for no, page in enumerate(document.pages[:_PAGES_READ], 1):
                found += read_text(page.text(), Source.OFD_TEXT, no)
            return len(document.pages), [*found, *_codes(content)]
    except OFDLimitError as fault:
        raise Refused("XML_ENTITY" if "DTD" in str(fault) else "ZIP_BOMB") from None
    except OFDError:
        raise Refused("OFD_BROKEN") from None


def _check_container(content: bytes) -> None:
    """By its directory alone, before anything is unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError):
        raise Refused("OFD_BROKEN") from None
    if any(_leaves(each.filename) for each in entries):
        raise Refused("ZIP_PATH")
    if any(each.flag_bits & _ENCRYPTED for each in entries):
        raise Refused("ENCRYPTED")
    unpacked = sum(each.file_size for each in entries)
    tight = any(
        each.file_size > max(_RATIO_FROM_BYTES, each.compress_size * _RATIO_MAX) for each in entries if each.file_size
    )
    if len(entries) > _ENTRIES_MAX or unpacked > _UNPACKED_BYTES_MAX or tight:
        raise Refused("ZIP_BOMB")


def _leaves(path: str) -> bool:
    """Whether a name in the container leads out of it. A leading slash is how some producers write its root."""
    parts = path.replace("\\", "/").lstrip("/").split("/")
    return ".." in parts or ":" in parts[0] or "\0" in path


def _data(invoice: ofdkit.Invoice | None) -> Iterator[Read]:
    if invoice is None:
        return
    said = (
        (ReadField.NUMBER, invoice.invoice_number or ""),
        (ReadField.CODE, invoice.invoice_code or ""),
        (ReadField.ISSUE_DATE, day(invoice.issue_date or "")),
        (ReadField.AMOUNT, money(invoice.total_amount or "")),
        (ReadField.AMOUNT_WITHOUT_TAX, money(invoice.amount_without_tax or "")),
        (ReadField.TAX, money(invoice.tax_amount or "")),
        (ReadField.SELLER_NAME, name(invoice.seller.name or "")),
        (ReadField.SELLER_TAX_ID, invoice.seller.tax_id or ""),
        (ReadField.BUYER_NAME, name(invoice.buyer.name or "")),
        (ReadField.BUYER_TAX_ID, invoice.buyer.tax_id or ""),
    )
    yield from (Read(of, value[:300], Source.OFD_DATA, 0, Certainty.EXACT) for of, value in said if value)


def _codes(content: bytes) -> Iterator[Read]:
    """What the codes among its pictures say; one that cannot be decoded says nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        pictures = [each for each in container.infolist() if 0 < each.file_size <= _PICTURE_BYTES_MAX]
        drawn = 0
        for each in pictures:
            if not each.filename.lower().endswith((".png", ".jpg", ".jpeg")) or drawn >= _PICTURES_MAX:
                continue
            drawn += 1
            bytes_of = container.read(each)
            if is_png(bytes_of) or is_jpeg(bytes_of):
                try:
                    yield from read_picture_page(page_of_picture(bytes_of), 0)
                except Refused:
                    continue
