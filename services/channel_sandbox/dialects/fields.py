"""Reads fields out of a parsed body, or says which one is not fit. Shared by the channels; it knows none."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

AMOUNT_MINOR_MAX = 10**12
_YUAN = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?")


class BadFieldError(Exception):
    """A field is missing or not fit; `field` names it and `rule` says what it must be."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}")
        self.field = field
        self.rule = rule


def read_object(body: bytes | str, field: str = "body") -> Mapping[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadFieldError(field, "must be a JSON object")
    return value


def text(given: Mapping[str, Any], field: str, most: int, *, form: str = "", needed: bool = True) -> str:
    """Printable text of at most `most` characters, of a regular expression's form; "" when it may be missing and is."""
    value = given.get(field)
    if value is None or value == "":
        if needed:
            raise BadFieldError(field, "is missing")
        return ""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise BadFieldError(field, f"must be printable text of at most {most} characters")
    if form and not re.fullmatch(form, value):
        raise BadFieldError(field, f"must have the form {form}")
    return value


def minor(given: Mapping[str, Any], field: str, name: str = "") -> int:
    """A whole number of minor units above 0; `name` is how the field is called where it is nested."""
    value = given.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= AMOUNT_MINOR_MAX:
        raise BadFieldError(name or field, f"must be a whole number of minor units from 1 to {AMOUNT_MINOR_MAX}")
    return value


def yuan(given: Mapping[str, Any], field: str) -> int:
    """Yuan such as 8 or 88.88, as text or as a JSON number; returned in fen. Above 0."""
    value = given.get(field)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    found = _YUAN.fullmatch(str(value)) if is_number or isinstance(value, str) else None
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if not 0 < amount <= AMOUNT_MINOR_MAX:
        raise BadFieldError(field, "must be yuan above 0 with at most two decimals")
    return amount


def url(given: Mapping[str, Any], field: str, *, needed: bool = False) -> str:
    """An http or https address, or "" when it may be missing and is."""
    value = text(given, field, 256, needed=needed)
    try:
        parts = urlsplit(value)
        is_fit = not value or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        is_fit = False
    if not is_fit:
        raise BadFieldError(field, "must be an http or https address")
    return value


def instant(given: Mapping[str, Any], field: str) -> datetime | None:
    """An RFC 3339 instant with its zone, or None when it is missing."""
    value = given.get(field)
    if value is None or value == "":
        return None
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not 1970 < read.year < 9000:
        raise BadFieldError(field, "must be an instant with its zone such as 2026-03-01T08:00:00+08:00")
    return read.astimezone(UTC)


def to_yuan(amount_minor: int) -> str:
    """Fen as yuan with two decimals."""
    sign, amount = "-" if amount_minor < 0 else "", abs(amount_minor)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def to_json(value: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
