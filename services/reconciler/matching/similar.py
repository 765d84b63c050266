"""How alike two names or memos are. Pure; a likeness is a reason to ask a person, and never to post.

Numbers are not compared here: one digit makes another number. rapidfuzz counts characters, not bytes, which for
Chinese is the difference between one letter and three.
"""

import re
import unicodedata

from rapidfuzz import fuzz

_TEXT_MAX = 255
# What companies end in, longest first; it tells nothing apart.
_SUFFIXES = (
    "股份有限公司", "有限责任公司", "有限公司", "分公司", "总公司", "公司", "集团", "个体工商户",
    "CO LTD", "LIMITED", "LTD", "INC", "LLC", "CORP", "GMBH",
)  # fmt: skip
_NO_WORD = re.compile(r"[^\w]+")
_WHOLE = 10_000


def normal_name(name: str) -> str:
    """One way of writing: NFKC, upper case, blanks for everything that is no letter or digit, no company suffix."""
    text = unicodedata.normalize("NFKC", name[:_TEXT_MAX]).upper()
    text = " ".join(_NO_WORD.sub(" ", text).replace("_", " ").split())
    for suffix in _SUFFIXES:
        if text.endswith(suffix):
            return text.removesuffix(suffix).rstrip() or text
    return text


def likeness(one: str, other: str) -> int:
    """From 0 to 10,000, whichever way round the words stand; to "" nothing is like."""
    names = normal_name(one), normal_name(other)
    return round(fuzz.token_sort_ratio(*names) * _WHOLE / 100) if all(names) else 0


def most_alike(name: str, others: dict[str, str], least: int, most: int = 5) -> list[tuple[str, int]]:
    """The ids of those that are like it by `least` and more, the most alike first, ties by id; at most `most`."""
    scored = ((other_id, likeness(name, text)) for other_id, text in others.items())
    return sorted((one for one in scored if one[1] >= least), key=lambda one: (-one[1], one[0]))[:most]
