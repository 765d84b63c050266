"""Which references a mistyped one may have meant, for a lookup by exact match. It looks nothing up itself."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

VARIANTS_MAX = 600
REFERENCE_LENGTH_MAX = 64
_DIGITS = "0123456789"
_HEX_DIGITS = f"{_DIGITS}abcdef"
# The hex digits of an id of ours; how many there are tells which slips it can have been.
_ID_LENGTH = 32
# Letters that are read or typed for a digit, as they come from paper, from a picture or over the telephone.
_LETTER_TO_DIGIT = str.maketrans({"O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "i": "1", "L": "1"})
_MORE_LETTERS = str.maketrans({"S": "5", "s": "5", "B": "8", "Z": "2", "z": "2", "G": "6", "g": "9", "q": "9"})
# Our ids are hex digits: none of these letters is one, so each stands for the digit that it looks like.
_HEX_SIGNS = str.maketrans({"o": "0", "i": "1", "l": "1", "s": "5", "z": "2", "g": "9", "q": "9"})
_OUR_ID = re.compile(r"(inv|pay)[_\-]?([0-9a-z]+)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{20}")
_NEARLY = (19, 21)
_SEPARATORS = re.compile(r"[\s\-_.,/·:]+")


def variants(reference: str) -> list[str]:
    """What it may have meant, the likeliest first, without itself; at most 600, each once.

    First what was only written differently (width, spaces, case of an id, letters for digits), then one slip: two
    neighbours swapped, a sign too many, one digit wrong, one missing.
    """
    if not 0 < len(reference) <= REFERENCE_LENGTH_MAX:
        return []
    spellings = list(_spellings(reference))
    found = dict.fromkeys([*spellings, *_slips(_base(spellings))])
    found.pop(reference, None)
    return list(islice(found, VARIANTS_MAX))


def best(reference: str, found: Collection[str]) -> str | None:
    """The one that was meant, of those that exist; None when there is none, or when it could be several.

    What differs only in writing goes before what differs by a slip.
    """
    order = near(reference, found)
    written = set(_spellings(reference))
    only_written = [each for each in order if each in written]
    for meant in (only_written, order):
        if len(meant) == 1:
            return meant[0]
        if meant:
            return None
    return None


def near(reference: str, found: Collection[str]) -> list[str]:
    """All that may have been meant, of those that exist, the likeliest first."""
    return [each for each in variants(reference) if each in found]


def number_in(reference: str) -> str:
    """The 20-digit number that it is, however it was written; empty when it is none."""
    found = [each for each in _spellings(reference[:REFERENCE_LENGTH_MAX]) if _NUMBER.fullmatch(each)]
    return found[0] if found else ""


def looks_like_a_number(reference: str) -> bool:
    """Whether it is all digits, about as many as an invoice number has."""
    joined = next(iter(reversed(list(_spellings(reference[:REFERENCE_LENGTH_MAX])))))
    return joined.isdigit() and len(joined) in _NEARLY


def _spellings(reference: str) -> Iterator[str]:
    """The same reference as it may be written, the likeliest last."""
    plain = unicodedata.normalize("NFKC", reference).strip()
    yield plain
    if named := _OUR_ID.fullmatch(_SEPARATORS.sub("_", plain)):
        prefix, rest = named[1].lower(), named[2]
        yield f"{prefix}_{rest.lower().translate(_HEX_SIGNS)}"
        return
    joined = _SEPARATORS.sub("", plain)
    yield joined
    if _mostly_digits(joined):
        yield joined.translate(_LETTER_TO_DIGIT)
        yield joined.translate(_LETTER_TO_DIGIT | _MORE_LETTERS)


def _mostly_digits(text: str) -> bool:
    digits = sum(each in _DIGITS for each in text)
    return 2 * digits > len(text)


def _base(spellings: Sequence[str]) -> str:
    """What slips are looked for in: an id or a number as we write it, and else what was typed."""
    last = spellings[-1]
    return last if last.isdigit() or _OUR_ID.fullmatch(last) else spellings[0]


def _slips(text: str) -> Iterator[str]:
    """One slip of the hand away; a digit is only taken for another digit."""
    if named := _OUR_ID.fullmatch(text):
        yield from (text[: named.start(2)] + rest for rest in _slips_of_an_id(named[2]))
        return
    yield from _swapped(text)
    yield from _too_many(text)
    yield from _wrong(text, _DIGITS)
    yield from _missing(text, _DIGITS)


def _slips_of_an_id(rest: str) -> Iterator[str]:
    """Those that its length leaves, so that each of them has room; of another length it is only one sign too long."""
    if len(rest) == _ID_LENGTH:
        yield from _swapped(rest)
        yield from _wrong(rest, _HEX_DIGITS)
    elif len(rest) == _ID_LENGTH - 1:
        yield from _missing(rest, _HEX_DIGITS)
    else:
        yield from _too_many(rest)


def _swapped(text: str) -> Iterator[str]:
    for at in range(len(text) - 1):
        if text[at] != text[at + 1]:
            yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _too_many(text: str) -> Iterator[str]:
    return (text[:at] + text[at + 1 :] for at in range(len(text)))


def _wrong(text: str, digits: str) -> Iterator[str]:
    for at, sign in enumerate(text):
        if sign in digits:
            yield from (text[:at] + digit + text[at + 1 :] for digit in digits if digit != sign)


def _missing(text: str, digits: str) -> Iterator[str]:
    for at in range(len(text) + 1):
        yield from (text[:at] + digit + text[at:] for digit in digits)
