"""Each class of answer has one row that says what follows; none is forgotten, and none makes sending unsafe."""

import pytest

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.outcome_policy import CERTIFICATE_DETAIL, POLICY, Next, hold_of

# The only answers that prove that nothing was taken.
_NOT_TAKEN = {Outcome.NOT_RECEIVED, Outcome.THROTTLED, Outcome.AUTH, Outcome.QUOTA, Outcome.OUTAGE}


def test_every_outcome_has_a_row():
    assert set(POLICY) == set(Outcome), "give each Outcome its row in outcome_policy.POLICY"


def test_only_what_was_proved_not_taken_is_sent_again_without_asking():
    sent_again = {outcome for outcome, row in POLICY.items() if row.next in (Next.RETRY, Next.HOLD)}

    assert sent_again == _NOT_TAKEN


def test_what_waits_behind_a_gate_uses_up_no_try_and_everything_else_does():
    not_counted = {outcome for outcome, row in POLICY.items() if not row.counts_as_try}

    assert not_counted == {outcome for outcome, row in POLICY.items() if row.next is Next.HOLD}


def test_a_row_names_a_gate_exactly_when_it_holds():
    assert all((row.hold is not None) == (row.next is Next.HOLD) for row in POLICY.values())


def test_a_refusal_is_no_sign_that_the_authority_is_ill():
    ill = {outcome for outcome, row in POLICY.items() if row.breaker_failure}

    assert ill == {Outcome.NOT_RECEIVED, Outcome.UNKNOWN, Outcome.AUTHORITY_FAULT}


@pytest.mark.parametrize(
    ("outcome", "detail", "kind"),
    [
        (Outcome.AUTH, "", HoldKind.LOGIN),
        (Outcome.AUTH, "SESSION_EXPIRED", HoldKind.LOGIN),
        (Outcome.AUTH, CERTIFICATE_DETAIL, HoldKind.CERTIFICATE),
        (Outcome.AUTH, "CERTIFICATE_EXPIRED", HoldKind.CERTIFICATE),
        (Outcome.QUOTA, "", HoldKind.QUOTA),
        (Outcome.OUTAGE, "", HoldKind.OUTAGE),
        (Outcome.THROTTLED, "", None),
        (Outcome.REJECTED_BUSINESS, CERTIFICATE_DETAIL, None),
    ],
)
def test_an_answer_closes_the_gate_that_it_is_about(outcome, detail, kind):
    assert hold_of(TaxAnswer(outcome, "", code_detail=detail)) is kind
