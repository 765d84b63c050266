"""Reads one invoice file from standard input, and writes one JSON object: a program of its own, run for each file.

It limits itself before it looks at a byte: so much memory, so much time of the processor, no file of its own.
"""

import json
import resource
import sys
from collections.abc import Iterable
from dataclasses import asdict

from services.invoice_sync.domain.recognition import Read
from services.invoice_sync.recognition.ofd_file import read_ofd
from services.invoice_sync.recognition.pdf_file import read_pdf, read_picture_page
from services.invoice_sync.recognition.picture import is_jpeg, is_png, page_of_picture
from services.invoice_sync.recognition.refusal import Refused
from services.invoice_sync.recognition.xml_file import read_xml

BYTES_MAX = 10 * 1024 * 1024
_MEMORY_BYTES_MAX = 768 * 1024 * 1024  # of addresses; a picture of the most pixels is decoded below it
_PROCESSOR_SECONDS_MAX = 15
_READS_MAX = 200
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def main() -> None:
    """Say what is in the file, or by which rule it is not read."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS_MAX, _PROCESSOR_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read(BYTES_MAX + 1)
    try:
        kind, pages, reads = read_file(content)
        said: dict[str, object] = {"kind": kind, "pages": pages, "reads": [asdict(each) for each in _few(reads)]}
    except Refused as refused:
        said = {"rule": refused.rule}
    except (MemoryError, RecursionError):
        said = {"rule": "LIMIT"}
    sys.stdout.write(json.dumps(said))


def read_file(content: bytes) -> tuple[str, int, list[Read]]:
    """The kind of a file by its bytes, its pages, and what was read of it. Raises Refused."""
    if not content:
        raise Refused("EMPTY")
    if len(content) > BYTES_MAX:
        raise Refused("TOO_LARGE")
    if content.startswith(b"%PDF-"):
        return "PDF", *read_pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return "OFD", *read_ofd(content)
    if is_png(content) or is_jpeg(content):
        return ("PNG" if is_png(content) else "JPEG"), 0, read_picture_page(page_of_picture(content), 0)
    if content.startswith(_BOMS) or content.lstrip()[:1] == b"<":
        return "XML", 0, read_xml(content)
    raise Refused("KIND")


def _few(reads: Iterable[Read]) -> list[Read]:
    """Each thing once from each source, as many as any invoice says."""
    return list(dict.fromkeys(reads))[:_READS_MAX]


if __name__ == "__main__":
    main()
