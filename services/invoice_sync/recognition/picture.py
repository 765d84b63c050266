"""A picture as a page of a PDF, so that one library decodes and scales all there is. It decodes nothing itself.

The compressed bytes of a PNG or a JPEG go into the page as they are: PDF knows both ways of compressing. The pixels are
counted by the head before anything is decoded.
"""

import struct
from dataclasses import dataclass

from services.invoice_sync.recognition.refusal import Refused

PIXELS_MAX = 40_000_000
# Larger pages than that are none to a reader of PDFs.
_POINTS_MAX = 14_000
_PNG = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3
# Heads of frames; the numbers between are other things.
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3})
_JPEG_ALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture in a PDF's own words: `about` is its dictionary beside the size, `content` its compressed bytes."""

    width: int
    height: int
    about: str
    content: bytes


def is_png(content: bytes) -> bool:
    """Whether it begins as a PNG does."""
    return content.startswith(_PNG)


def is_jpeg(content: bytes) -> bool:
    """Whether it begins as a JPEG does."""
    return content.startswith(b"\xff\xd8\xff")


def page_of_picture(content: bytes) -> bytes:
    """A PDF of one page that is the picture. Raises Refused for what is none, or has too many pixels."""
    try:
        picture = _png(content) if is_png(content) else _jpeg(content)
    except (struct.error, IndexError):
        raise Refused("PICTURE") from None
    if not 0 < picture.width * picture.height <= PIXELS_MAX:
        raise Refused("PIXELS")
    return _pdf(picture)


def _png(content: bytes) -> _Picture:
    at, data, palette, head = len(_PNG), bytearray(), b"", b""
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        chunk = content[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            head = chunk
        elif kind == b"PLTE":
            palette = chunk[: 3 * 256]
        elif kind == b"IDAT":
            data += chunk
        at += size + 12
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if interlaced or not data or (colour == _INDEXED and not palette):
        raise Refused("PICTURE")
    space, components = _png_colours(colour, palette)
    parms = f"/Predictor 15 /Colors {components} /BitsPerComponent {bits} /Columns {width}"
    about = f"/ColorSpace {space} /BitsPerComponent {bits} /Filter /FlateDecode /DecodeParms << {parms} >>"
    return _Picture(width, height, about, bytes(data))


def _png_colours(colour: int, palette: bytes) -> tuple[str, int]:
    match colour:
        case 0:
            return "/DeviceGray", 1
        case 2:
            return "/DeviceRGB", 3
        case 3:
            return f"[/Indexed /DeviceRGB {len(palette) // 3 - 1} <{palette.hex()}>]", 1
        case 6:
            # Red, green and blue are what cyan, magenta and yellow leave; the opacity stands where black would be, and
            # counts as none of it.
            return "/DeviceCMYK /Decode [1 0 1 0 1 0 0 0]", 4
        case _:
            raise Refused("PICTURE")


def _jpeg(content: bytes) -> _Picture:
    at = 2
    while True:
        if content[at] != 0xFF:
            raise Refused("PICTURE")
        kind = content[at + 1]
        if kind in _JPEG_FRAMES:
            bits, height, width, components = struct.unpack_from(">BHHB", content, at + 4)
            space = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}.get(components)
            if space is None:
                raise Refused("PICTURE")
            about = f"/ColorSpace {space} /BitsPerComponent {bits} /Filter /DCTDecode"
            return _Picture(width, height, about, content)
        at += 2 if kind in _JPEG_ALONE else 2 + struct.unpack_from(">H", content, at + 2)[0]


def _pdf(picture: _Picture) -> bytes:
    shrink = min(1.0, _POINTS_MAX / max(picture.width, picture.height))
    wide, high = round(picture.width * shrink), round(picture.height * shrink)
    drawn = f"q {wide} 0 0 {high} 0 0 cm /I Do Q".encode()
    size = f"/Width {picture.width} /Height {picture.height} /Length {len(picture.content)}"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide} {high}] /Contents 4 0 R "
        f"/Resources << /XObject << /I 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        f"<< /Type /XObject /Subtype /Image {size} {picture.about} >>\nstream\n".encode()
        + picture.content
        + b"\nendstream",
    )
    made, offsets = bytearray(b"%PDF-1.7\n"), []
    for no, each in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (no, each)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, rows)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)
