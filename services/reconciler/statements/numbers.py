"""Numbers as a layout writes them, exactly. What is not written in the layout's own form is refused, not repaired."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache

from services.reconciler.statements.profile_table import Dialect

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])  # sums that would lose a digit raise instead


@dataclass(frozen=True, slots=True)
class NumberForm:
    """A plain decimal number of at most 15 + 10 ASCII digits, with the signs that the dialect allows."""

    pattern: re.Pattern[str]
    decimal: str
    dropped: re.Pattern[str] | None  # group signs and currency signs

    def read(self, text: str) -> Decimal | None:
        """The number, or None if the text is none of this form."""
        if not self.pattern.fullmatch(text):
            return None
        plain = self.dropped.sub("", text) if self.dropped else text
        return Decimal(plain if self.decimal == "." else plain.replace(self.decimal, "."))


@cache
def number_form(dialect: Dialect) -> NumberForm:
    """The form of numbers under a dialect."""
    sign = "[-+]?" if dialect.plus else "-?"
    currency = "".join(f"(?:{'|'.join(map(re.escape, dialect.currency_signs))})?" for _ in dialect.currency_signs[:1])
    group = re.escape(dialect.group)
    whole = f"(?:[0-9]{{1,15}}|[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,4}})" if group else "[0-9]{1,15}"
    dropped = [re.escape(sign) for sign in (*dialect.currency_signs, dialect.group) if sign]
    return NumberForm(
        re.compile(f"{sign}{currency}{whole}(?:{re.escape(dialect.decimal)}[0-9]{{1,10}})?"),
        dialect.decimal,
        re.compile("|".join(dropped)) if dropped else None,
    )


def minor_units(number: Decimal, exponent: int) -> int | None:
    """Whole minor units, or None if the number has more decimals than the currency, or does not fit in 64 bits."""
    minor = number.scaleb(exponent)
    if minor != minor.to_integral_value() or abs(minor) >= 2**63:
        return None
    return int(minor)


def whole_minor_units(number: Decimal) -> int | None:
    """A number that is written in minor units, or None for one with a decimal point: nobody knows what that means."""
    return None if number.as_tuple().exponent else minor_units(number, 0)
