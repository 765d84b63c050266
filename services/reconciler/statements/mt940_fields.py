"""The amounts of MT940 and MT942 beside the entries: balances, floor limits, totals. It reads no entry."""

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.reconciler.statements.entries import Balance, known_currency
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.scales import minor_of, read_decimal

_AMOUNT = r"(?P<amount>[0-9]{1,15}(,[0-9]{0,15})?)"
_BALANCE = re.compile(rf"(?P<mark>[CD])(?P<day>[0-9]{{6}})(?P<currency>[A-Z]{{3}}){_AMOUNT}")
_TOTAL = re.compile(rf"(?P<count>[0-9]{{1,5}})(?P<currency>[A-Z]{{3}}){_AMOUNT}")
_FLOOR = re.compile(rf"(?P<currency>[A-Z]{{3}})[CD]?{_AMOUNT}")


class Total(NamedTuple):
    """What :90C: or :90D: declares."""

    entries: int
    currency_code: str
    sum: Decimal
    line: int


def read_balance(tag: str, text: str, line: int) -> tuple[Balance, date | None]:
    """:60a: and :62a:, with its day if the calendar has it. Raises StatementRefused."""
    found = _BALANCE.fullmatch(text)
    if found is None:
        raise StatementRefused("E-AMOUNT", line=line, column=f":{tag}:", value=text)
    code = known_currency(found["currency"], line=line, column=f":{tag}:")
    minor = minor_of(comma_decimal(found["amount"], line, f":{tag}:"), code, line=line, column=f":{tag}:")
    return Balance(code, -minor if found["mark"] == "D" else minor, line), read_day(found["day"])


def read_total(tag: str, text: str, line: int) -> Total:
    """:90C: and :90D:. Raises StatementRefused."""
    found = _TOTAL.fullmatch(text)
    if found is None:
        raise StatementRefused("E-AMOUNT", line=line, column=f":{tag}:", value=text)
    code = known_currency(found["currency"], line=line, column=f":{tag}:")
    return Total(int(found["count"]), code, comma_decimal(found["amount"], line, f":{tag}:"), line)


def read_floor_currency(text: str, line: int) -> str:
    """The currency that :34F: gives to the entries of an MT942. Raises StatementRefused."""
    found = _FLOOR.fullmatch(text)
    if found is None:
        raise StatementRefused("E-AMOUNT", line=line, column=":34F:", value=text)
    return known_currency(found["currency"], line=line, column=":34F:")


def comma_decimal(text: str, line: int, column: str) -> Decimal:
    """An amount with a decimal comma, which may end it. Raises StatementRefused E-AMOUNT."""
    return read_decimal(text.replace(",", "."), line=line, column=column)


def read_day(text: str) -> date | None:
    """YYMMDD, of this century up to 79; None if no calendar has it."""
    year = int(text[:2])
    try:
        return date(year + (1900 if year > 79 else 2000), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None
