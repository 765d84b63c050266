"""What an invoice document must be to be taken, and why it is not. It stores and answers nothing."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

SCHEMAS = (1, 2)
AMOUNT_MINOR_MAX = 10**15
_TEXT_MAX = 100
_ORDER_NO_MAX = 64
# 15, 17, 18 or 20 characters are in use for taxpayer numbers (GB 32100 is the one of 18); checksums are not judged.
_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]{20}")
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Kind(StrEnum):
    """An invoice, or the red letter that takes (a part of) one back."""

    BLUE = "BLUE"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class TaxDocument:
    """What the authority needs to know of a document that it can take; the bytes themselves are kept beside it.

    `number` is empty unless the seller chose it from a range of its own. `red_of` and `red_form_id` are of a red
    letter, whose `amount_minor` is below zero.
    """

    seller_tax_id: str
    order_no: str
    amount_minor: int
    issue_date: date
    buyer_tax_id: str = ""
    kind: Kind = Kind.BLUE
    number: str = ""
    red_of: str = ""
    red_form_id: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not taken: a code of the protocol, a sentence, and the field's path when it is one field."""

    code: str
    message: str
    field: str = ""


def sha256_of(body: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(body).hexdigest()


def read_document(body: bytes) -> TaxDocument | Refusal:  # noqa: PLR0911  a table of cases
    """Judge the bytes of a document; the first thing that is wrong is told."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal("E4000", "the body is not JSON in UTF-8")
    if not isinstance(read, dict):
        return Refusal("E4000", "the body is not a JSON object")
    if read.get("schema") not in SCHEMAS or isinstance(read["schema"], bool):
        return Refusal("E4001", f"this schema is not known; {SCHEMAS[0]} and {SCHEMAS[-1]} are", "schema")
    for path, rule in _RULES:
        if refusal := _judge(read, path, rule):
            return refusal
    kind = Kind.BLUE
    if read["schema"] > 1:
        kind = read.get("kind", Kind.BLUE)
        if refusal := _judge_schema_2(read, kind):
            return refusal
    if refusal := _judge(read, "amount_minor", _red_amount if kind == Kind.RED else _amount):
        return refusal
    return _taken(read, Kind(kind))


def _judge_schema_2(read: dict[str, Any], kind: object) -> Refusal | None:
    if kind not in list(Kind):
        return Refusal("E4005", "kind must be BLUE or RED", "kind")
    if "number" in read and (refusal := _judge(read, "number", _number)):
        return refusal
    for path, rule in _RED_RULES:
        if kind == Kind.RED and (refusal := _judge(read, path, rule)):
            return refusal
        if kind == Kind.BLUE and path in read:
            return Refusal("E4005", f"{path} is of a red letter", path)
    return None


def _taken(read: dict[str, Any], kind: Kind) -> TaxDocument:
    # What schema 2 brought means nothing in a document of schema 1, whatever stands there.
    added = read if read["schema"] > 1 else {}
    return TaxDocument(
        seller_tax_id=read["seller"]["tax_id"],
        buyer_tax_id=read["buyer"]["tax_id"],
        order_no=read["order_no"],
        amount_minor=read["amount_minor"],
        issue_date=date.fromisoformat(read["issue_date"]),
        kind=kind,
        number=added.get("number", ""),
        red_of=added.get("red_of", ""),
        red_form_id=added.get("red_form_id", ""),
    )


def with_altered_amount(body: bytes) -> bytes:
    """The same document with one minor unit more: what an authority's own mistake looks like."""
    read = json.loads(body)
    read["amount_minor"] += 1
    return json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def amount_minor_of(body: bytes) -> int:
    """The amount of a document that was taken."""
    return int(json.loads(body)["amount_minor"])


def _judge(read: dict[str, Any], path: str, rule: "Callable[[Any], tuple[str, str] | None]") -> Refusal | None:
    value: Any = read
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return Refusal("E4002", f"{path} is missing", path)
        value = value[name]
    fault = rule(value)
    return Refusal(fault[0], f"{path} {fault[1]}", path) if fault else None


def _text(length_max: int) -> Callable[[Any], tuple[str, str] | None]:
    def rule(value: Any) -> tuple[str, str] | None:
        fine = isinstance(value, str) and 0 < len(value) <= length_max and value.isprintable()
        return None if fine else ("E4005", f"must be text of 1 to {length_max} printable characters")

    return rule


def _amount(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= AMOUNT_MINOR_MAX
    return None if fine else ("E4003", f"must be a whole number of minor units, from 1 to {AMOUNT_MINOR_MAX}")


def _red_amount(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and -AMOUNT_MINOR_MAX <= value < 0
    return None if fine else ("E4003", f"of a red letter must be from -{AMOUNT_MINOR_MAX} to -1")


def _number(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, str) and _NUMBER.fullmatch(value)
    return None if fine else ("E4005", "must be an invoice number of 20 digits")


def _form_id(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, str) and _FORM_ID.fullmatch(value)
    return None if fine else ("E4005", "must be the id of a red-letter form")


def _tax_id(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, str) and _TAX_ID.fullmatch(value)
    return None if fine else ("E4004", "is not a taxpayer number: 15 to 20 digits and capital letters")


def _tax_id_or_empty(value: Any) -> tuple[str, str] | None:
    return None if value == "" else _tax_id(value)


def _currency(value: Any) -> tuple[str, str] | None:
    fine = isinstance(value, str) and _CURRENCY.fullmatch(value)
    return None if fine else ("E4006", "must be three capital letters")


def _date(value: Any) -> tuple[str, str] | None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return ("E4007", "must be a date such as 2026-03-01")
    return None


_RULES: tuple[tuple[str, Callable[[Any], tuple[str, str] | None]], ...] = (
    ("seller.name", _text(_TEXT_MAX)),
    ("seller.tax_id", _tax_id),
    ("buyer.title", _text(_TEXT_MAX)),
    ("buyer.tax_id", _tax_id_or_empty),  # a person has none
    ("currency", _currency),
    ("order_no", _text(_ORDER_NO_MAX)),
    ("issue_date", _date),
)
_RED_RULES: tuple[tuple[str, Callable[[Any], tuple[str, str] | None]], ...] = (
    ("red_of", _number),
    ("red_form_id", _form_id),
)
