"""Invoice files as issuers send them, written here: XML, OFD, PDF with text and code, and pictures of the code."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

import segno

OFD = "http://www.ofdspec.org/2016"
_FONT = (
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>"
)


@dataclass(frozen=True)
class Sheet:
    """What stands on an invoice, as it is printed."""

    number: str = "26422000000012345678"
    issue_date: str = "2026-03-01"
    amount: str = "106.00"
    net: str = "100.00"
    tax: str = "6.00"
    seller_name: str = "武汉水务集团有限公司"
    seller_tax_id: str = "91420100MA4KXYZ123"
    buyer_name: str = "深圳市某某科技有限公司"
    buyer_tax_id: str = "91440300MA5DXXXX1A"

    @property
    def printed_date(self) -> str:
        year, month, day = self.issue_date.split("-")
        return f"{year}年{month}月{day}日"

    @property
    def code(self) -> str:
        """The text of its code, in the order of the parts that such codes have."""
        return f"01,32,,{self.number},{self.amount},{self.issue_date.replace('-', '')},,9F3C"


def xml_file(sheet: Sheet) -> bytes:
    """A fully digital invoice's XML."""
    label = "<EInvoiceType><LabelCode>01</LabelCode><LabelName>普通发票</LabelName></EInvoiceType>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EInvoice>
  <Header><EIid>{sheet.number}</EIid><InherentLabel>{label}</InherentLabel></Header>
  <EInvoiceData>
    <SellerInformation><SellerIdNum>{sheet.seller_tax_id}</SellerIdNum>
      <SellerName>{escape(sheet.seller_name)}</SellerName></SellerInformation>
    <BuyerInformation><BuyerIdNum>{sheet.buyer_tax_id}</BuyerIdNum>
      <BuyerName>{escape(sheet.buyer_name)}</BuyerName></BuyerInformation>
    <BasicInformation><TotalAmWithoutTax>{sheet.net}</TotalAmWithoutTax><TotalTaxAm>{sheet.tax}</TotalTaxAm>
      <TotalTax-includedAmount>{sheet.amount}</TotalTax-includedAmount></BasicInformation>
    <IssuItemInformation><ItemName>*水*自来水</ItemName><Amount>{sheet.net}</Amount></IssuItemInformation>
  </EInvoiceData>
  <TaxSupervisionInfo><InvoiceNumber>{sheet.number}</InvoiceNumber>
    <IssueTime>{sheet.issue_date} 10:30:00</IssueTime><TaxBureauName>国家税务总局湖北省税务局</TaxBureauName>
  </TaxSupervisionInfo>
</EInvoice>
""".encode()


def code_png(text: str, scale: int = 4) -> bytes:
    """A picture of a code."""
    return _saved(text, kind="png", scale=scale)


def screenshot_png(text: str, scale: int = 4) -> bytes:
    """The same with an opacity for each dot, as screens are copied."""
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(scale=scale, border=4)]
    dots = b"".join(b"\0" + b"".join(b"\0\0\0\xff" if dot else b"\xff\xff\xff\xff" for dot in row) for row in rows)
    return png_of(len(rows[0]), len(rows), 6, zlib.compress(dots))


def code_jpeg(text: str) -> bytes:
    """A picture of a code as a baseline JPEG (ITU-T T.81): a block of eight by eight dots is one module, all alike."""
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(border=4)]
    bits, before = [], 0
    for row in rows:
        for dot in row:
            level = -1000 if dot else 1000  # of the block's mean alone
            step, before = level - before, level
            size = abs(step).bit_length()
            bits.append(
                f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "") + "0"
            )
    packed = "".join(bits)
    packed += "1" * (-len(packed) % 8)
    data = int(packed, 2).to_bytes(len(packed) // 8, "big").replace(b"\xff", b"\xff\x00")
    side = len(rows) * 8
    quant = b"\x00" + b"\x01" * 64
    frame = struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00"
    # The size of a step is told by four bits, and that a block ends there by one.
    means = b"\x00" + bytes([0, 0, 0, 13, *[0] * 12]) + bytes(range(13))
    ends = b"\x10" + bytes([1, *[0] * 15]) + b"\x00"
    parts = ((0xDB, quant), (0xC0, frame), (0xC4, means), (0xC4, ends), (0xDA, b"\x01\x01\x00\x00\x3f\x00"))
    heads = b"".join(b"\xff" + bytes([kind]) + struct.pack(">H", len(part) + 2) + part for kind, part in parts)
    return b"\xff\xd8" + heads + data + b"\xff\xd9"


def png_of(width: int, height: int, colour: int, packed: bytes) -> bytes:
    """A PNG with a head that says so, and these packed dots."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def pdf_file(sheet: Sheet, code: str | None = None, *, pages: int = 1) -> bytes:
    """A PDF with the text of an invoice and its code; with an empty `code` without one."""
    lines = (
        "电子发票（普通发票）",
        f"发票号码：{sheet.number}",
        f"开票日期：{sheet.printed_date}",
        f"购买方名称：{sheet.buyer_name}",
        f"购买方统一社会信用代码/纳税人识别号：{sheet.buyer_tax_id}",
        f"销售方名称：{sheet.seller_name}",
        f"销售方统一社会信用代码/纳税人识别号：{sheet.seller_tax_id}",
        f"合 计 ¥{sheet.net} ¥{sheet.tax}",
        f"价税合计（大写）壹佰零陆圆整 （小写）¥{sheet.amount}",
    )
    drawn = _written(lines)
    text = sheet.code if code is None else code
    return pdf_of(drawn + (_dots(text) if text else b""), pages)


