"""What every message has: days, moments, money. It decides nothing."""

from collections.abc import Mapping
from datetime import date, datetime

from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldFault
from chassis.validation import invalid


def business_date(text: str, field: str = "business_date") -> date:
    """The day that a field of a request names. Raises Fault INVALID_FIELD when the calendar has none such."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fault = FieldFault(field, "DATE", f"{text} is not in the calendar", f"{text} 不是有效日期")
        raise invalid((fault,)) from None


def optional_business_date(text: str) -> date | None:
    """The same; None for the empty text."""
    return business_date(text) if text else None


def business_date_field(field: str, text: str) -> date | None:
    """The same of a field of another name."""
    return business_date(text, field) if text else None


def sums(sums: Mapping[str, int]) -> list[money_pb2.Money]:
    """Minor units by currency as money, in order of code."""
    return [
        money_pb2.Money(currency_code=currency_code, amount_minor=amount_minor)
        for currency_code, amount_minor in sorted(sums.items())
    ]


def money(currency_code: str | None, amount_minor: int | None) -> money_pb2.Money | None:
    """An amount; None when either is."""
    if currency_code is None or amount_minor is None:
        return None
    return money_pb2.Money(currency_code=currency_code, amount_minor=amount_minor)


def line_id(statement_id: str | None, line_no: int | None) -> str:
    """The id of a line: its statement and its number there; empty for no line."""
    return "" if line_no is None else f"{statement_id}.{line_no}"


def day(day: date | None) -> str:
    """A date; empty for none."""
    return day.isoformat() if day else ""


def timestamp(moment: datetime) -> Timestamp:
    """A moment."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
