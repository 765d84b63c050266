"""What was read of an invoice file, from where and how surely, and where its parts contradict each other.

Nothing here chooses between what contradicts. It opens no file.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")
_HUNDREDTHS = Decimal(100)


class ReadField(StrEnum):
    """What can be read of an invoice."""

    NUMBER = "NUMBER"
    CODE = "CODE"  # of older invoices alone
    ISSUE_DATE = "ISSUE_DATE"
    AMOUNT = "AMOUNT"  # tax included
    AMOUNT_WITHOUT_TAX = "AMOUNT_WITHOUT_TAX"
    TAX = "TAX"
    SELLER_NAME = "SELLER_NAME"
    SELLER_TAX_ID = "SELLER_TAX_ID"
    BUYER_NAME = "BUYER_NAME"
    BUYER_TAX_ID = "BUYER_TAX_ID"


class Source(StrEnum):
    """Where in a file something stood."""

    XML = "XML"
    OFD_DATA = "OFD_DATA"  # what is attached to it, or tagged in it, for programs
    OFD_TEXT = "OFD_TEXT"
    PDF_TEXT = "PDF_TEXT"
    QR_CODE = "QR_CODE"


class Certainty(StrEnum):
    """How surely it is what it is called."""

    EXACT = "EXACT"  # in a field of that name, for programs
    LABELLED = "LABELLED"  # behind its label, or at its place in the code
    LIKELY = "LIKELY"  # by its form alone


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that was read, in one form for all sources: dates as 2026-03-01, money as 123.45.

    `page` is 0 where the file has no pages.
    """

    field: ReadField
    value: str = dataclasses.field(repr=False)
    source: Source = Source.XML
    page: int = 0
    certainty: Certainty = Certainty.EXACT


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A field of which the file says different things; `values` names each with its sources."""

    field: ReadField
    values: Mapping[str, Sequence[Source]] = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Recognition:
    """All that was read of a file. `file_kind` is XML, OFD, PDF, PNG or JPEG; a picture and an XML have no pages."""

    file_kind: str
    file_sha256: str
    page_count: int
    reads: Sequence[Read]

    def values(self, wanted: ReadField) -> list[str]:
        """The different values of a field, in the order in which they were read."""
        return list(dict.fromkeys(each.value for each in self.reads if each.field is wanted))

    def alone(self, wanted: ReadField) -> str:
        """The value of a field that nothing contradicts; empty when there is none, or more than one."""
        found = {_alike(each.field, each.value): each.value for each in self.reads if each.field is wanted}
        return next(iter(found.values())) if len(found) == 1 else ""

    def contradictions(self) -> list[Contradiction]:
        """The fields of which the file says different things."""
        found = []
        for wanted in ReadField:
            said: Mapping[str, Sequence[Source]] = _said(self.reads, wanted)
            if wanted is ReadField.AMOUNT:
                said = self._without_net(said)
            if len({_alike(wanted, value) for value in said}) > 1:
                found.append(Contradiction(wanted, said))
        return found

    def amount_minor(self) -> int:
        """The amount with tax in hundredths; 0 when it is not read, or contradicted."""
        said = self._without_net(_said(self.reads, ReadField.AMOUNT))
        found = {minor_of(value) for value in said}
        return max(0, next(iter(found)) or 0) if len(found) == 1 else 0

    def _without_net(self, said: Mapping[str, Sequence[Source]]) -> Mapping[str, Sequence[Source]]:
        """A code of an older invoice bears the amount without tax: that contradicts nothing."""
        net = set(self.values(ReadField.AMOUNT_WITHOUT_TAX))
        return {value: of for value, of in said.items() if not (value in net and set(of) == {Source.QR_CODE})}


def money(text: str) -> str:
    """Money as 123.45, without signs of currency and groups of digits; empty when it is none."""
    cleaned = re.sub(r"[¥￥,，\s元]", "", unicodedata.normalize("NFKC", text)).replace("¥", "")
    if not _AMOUNT.fullmatch(cleaned):
        return ""
    try:
        return str(Decimal(cleaned).quantize(Decimal("0.01")))
    except InvalidOperation:
        return ""


def minor_of(text: str) -> int | None:
    """Money such as 123.45 in hundredths; None when it is none."""
    return int(Decimal(text) * _HUNDREDTHS) if _AMOUNT.fullmatch(text) else None


def day(text: str) -> str:
    """A day as 2026-03-01, of 20260301, 2026年3月1日, 2026/3/1 or an instant; empty when it is none."""
    found = re.match(r"\s*(\d{4})\s*[年/.-]?\s*(\d{1,2})\s*[月/.-]?\s*(\d{1,2})", text)
    try:
        return date(*(int(part) for part in found.groups())).isoformat() if found else ""
    except ValueError:
        return ""


def name(text: str) -> str:
    """A name without blanks around it and in it where no Latin letters meet, at most as long as an invoice has it."""
    cleaned = " ".join(text.split())
    return re.sub(r"(?<=[\u3400-\u9fff（）()]) | (?=[\u3400-\u9fff（）()])", "", cleaned)[:300]


def _said(reads: Iterable[Read], wanted: ReadField) -> dict[str, list[Source]]:
    said: dict[str, list[Source]] = {}
    for each in reads:
        if each.field is wanted and each.source not in said.setdefault(each.value, []):
            said[each.value].append(each.source)
    return said


def _alike(of: ReadField, value: str) -> str:
    """What makes two values the same: full-width forms and brackets of names are."""
    if of in (ReadField.SELLER_NAME, ReadField.BUYER_NAME):
        return unicodedata.normalize("NFKC", value).casefold().replace(" ", "")
    return value
