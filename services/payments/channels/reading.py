"""Reads what channels write: JSON objects, their fields, instants. What is not as it must be is Unreadable."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
_WORDS_MAX: Final = 200
_NUMBER_CHARS_MAX: Final = 64
# JSON can write them, and neither UTF-8 nor PostgreSQL can keep them: NUL and halves of surrogate pairs.
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AskAgain:
    """An answer that says less than the order's own standing, which a query tells; `code` is what was said."""

    code: str


class Unreadable(Exception):
    """It is not of the form that the channel's protocol gives it. The text names a field and never its value."""


def json_object(raw: bytes) -> dict[str, Any]:
    """The bytes as a JSON object. Raises Unreadable."""
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    if not isinstance(read, dict):
        raise Unreadable("no JSON object")
    return read


def table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A field that is an object. Raises Unreadable."""
    value = told.get(name)
    if not isinstance(value, dict):
        raise Unreadable(name)
    return value


def text(told: Mapping[str, Any], name: str) -> str:
    """A field that is text which can be kept, and not empty. Raises Unreadable."""
    value = told.get(name)
    if not isinstance(value, str) or not value or _NO_TEXT.search(value):
        raise Unreadable(name)
    return value


def number_of(told: Mapping[str, Any], name: str) -> str:
    """A field with the number of an order, a transaction or a refund: 1 to 64 printable signs. Raises Unreadable."""
    value = text(told, name)
    if len(value) > _NUMBER_CHARS_MAX or not value.isascii() or not value.isprintable() or " " in value:
        raise Unreadable(name)
    return value


def words(told: Mapping[str, Any], name: str) -> str:
    """A field with words for people, cut to 200 signs; empty when it is not there or no text.

    What is no sign that can be kept becomes U+FFFD, so that nothing that a channel says keeps us from following it.
    """
    value = told.get(name)
    return _NO_TEXT.sub("\ufffd", value[:_WORDS_MAX]) if isinstance(value, str) else ""


def whole(told: Mapping[str, Any], name: str) -> int:
    """A field that is a whole number above zero. Raises Unreadable."""
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise Unreadable(name)
    return value


def instant(told: Mapping[str, Any], name: str) -> datetime:
    """A field that is an RFC 3339 instant with its zone. Raises Unreadable."""
    try:
        at = datetime.fromisoformat(text(told, name))
    except ValueError:
        raise Unreadable(name) from None
    if at.tzinfo is None:
        raise Unreadable(name)
    return at


def beijing_instant(told: Mapping[str, Any], name: str) -> datetime:
    """A field that is `2026-03-01 09:30:00`, perhaps with a fraction, by the clocks of Beijing. Raises Unreadable."""
    try:
        at = datetime.fromisoformat(text(told, name))
    except ValueError:
        raise Unreadable(name) from None
    if at.tzinfo is not None:
        raise Unreadable(name)
    return at.replace(tzinfo=BEIJING)
