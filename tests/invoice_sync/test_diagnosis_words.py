"""Every cause has all its words, in both languages, and none of them is left with a place to fill in."""

import re

import pytest

from services.invoice_sync.domain.diagnosis import diagnose
from services.invoice_sync.domain.diagnosis.rules import RULES
from services.invoice_sync.domain.diagnosis.words import REFUND_UNDER_WAY, REFUNDED, WORDS, filled
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.test_diagnosis import CASES

FAMILIES = {"A": 5, "B": 4, "C": 7, "D": 7, "E": 5, "F": 2, "G": 2}
TAXONOMY = [f"{letter}{no}" for letter, count in FAMILIES.items() for no in range(1, count + 1)] + [
    "IN_SYSTEM",
    "NOT_DUE",
]
CALL = re.compile(r"((GET|POST|PUT) /v1/\S+|bihuan why \S+ --json)")
# The rest is ours alone, or the customer's.
CONCERNS_THE_AUTHORITY = {"A4", "B1", "B3", "B4", "C1", "C3", "C4", "C5", "C6", "C7"}
CONCERNS_THE_AUTHORITY |= {"D2", "D3", "D4", "D5", "E3", "E4", "E5", "F2"}


def test_the_words_the_rules_and_the_taxonomy_have_the_same_causes():
    assert set(WORDS) == set(TAXONOMY)
    assert {cause for cause, _ in RULES} | {"NOT_DUE"} == set(TAXONOMY)
    assert {cause for cause, _ in CASES} == set(TAXONOMY)


@pytest.mark.parametrize("automatic", [True, False])
@pytest.mark.parametrize("cause", TAXONOMY)
def test_every_cause_has_its_words_in_both_languages(cause, automatic):
    words = filled(cause, {}, automatic=automatic)

    for text in (words.title, words.remedy, words.customer_en, words.what_would_change):
        assert text.replace("–", "").isascii(), text
        assert len(text) > 5
    for text in (words.title_zh, words.remedy_zh, words.customer, words.what_would_change_zh):
        assert text
        assert not text.isascii(), text
    assert words.owner in ("OPERATOR", "FINANCE", "CUSTOMER")
    assert CALL.fullmatch(words.call)
    if automatic:
        assert bool(words.authority) == (cause in CONCERNS_THE_AUTHORITY)


@pytest.mark.parametrize("words", [REFUNDED, REFUND_UNDER_WAY])
def test_what_is_said_of_money_that_goes_back_is_said_in_both_languages(words):
    said = filled("NOT_DUE", {}, automatic=True, words=words)

    for text in (said.title, said.remedy, said.customer_en, said.what_would_change):
        assert text.isascii(), text
    for text in (said.title_zh, said.remedy_zh, said.customer, said.what_would_change_zh):
        assert not text.isascii(), text
    assert said.call == ""


def test_where_waiting_is_over_the_authority_is_told_what_was_kept_from_it_before():
    for cause in ("B2", "D1"):
        assert not filled(cause, {}, automatic=True).authority
        assert filled(cause, {}, automatic=False).authority


def test_no_sentence_is_left_with_a_place_to_fill_in():
    for cause, known in CASES:
        words = diagnose(known, TIMERS).words
        told = [words.title, words.title_zh, words.remedy, words.remedy_zh, words.call, words.customer, words.authority]
        assert not [text for text in told if "{" in text], cause


def test_what_fills_a_place_is_never_taken_for_a_place_itself():
    words = filled("E5", {"reference": "{invoice_id}"}, automatic=False)

    assert words.title.count("{invoice_id}") == 1
