"""A mistyped number leads to the right one, and never to one of several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.mistyped import VARIANTS_MAX, best, variants

NUMBER = "26427000000012345678"
INVOICE_ID = "inv_0190f3a2b4c87def9012345678abcdef"


@pytest.mark.parametrize(
    "typed",
    [
        "2642700000001234567B",  # B for 8
        "2642700OOOO012345678",  # letters O for zeros
        "264270000000I2345678",  # I for 1
        "264270000000l2345678",  # a small l for 1
        "2642700000001234S678",  # S for 5
        "Z6427000000012345678",  # Z for 2
        NUMBER.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)}),  # full width
        " 2642 7000-0000 1234 5678 ",
        "26427000000012345679",  # a digit wrong
        "2642700000012345678",  # a digit missing
        "264270000000123456788",  # a digit too many
        "26427000000012345687",  # two swapped
        "O6427000000012345678",  # a letter and a wrong digit
    ],
)
def test_a_mistyped_number_leads_to_the_right_one(typed):
    assert NUMBER in variants(typed)
    assert best(typed, {NUMBER}) == NUMBER


@pytest.mark.parametrize("typed", [INVOICE_ID.upper(), INVOICE_ID.replace("0", "O"), INVOICE_ID.replace("_", "-")])
def test_an_id_of_ours_may_be_typed_in_capitals_and_with_letters_for_digits(typed):
    assert best(typed, {INVOICE_ID}) == INVOICE_ID


def test_an_order_number_keeps_its_letters():
    assert best("NO20260301-18", {"NO20260301-17"}) == "NO20260301-17"
    assert best("N020260301-17", {"NO20260301-17"}) is None  # a digit is never taken for a letter


def test_two_that_are_one_slip_away_are_no_suggestion():
    assert best("26427000000012345679", {"26427000000012345678", "26427000000012345677"}) is None


def test_what_is_only_written_differently_goes_before_what_differs_by_a_slip():
    assert best("2642700000001234567B", {NUMBER, "26427000000012345676"}) == NUMBER


def test_nothing_that_exists_is_no_suggestion():
    assert best(NUMBER, set()) is None
    assert best(NUMBER, {NUMBER}) is None
    assert variants("") == []


@given(st.text(max_size=80))
def test_variants_are_bounded_and_never_the_reference_itself(reference):
    found = variants(reference)

    assert len(found) <= VARIANTS_MAX
    assert len(set(found)) == len(found)
    assert reference not in found


@given(st.text("0123456789", min_size=20, max_size=20), st.integers(0, 19), st.sampled_from("0123456789"))
def test_every_single_wrong_digit_is_found(number, place, digit):
    typed = number[:place] + digit + number[place + 1 :]

    assert typed == number or number in variants(typed)


ID = "inv_01a2021f1b46764389fd27d56d77c64a"


@pytest.mark.parametrize("place", range(4, len(ID)))
def test_an_id_with_one_sign_missing_wrong_or_too_many_leads_to_the_right_one(place):
    other = "0" if ID[place] != "0" else "f"

    assert best(ID[:place] + ID[place + 1 :], {ID}) == ID
    assert best(ID[:place] + other + ID[place + 1 :], {ID}) == ID
    assert best(ID[:place] + other + ID[place:], {ID}) == ID
