"""Exact money: an integer of minor units and a currency. Never a float, never a bare number."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from iso4217 import Currency

_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?")
_INT64_MAX = 2**63 - 1


class MoneyError(ValueError):
    """Not an amount of money: UnknownCurrency / InexactAmount / MixedCurrencies."""


class UnknownCurrency(MoneyError):
    """ISO 4217 does not list the code, or gives it no minor unit (gold, test codes)."""


class InexactAmount(MoneyError):
    """The text is no plain decimal, or has more digits than the currency's minor unit can hold."""


class MixedCurrencies(MoneyError):
    """Two amounts of different currencies were added or compared."""


@cache
def exponent(currency_code: str) -> int:
    """The digits after the point that ISO 4217 gives the currency: 2 for CNY, 0 for JPY, 3 for KWD."""
    try:
        digits = Currency(currency_code).exponent
    except ValueError:
        raise UnknownCurrency(f"{currency_code!r} is not a currency of ISO 4217") from None
    if digits is None:
        raise UnknownCurrency(f"{currency_code!r} has no minor unit in ISO 4217")
    return digits


@dataclass(frozen=True, slots=True)
class Money:
    """`amount_minor` minor units (fen for CNY) of `currency_code`; signed, and within 64 bits."""

    currency_code: str
    amount_minor: int

    def __post_init__(self) -> None:
        exponent(self.currency_code)
        if abs(self.amount_minor) > _INT64_MAX:
            raise InexactAmount(f"{self.amount_minor} does not fit in 64 bits")

    @classmethod
    def zero(cls, currency_code: str) -> "Money":
        """No money, of a currency."""
        return cls(currency_code, 0)

    @classmethod
    def from_major(cls, text: str, currency_code: str) -> "Money":
        """Read a plain decimal in major units, such as "12.30".

        Raises InexactAmount for anything else: an exponent, a group sign, a blank, or digits
        beyond the minor unit that are not zero.
        """
        if not _DECIMAL.fullmatch(text) or not text.isascii():
            raise InexactAmount(f"{text!r} is not a plain decimal number")
        minor = Decimal(text).scaleb(exponent(currency_code))
        if minor != minor.to_integral_value():
            raise InexactAmount(f"{text!r} has more decimals than {currency_code} has")
        return cls(currency_code, int(minor))

    def __add__(self, other: "Money") -> "Money":
        return Money(self._same(other), self.amount_minor + other.amount_minor)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self._same(other), self.amount_minor - other.amount_minor)

    def __neg__(self) -> "Money":
        return Money(self.currency_code, -self.amount_minor)

    def __str__(self) -> str:
        """In major units with the code: "12.30 CNY"."""
        digits = exponent(self.currency_code)
        return f"{Decimal(self.amount_minor).scaleb(-digits):.{digits}f} {self.currency_code}"

    def _same(self, other: "Money") -> str:
        if self.currency_code != other.currency_code:
            raise MixedCurrencies(f"{self.currency_code} and {other.currency_code} do not add up")
        return self.currency_code
