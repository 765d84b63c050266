"""One attempt alone points to a cause, by which the log is searched."""

import pytest

from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.diagnosis.attempt_cause import points_to
from services.invoice_sync.domain.diagnosis.words import WORDS
from tests.invoice_sync.builders import NOON
from tests.invoice_sync.diagnosis_facts import an_attempt, asked, sent


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        ("", sent(Outcome.ACCEPTED)),
        ("", sent(Outcome.DUPLICATE)),
        ("A4", sent(Outcome.THROTTLED)),
        ("B1", sent(Outcome.NOT_RECEIVED)),
        ("B2", sent(None)),
        ("B3", sent(Outcome.UNKNOWN, code_detail="PARTIAL_BATCH")),
        ("B4", sent(Outcome.NOT_RECEIVED, code_detail="SESSION_EXPIRED")),
        ("C1", sent(Outcome.REJECTED_SYNTAX, authority_code="E4000")),
        ("C2", sent(Outcome.REJECTED_BUSINESS, authority_code="E4301")),
        ("C3", sent(Outcome.AUTH, authority_code="E9301")),
        ("C4", sent(Outcome.REJECTED, authority_code="E9400")),
        ("C5", sent(Outcome.AUTHORITY_FAULT)),
        ("D4", sent(Outcome.REJECTED_BUSINESS, authority_code="E9402")),
        ("F1", sent(Outcome.REJECTED_BUSINESS, authority_code="E4007")),
        ("F2", sent(Outcome.REJECTED_BUSINESS, authority_code="E4009")),
        ("", asked(Outcome.OK)),
        ("D1", asked(Outcome.NOT_FOUND)),
        ("D6", asked(Outcome.VOIDED)),
        ("E2", asked(Outcome.UNKNOWN, authority_code="E4044")),
        ("E3", asked(Outcome.THROTTLED)),
        ("E3", asked(None)),
        ("D3", (Operation.QUERY_ELSEWHERE, Outcome.OK, {})),
        ("", (Operation.QUERY_ELSEWHERE, Outcome.NOT_FOUND, {})),
        ("C7", (Operation.SEAL, Outcome.SEAL_FAILED, {})),
    ],
)
def test_an_attempt_alone_points_to_a_cause(cause, step):
    assert points_to(an_attempt(1, NOON, *step)) == cause


def test_whatever_an_attempt_shows_is_a_cause_that_has_words():
    for operation in Operation:
        for outcome in [None, *Outcome]:
            assert points_to(an_attempt(1, NOON, operation, outcome, {})) in {"", *WORDS}
