"""A PDF: the text of its first pages, and the codes that stand on them. Nothing in it is run."""

import math

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_raw  # type: ignore[import-untyped]
import zxingcpp

from services.invoice_sync.domain.recognition import Read, Source
from services.invoice_sync.recognition.code_text import read_code
from services.invoice_sync.recognition.printed_text import read_text
from services.invoice_sync.recognition.refusal import Refused

PAGES_MAX = 50
# An invoice stands on the first; further ones are its list of goods.
_PAGES_READ = 3
_CHARS_MAX = 100_000
# A code of two centimetres has five dots a module at that.
_DOTS_A_POINT = 200 / 72
_PIXELS_MAX = 12_000_000
_CODES_MAX = 8


def read_pdf(content: bytes) -> tuple[int, list[Read]]:
    """How many pages, and what the first ones say. Raises Refused."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) == pdfium_raw.FPDF_ERR_PASSWORD
        raise Refused("ENCRYPTED" if locked else "PDF_BROKEN") from None
    count = len(document)
    if not count:
        raise Refused("PDF_BROKEN")
    if count > PAGES_MAX:
        raise Refused("PAGES")
    found = []
    for no in range(min(count, _PAGES_READ)):
        try:
            page = document[no]
            found += read_text(_text(page), Source.PDF_TEXT, no + 1)
            found += codes_on(page, no + 1)
        except pdfium.PdfiumError:
            raise Refused("PDF_BROKEN") from None
    return count, found


def read_picture_page(content: bytes, page_no: int) -> list[Read]:
    """The codes on a PDF of one page that is a picture. Raises Refused when it cannot be decoded."""
    try:
        return codes_on(pdfium.PdfDocument(content)[0], page_no, enlarge=2.0)
    except pdfium.PdfiumError:
        raise Refused("PICTURE") from None


def codes_on(page: pdfium.PdfPage, page_no: int, enlarge: float = _DOTS_A_POINT) -> list[Read]:
    """What the codes on a page say, drawn with so many dots a point, or fewer on a page that is larger than any."""
    wide, high = page.get_size()
    if not (math.isfinite(wide * high) and wide * high > 0):
        raise Refused("PDF_BROKEN")
    scale = min(enlarge, math.sqrt(_PIXELS_MAX / (wide * high)))
    drawn = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    dots = memoryview(bytes(drawn.buffer)).cast("B", (drawn.height, drawn.stride))
    found = []
    for code in zxingcpp.read_barcodes(dots)[:_CODES_MAX]:
        found += read_code(code.text, page_no)
    return found


def _text(page: pdfium.PdfPage) -> str:
    words = page.get_textpage()
    return str(words.get_text_range(0, min(words.count_chars(), _CHARS_MAX)))
