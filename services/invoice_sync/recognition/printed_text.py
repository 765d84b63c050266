"""The text of a printed invoice: what stands behind which label, and what is known by its form. It reads no file.

A page's text comes in any order: labels may stand apart from their values, so that a number of twenty digits is one
wherever it stands.
"""

import re
from collections.abc import Iterator

from services.invoice_sync.domain.recognition import Certainty, Read, ReadField, Source, day, money, name

_NUMBER = re.compile(r"发票号码[:：\s]*([0-9]{20}|[0-9]{8})(?![0-9])")
_BARE_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{20}(?![0-9A-Za-z])")
_CODE = re.compile(r"发票代码[:：\s]*([0-9]{10,12})(?![0-9])")
_DATE = re.compile(r"开票日期[:：\s]*([0-9]{4}\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日)")
_BARE_DATE = re.compile(r"[0-9]{4}\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日")
_MONEY = r"[¥￥]?\s*(-?[0-9][0-9,]*\.[0-9]{2})"
_TOTAL = re.compile(rf"[（(]\s*小写\s*[）)]\s*{_MONEY}")
_NET_AND_TAX = re.compile(rf"合\s*计\s*{_MONEY}\s*{_MONEY}")
_PARTY = {
    ReadField.BUYER_NAME: re.compile(r"购买?方名称[:：\s]+(\S[^\n]*)"),
    ReadField.SELLER_NAME: re.compile(r"销售?方名称[:：\s]+(\S[^\n]*)"),
}
_PARTY_TAX_ID = {
    ReadField.BUYER_TAX_ID: re.compile(r"购买?方(?:统一社会信用代码/)?(?:纳税人识别号|税号)[:：\s]*([0-9A-Z]{15,20})"),
    ReadField.SELLER_TAX_ID: re.compile(r"销售?方(?:统一社会信用代码/)?(?:纳税人识别号|税号)[:：\s]*([0-9A-Z]{15,20})"),
}
_NAME = re.compile(r"名\s*称[:：]\s*(\S[^\n]*?)(?=\s+名\s*称|\s{2,}|\n|$)")
_TAX_ID = re.compile(r"(?:纳税人识别号|税号)[:：]\s*([0-9A-Z]{15,20})(?![0-9A-Z])")


def read_text(text: str, source: Source, page: int) -> list[Read]:
    """What a page's text says."""
    said = text.replace("\r\n", "\n").replace("\r", "\n")
    return [Read(of, value, source, page, certainty) for of, value, certainty in _found(said) if value]


def _found(text: str) -> Iterator[tuple[ReadField, str, Certainty]]:
    yield from _labelled_or_bare(text, ReadField.NUMBER, _NUMBER, _BARE_NUMBER, str)
    for each in _CODE.finditer(text):
        yield ReadField.CODE, each[1], Certainty.LABELLED
    yield from _labelled_or_bare(text, ReadField.ISSUE_DATE, _DATE, _BARE_DATE, day)
    for each in _TOTAL.finditer(text):
        yield ReadField.AMOUNT, money(each[1]), Certainty.LABELLED
    for each in _NET_AND_TAX.finditer(text):
        yield ReadField.AMOUNT_WITHOUT_TAX, money(each[1]), Certainty.LABELLED
        yield ReadField.TAX, money(each[2]), Certainty.LABELLED
    yield from _parties(text)


def _labelled_or_bare(
    text: str, of: ReadField, labelled: re.Pattern[str], bare: re.Pattern[str], read: object
) -> Iterator[tuple[ReadField, str, Certainty]]:
    """What stands behind its label; where no label has a value, what has its form."""
    assert callable(read), "a reader of a value"
    if found := [each[1] for each in labelled.finditer(text)]:
        yield from ((of, read(each), Certainty.LABELLED) for each in dict.fromkeys(found))
        return
    yield from ((of, read(each), Certainty.LIKELY) for each in dict.fromkeys(bare.findall(text)))


def _parties(text: str) -> Iterator[tuple[ReadField, str, Certainty]]:
    """Buyer and seller by their own labels, or else by order: on the form the buyer stands first."""
    for of, pattern in (*_PARTY.items(), *_PARTY_TAX_ID.items()):
        for each in pattern.finditer(text):
            yield of, name(each[1]), Certainty.LABELLED
    if not any(pattern.search(text) for pattern in _PARTY.values()):
        yield from _in_order(_NAME.findall(text), (ReadField.BUYER_NAME, ReadField.SELLER_NAME))
    if not any(pattern.search(text) for pattern in _PARTY_TAX_ID.values()):
        yield from _in_order(_TAX_ID.findall(text), (ReadField.BUYER_TAX_ID, ReadField.SELLER_TAX_ID))


def _in_order(found: list[str], of: tuple[ReadField, ReadField]) -> Iterator[tuple[ReadField, str, Certainty]]:
    # One alone could be either's: a buyer who is a person has no tax number.
    if len(found) == len(of):
        for each, value in zip(of, found, strict=True):
            yield each, name(value), Certainty.LIKELY
