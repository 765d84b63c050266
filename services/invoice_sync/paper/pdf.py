"""The PDF copy of an invoice's XML, laid out as readers know it. It says nothing that the XML does not say.

Made with typst and fonts of one folder, so that equal XML gives equal bytes wherever the fonts are the same.
"""

import importlib.resources
import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import segno
import typst

from services.invoice_sync.domain.original import Original, decimal_text, read_xml

FONT_FAMILY = "Noto Serif CJK SC"
# Long runs without a blank (model names, prices with many decimals) break anywhere, so that none leaves its cell.
_RUN = re.compile(r"[!-~]{10,}")
_BREAK = "\u200b"


class NoFonts(Exception):
    """The folder has no font for Chinese."""


class Copier:
    """Makes copies. One for the process: it knows its fonts since the start. Raises NoFonts when they are not there."""

    def __init__(self, font_folder: Path) -> None:
        # A family that is not there is a warning to typst, and boxes to the reader.
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder)]
        )
        if FONT_FAMILY not in self._fonts.families():
            raise NoFonts(f"{font_folder} has no {FONT_FAMILY}: apt-get install fonts-noto-cjk")
        self._template = importlib.resources.files(__package__).joinpath("copy.typ").read_bytes()

    def copy(self, xml: bytes, sha256: str) -> bytes:
        """The PDF of an invoice's XML, whose SHA-256 stands on it. Raises NoOriginal when that is none."""
        told = json.dumps(_told(read_xml(xml), sha256), ensure_ascii=False)
        made = typst.compile(
            self._template, font_paths=self._fonts, ignore_system_fonts=True, sys_inputs={"told": told}, timestamp=0
        )
        assert isinstance(made, bytes), "one PDF"
        return made


def qr_text(said: Original) -> str:
    """What the QR code says: version, kind and code (which nothing tells), number, total, day, and no check code."""
    day = said.issue_time[:10].replace("-", "")
    return f"01,,,{said.number},{decimal_text(said.total)},{day},,"


def _told(said: Original, sha256: str) -> dict[str, object]:
    qr_code = segno.make(qr_text(said), error="m", micro=False)
    return {
        "title": f"电子发票（{said.label}）" if said.label else "电子发票",
        "red": said.is_red,
        "number": said.number,
        "day": _day(said.issue_time),
        "seller": {"name": _breakable(said.seller_name), "tax_id": said.seller_tax_id},
        "buyer": {"name": _breakable(said.buyer_title), "tax_id": said.buyer_tax_id},
        "lines": [
            [
                _breakable(line.name),
                _breakable(line.model),
                _breakable(line.unit),
                _breakable(line.quantity),
                _breakable(line.price),
                line.amount,
                _percent(line.tax_rate),
                line.tax,
            ]
            for line in said.lines
        ],
        "amount": said.amount_without_tax,
        "tax": said.tax,
        "total": decimal_text(said.total),
        "currency": "¥" if said.total.currency_code == "CNY" else f"{said.total.currency_code} ",
        "capitals": said.total_in_capitals,
        "remark": _breakable(said.remark),
        "drawer": said.drawer,
        "sha256": sha256,
        "qr": qr_code.svg_inline(border=0),
    }


def _day(issue_time: str) -> str:
    year, month, day = (*issue_time[:10].split("-"), "", "")[:3]
    return f"{year}年{month}月{day}日" if day else issue_time


def _percent(rate: str) -> str:
    """A rate as people read it: 0.06 is 6%. What is no number (免税, 6%) stays as it is."""
    try:
        share = Decimal(rate)
    except InvalidOperation:
        return rate
    return f"{(share * 100).normalize():f}%" if share.is_finite() else rate


def _breakable(text: str) -> str:
    return _RUN.sub(lambda run: _BREAK.join(run[0]), text)
