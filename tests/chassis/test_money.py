"""chassis.money: exact, or a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import InexactAmount, MixedCurrencies, Money, UnknownCurrency


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [("12.30", "CNY", 1230), ("-0.01", "CNY", -1), ("500", "JPY", 500), ("1.250", "KWD", 1250)],
)
def test_a_decimal_becomes_the_minor_units_of_its_currency(text: str, code: str, minor: int):
    assert Money.from_major(text, code) == Money(code, minor)


@pytest.mark.parametrize(
    "text", ["", " 1", "1,000.00", "1e3", "NaN", "Infinity", "1.", ".5", "0x10", "\uff11\uff12", "1.005"]
)
def test_what_is_no_exact_amount_is_refused(text: str):
    with pytest.raises(InexactAmount):
        Money.from_major(text, "CNY")


@pytest.mark.parametrize("code", ["", "CNX", "cny", "RMB", "XAU", "XXX"])
def test_a_currency_that_does_not_exist_or_has_no_minor_unit_is_refused(code: str):
    with pytest.raises(UnknownCurrency):
        Money(code, 1)


def test_two_currencies_never_add_up():
    with pytest.raises(MixedCurrencies):
        Money("CNY", 1) + Money("JPY", 1)


@given(st.integers(-(2**62), 2**62), st.sampled_from(["CNY", "JPY", "KWD", "USD"]))
def test_an_amount_survives_being_written_and_read(minor: int, code: str):
    amount = Money(code, minor)

    text = str(amount).split(" ")[0]

    assert len(text.lstrip("-").split(".")[0]) > 15 or Money.from_major(text, code) == amount


def test_an_amount_beyond_64_bits_is_refused():
    with pytest.raises(InexactAmount):
        Money("CNY", 2**63)
