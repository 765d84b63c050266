"""The scale of any currency a statement may name, also of one that ISO 4217 has withdrawn. It converts nothing."""

import re
from decimal import Decimal

from chassis.money import UnknownCurrency, exponent
from services.reconciler.statements.refusal import StatementRefused

_INT64_MAX = 2**63 - 1
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,10})?")

# ISO 4217 list three names what was withdrawn but no minor units; these are the digits of the OpenJDK
# (java.base, currency.properties: `minor0` and `minor3`, else two). An amount that does not fit is refused.
_NO_DIGITS = "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL"
_TWO_DIGITS = (
    "ANG ATS AYM AZM BGL BGN CSD CUC CYP DEM EEK FIM FRF GHC HRK IEP LTL LVL MRO MTL MZM NLG ROL RUR SDD SIT SKK "
    "SLL SRG STD TMM VEB VEF XEU ZMK ZWD ZWL"
)
_WITHDRAWN = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_TWO_DIGITS.split(), 2)


def digits_of(currency_code: str) -> int:
    """The digits after the point; raises UnknownCurrency for a code that never was a currency with minor units."""
    try:
        return exponent(currency_code)
    except UnknownCurrency:
        if currency_code not in _WITHDRAWN:
            raise
        return _WITHDRAWN[currency_code]


def read_minor(text: str, currency_code: str, *, line: int, column: str) -> int:
    """A plain decimal in major units to minor units, exactly.

    Raises StatementRefused E-CURRENCY for an unknown code, E-AMOUNT for anything but such a number that fits.
    """
    return minor_of(read_decimal(text, line=line, column=column), currency_code, line=line, column=column)


def read_decimal(text: str, *, line: int, column: str) -> Decimal:
    """A plain decimal, of any scale up to ten digits. Raises StatementRefused E-AMOUNT."""
    if not _DECIMAL.fullmatch(text):
        raise StatementRefused("E-AMOUNT", line=line, column=column, value=text)
    return Decimal(text)


def minor_of(amount: Decimal, currency_code: str, *, line: int, column: str) -> int:
    """Major to minor units, exactly; raises StatementRefused E-CURRENCY or E-AMOUNT."""
    try:
        minor = amount.scaleb(digits_of(currency_code))
    except UnknownCurrency:
        raise StatementRefused("E-CURRENCY", line=line, column=column, value=currency_code) from None
    if minor != minor.to_integral_value() or abs(minor) > _INT64_MAX:
        raise StatementRefused("E-AMOUNT", line=line, column=column, value=f"{amount:f} {currency_code}")
    return int(minor)


def major_text(amount_minor: int, currency_code: str) -> str:
    """Minor units as exact decimal text in major units; raises UnknownCurrency."""
    digits = digits_of(currency_code)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"
