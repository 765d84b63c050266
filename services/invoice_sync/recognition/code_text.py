"""The text of an invoice's code: parts with commas between. It reads no picture.

As such codes are printed: 01, type, code (older invoices alone), number, amount, day as YYYYMMDD, check code, checksum.
On a fully digital invoice (a number of twenty digits) the amount is with tax, on an older one without.
"""

import re

from services.invoice_sync.domain.recognition import Certainty, Read, ReadField, Source, day, money

_PARTS_MIN = 6
_DIGITAL_LENGTH = 20
_NUMBER = re.compile(r"[0-9]{8}|[0-9]{20}")
_TYPE = re.compile(r"[0-9]{2}")


def read_code(text: str, page: int) -> list[Read]:
    """What a code says; nothing when it is no invoice's."""
    parts = [part.strip() for part in text.strip().split(",")]
    if len(parts) < _PARTS_MIN or parts[0] != "01" or not _TYPE.fullmatch(parts[1]) or not _NUMBER.fullmatch(parts[3]):
        return []
    _, _, code, number, amount, issued, *_ = parts
    amount_of = ReadField.AMOUNT if len(number) == _DIGITAL_LENGTH else ReadField.AMOUNT_WITHOUT_TAX
    said = (
        (ReadField.NUMBER, number),
        (ReadField.CODE, code if code.isdecimal() else ""),
        (amount_of, money(amount)),
        (ReadField.ISSUE_DATE, day(issued)),
    )
    return [Read(of, value, Source.QR_CODE, page, Certainty.LABELLED) for of, value in said if value]
