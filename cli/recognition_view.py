"""Puts on the terminal what was read of an invoice file: each thing, from where, how surely. It asks nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cli import show

_FIELDS = (
    ("invoiceNumbers", "number 发票号码"),
    ("invoiceCodes", "code 发票代码"),
    ("issueDates", "date 开票日期"),
    ("amounts", "amount with tax 价税合计"),
    ("amountsWithoutTax", "amount without tax 金额"),
    ("taxes", "tax 税额"),
    ("sellerNames", "seller 销售方"),
    ("sellerTaxIds", "seller's tax number 销售方税号"),
    ("buyerNames", "buyer 购买方"),
    ("buyerTaxIds", "buyer's tax number 购买方税号"),
)
_CERTAINTY = {"EXACT": "exact 确切", "LABELLED": "labelled 按标签", "LIKELY": "likely 按格式推断"}


def table(name: str, found: Mapping[str, Any]) -> Table:
    """What was read; what contradicts stands in red at the end."""
    rows: list[Sequence[str | Text]] = list(_rows(found))
    rows += [
        (Text("contradiction 不一致", "bold red"), Text(show.plain(f"{one['fact']}\n{one['factZh']}"), "red"), "", "")
        for one in found.get("contradictions", [])
    ]
    columns = ("", "read 识别结果", "from 来源", "certainty 把握")
    return show.table(show.plain(f"{name} · {found['fileKind']}"), columns, rows)


def _rows(found: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for field, title in _FIELDS:
        for one in found.get(field, []):
            place = one.get("place", {})
            page = f" p. {place['page']}" if place.get("page") else ""
            certainty = _CERTAINTY.get(place.get("certainty", ""), "")
            yield title, one.get("value", ""), f"{place.get('source', '')}{page}", certainty
