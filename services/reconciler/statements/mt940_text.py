"""What :86: tells of an entry: free text, or the ?-structure of German and Polish banks. It never sees an amount."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_CODE = re.compile(r"\s*[0-9]{3}(?P<separator>[^0-9A-Za-z\s])(?=[0-9]{2})")
_KEYWORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|BREF|RREF|PURP|IBAN|BIC)\+")
_REMITTANCE = (*(f"2{digit}" for digit in range(10)), *(f"6{digit}" for digit in range(10)))


class EntryText(NamedTuple):
    """Each part is "" where the text has none."""

    remittance: str
    end_to_end: str
    name: str
    account: str


def read_text(lines: Sequence[tuple[str, bool]]) -> EntryText:
    """From the lines of :86:, each with whether the line before was broken in the middle."""
    joined = "".join(text for text, _ in lines)
    structured = _CODE.match(joined)
    if structured is None:
        free = "".join(text if broken or not at else f" {text}" for at, (text, broken) in enumerate(lines))
        return EntryText(" ".join(free.split()), "", "", "")
    return _structured(joined[structured.end() :], structured["separator"])


def _structured(text: str, separator: str) -> EntryText:
    fields: dict[str, str] = {}
    for part in re.split(rf"{re.escape(separator)}(?=[0-9]{{2}})", text):
        fields[part[:2]] = fields.get(part[:2], "") + part[2:]
    purpose = "".join(fields.get(number, "") for number in _REMITTANCE).strip()
    keywords = _keywords(purpose)
    return EntryText(
        remittance=keywords.get("SVWZ", purpose),
        end_to_end="" if keywords.get("EREF", "") == "NOTPROVIDED" else keywords.get("EREF", ""),
        name=f"{fields.get('32', '')}{fields.get('33', '')}".strip(),
        account=(fields.get("38") or fields.get("31", "")).strip(),
    )


def _keywords(purpose: str) -> dict[str, str]:
    """The SEPA parts (EREF+…, SVWZ+…) of a purpose; none if it is not written so."""
    parts = _KEYWORD.split(purpose)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