def pdf_of(drawn: bytes, pages: int = 1, box: str = "0 0 595 842") -> bytes:
    """A PDF whose pages all show the same."""
    kids = " ".join(f"{6 + no} 0 R" for no in range(pages))
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 5 0 R /Resources << /Font << /F 3 0 R >> >> >>"
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        _FONT,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        *[page] * pages,
    ]
    made, offsets = bytearray(b"%PDF-1.7\n"), []
    for no, each in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (no, each)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)


def ofd_file(sheet: Sheet, code: str | None = None, **more: bytes) -> bytes:
    """An OFD with its text, its tags for programs, and the picture of its code; `more` are further files in it."""
    tagged = {
        "InvoiceNo": sheet.number,
        "IssueDate": sheet.printed_date,
        "BuyerName": sheet.buyer_name,
        "BuyerTaxID": sheet.buyer_tax_id,
        "SellerName": sheet.seller_name,
        "SellerTaxID": sheet.seller_tax_id,
        "TaxExclusiveTotalAmount": sheet.net,
        "TaxTotalAmount": sheet.tax,
        "TaxInclusiveTotalAmount": sheet.amount,
    }
    parts = {
        "OFD.xml": _ofd(
            "OFD",
            "<ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
            ' Version="1.0" DocType="OFD"',
        ),
        "Doc_0/Document.xml": _ofd(
            "Document",
            "<ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 140"
            "</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
            '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
            "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
        ),
        "Doc_0/Pages/Page_0/Content.xml": _ofd(
            "Page", f'<ofd:Content><ofd:Layer ID="2">{"".join(_objects(tagged.values()))}</ofd:Layer></ofd:Content>'
        ),
        "Doc_0/Tags/CustomTags.xml": _ofd(
            "CustomTags", "<ofd:CustomTag><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>"
        ),
        "Doc_0/Tags/CustomTag.xml": (
            '<eInvoice xmlns="http://www.edrm.org.cn/schema/e-invoice/2019">'
            + "".join(f'<{name}><ObjectRef PageRef="1">{no}</ObjectRef></{name}>' for no, name in enumerate(tagged, 10))
            + "</eInvoice>"
        ).encode(),
        "Doc_0/Res/code.png": code_png(sheet.code if code is None else code),
    }
    return zip_of({**parts, **more})


def zip_of(parts: Mapping[str, bytes]) -> bytes:
    """A container of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return made.getvalue()


def _ofd(root: str, inner: str, about: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><ofd:{root} xmlns:ofd="{OFD}"{about}>{inner}</ofd:{root}>'.encode()


def _objects(texts):
    for no, text in enumerate(texts, 10):
        yield (
            f'<ofd:TextObject ID="{no}" Boundary="10 {no * 6} 150 6" Font="3" Size="4">'
            f'<ofd:TextCode X="0" Y="4">{escape(text)}</ofd:TextCode></ofd:TextObject>'
        )


def _written(lines: tuple[str, ...]) -> bytes:
    shown = b"".join(
        b"BT /F 10 Tf 40 %d Td <%b> Tj ET\n" % (600 - no * 20, line.encode("utf-16-be").hex().encode())
        for no, line in enumerate(lines)
    )
    return b"0 g\n" + shown


def _dots(text: str) -> bytes:
    size = 3
    rows = [list(row) for row in segno.make(text, error="m").matrix]
    squares = (
        b"%d %d %d %d re" % (40 + x * size, 800 - y * size, size, size)
        for y, row in enumerate(rows)
        for x, dot in enumerate(row)
        if dot
    )
    return b"0 g\n" + b"\n".join(squares) + b"\nf\n"


def _saved(text: str, **how: object) -> bytes:
    made = io.BytesIO()
    segno.make(text, error="m").save(made, **how)
    return made.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
