"""Each cause from its facts, and no other; every cause has its words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.invoice_sync.domain.absence import Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis import Action, Confidence, Facts, diagnose
from services.invoice_sync.domain.diagnosis_words import WORDS, WORDS_BY_HAND
from services.invoice_sync.domain.invoice import PERSON, new_invoice
from services.invoice_sync.domain.outbox import Due
from services.invoice_sync.domain.payment import PaymentState
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.sync_state import SyncState, Work
from tests.invoice_sync.builders import NOON, SELLER, TIMERS, TRACEPARENT, a_payment, a_profile

LONG_AGO = NOON - timedelta(days=1)


def facts(state: SyncState, *outcomes: tuple[Operation, Outcome | None], age_seconds: int = 10, **changes) -> Facts:
    """An invoice in a state, that many seconds after its last move, with the outcomes of its attempts in order."""
    payment, since = a_payment(), NOON - timedelta(seconds=age_seconds)
    made = new_invoice("inv_1", payment, SELLER, PERSON, issued_by="ON_SUCCESS", now=since, traceparent=TRACEPARENT)
    log = [
        Attempt(
            attempt_id=f"att_{no}",
            invoice_id="inv_1",
            attempt_no=no,
            operation=operation,
            start_time=since,
            end_time=None,
            request_sha256="",
            trace_id="",
            answer=TaxAnswer(outcome, "", authority_code="E1") if outcome else None,
        )
        for no, (operation, outcome) in enumerate(outcomes, start=1)
    ]
    due = Due("inv_1", Work.SUBMIT, NOON, 0, None, parked=False)
    found = Facts(payment, LONG_AGO, a_profile(), replace(made, sync_state=state), due, log, (), NOON)
    return replace(found, **changes)


def asked(outcome: Outcome) -> tuple[Operation, Outcome]:
    return Operation.QUERY_BY_KEY, outcome


def sent(outcome: Outcome | None) -> tuple[Operation, Outcome | None]:
    return Operation.SUBMIT, outcome


def a_round(canary: Canary = Canary.SEEN) -> Round:
    return Round("rnd_1", NOON, canary)


CASES = [
    ("A3", facts(SyncState.READY)),
    ("A3", facts(SyncState.READY, age_seconds=301)),
    ("A4", facts(SyncState.RETRY_WAIT, sent(Outcome.THROTTLED))),
    ("B1", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED))),
    ("B2", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN))),
    ("B2", facts(SyncState.UNKNOWN, sent(None))),
    ("B2", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN), asked(Outcome.NOT_FOUND), rounds=[a_round()])),
    ("B2", facts(SyncState.SENDING, sent(None))),
    ("B2", facts(SyncState.READY, sent(Outcome.UNKNOWN), asked(Outcome.NOT_FOUND))),
    ("C2", facts(SyncState.REJECTED, sent(Outcome.REJECTED))),
    ("C6", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_YET), age_seconds=301)),
    ("D1", facts(SyncState.ACKED, sent(Outcome.ACCEPTED))),
    ("D1", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_YET))),
    ("D1", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND), age_seconds=599)),
    ("D2", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND), rounds=[a_round()])),
    ("D2", facts(SyncState.MISSING, sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND), rounds=[a_round()])),
    ("D2", facts(SyncState.READY, sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND))),
    ("D4", facts(SyncState.MISMATCH, sent(Outcome.MISMATCH))),
    ("E3", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.UNKNOWN))),
    ("E3", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN), asked(Outcome.THROTTLED))),
    ("IN_SYSTEM", facts(SyncState.BOOKED, sent(Outcome.ACCEPTED), asked(Outcome.OK))),
    ("NOT_DUE", facts(SyncState.READY, invoice=None, payment=a_payment(state=PaymentState.PROCESSING))),
    ("NOT_DUE", facts(SyncState.READY, invoice=None, profile=a_profile(IssuePolicy.ON_RECONCILIATION))),
    ("A1", facts(SyncState.READY, invoice=None, profile=None)),
    ("A1", facts(SyncState.READY, invoice=None, profile=a_profile(IssuePolicy.ON_REQUEST))),
    ("A1", facts(SyncState.READY, invoice=None)),
]


@pytest.mark.parametrize(("cause", "known"), CASES)
def test_the_facts_show_one_cause(cause, known):
    verdict = diagnose(known, TIMERS)

    times = [row.occur_time for row in verdict.evidence]
    assert verdict.cause == cause
    assert times
    assert times == sorted(times)
    assert all(row.fact and row.fact_zh and row.row_id for row in verdict.evidence)


def test_every_state_has_a_verdict_with_any_last_outcome():
    for state in SyncState:
        for operation in Operation:
            for outcome in [None, *Outcome]:
                assert diagnose(facts(state, (operation, outcome)), TIMERS).cause in WORDS
        assert diagnose(facts(state, due=None), TIMERS).cause in WORDS


def test_being_booked_is_proved_by_the_questions_and_not_by_the_submit():
    verdict = diagnose(facts(SyncState.BOOKED, sent(Outcome.ACCEPTED), asked(Outcome.OK)), TIMERS)

    assert [row.row_id for row in verdict.evidence if row.source == "attempt"] == ["att_2"]
    assert verdict.confidence is Confidence.PROVED


def test_a_lost_answer_is_told_of_an_invoice_that_is_booked():
    lost = [sent(outcome) for outcome in (Outcome.ACCEPTED, None, *[Outcome.UNKNOWN] * 5)]

    verdict = diagnose(facts(SyncState.BOOKED, *lost, asked(Outcome.OK)), TIMERS)

    told = sorted(row.row_id for row in verdict.evidence if row.source == "attempt")
    assert told == ["att_3", "att_4", "att_5", "att_6", "att_7", "att_8"]


def test_one_round_makes_an_absence_likely_and_two_with_a_canary_prove_it():
    known = facts(SyncState.MISSING, sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND))

    one = diagnose(replace(known, rounds=[a_round()]), TIMERS)
    two = diagnose(replace(known, rounds=[a_round(), a_round()]), TIMERS)
    without = diagnose(replace(known, rounds=[a_round(Canary.NONE_BOOKED)] * 3), TIMERS)

    assert [each.confidence for each in (one, two, without)] == [
        Confidence.LIKELY,
        Confidence.PROVED,
        Confidence.LIKELY,
    ]


def test_what_waits_too_long_calls_for_a_person():
    fresh, late = diagnose(facts(SyncState.READY), TIMERS), diagnose(facts(SyncState.READY, age_seconds=301), TIMERS)

    assert (fresh.automatic, late.automatic) == (True, False)


DAYS = 86_401
PARKED = Due("inv_1", Work.SUBMIT, NOON, 3, None, parked=True)
E3 = (sent(Outcome.ACCEPTED), asked(Outcome.UNKNOWN))
LOST = (sent(Outcome.UNKNOWN), asked(Outcome.NOT_FOUND))
YES = (sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND))


@pytest.mark.parametrize(
    ("cause", "action", "known"),
    [
        ("E3", Action.WAIT, facts(SyncState.ACKED, *E3, age_seconds=299)),
        ("E3", Action.CHECK_OPERATION, facts(SyncState.ACKED, *E3, age_seconds=301)),
        ("E3", Action.ESCALATE, facts(SyncState.ACKED, *E3, age_seconds=DAYS)),
        ("B2", Action.WAIT, facts(SyncState.UNKNOWN, *LOST, age_seconds=299)),
        ("B2", Action.CHECK_OPERATION, facts(SyncState.UNKNOWN, *LOST, age_seconds=301)),
        ("B2", Action.ESCALATE, facts(SyncState.UNKNOWN, *LOST, age_seconds=DAYS)),
        ("B2", Action.CHECK_OPERATION, facts(SyncState.SENDING, sent(None), age_seconds=301)),
        ("B2", Action.ESCALATE, facts(SyncState.READY, *LOST, due=PARKED)),
        ("D2", Action.ESCALATE, facts(SyncState.READY, *YES, due=PARKED)),
        ("D2", Action.ESCALATE, facts(SyncState.MISSING, *YES, rounds=[a_round()], age_seconds=DAYS)),
        ("D1", Action.WAIT, facts(SyncState.ACKED, *YES, age_seconds=DAYS - 100)),
        ("D1", Action.ESCALATE, facts(SyncState.ACKED, *YES, age_seconds=DAYS)),
    ],
)
def test_no_wait_is_automatic_for_ever(cause, action, known):
    verdict = diagnose(known, TIMERS)

    assert (verdict.cause, verdict.action, verdict.automatic) == (cause, action, action is Action.WAIT)
    assert ("by hand" in verdict.words.remedy) == verdict.automatic


def test_a_query_service_that_just_answered_is_not_one_that_is_out_for_long():
    known = facts(SyncState.ACKED, *YES, asked(Outcome.UNKNOWN), age_seconds=3_600)
    first, answered, failed = known.attempts
    answered, failed = replace(answered, start_time=NOON - timedelta(seconds=30)), replace(failed, start_time=NOON)

    assert diagnose(replace(known, attempts=[first, answered, failed]), TIMERS).automatic


def test_what_was_just_sent_again_on_request_has_its_time_whatever_its_age():
    known = facts(SyncState.ACKED, sent(Outcome.ACCEPTED), age_seconds=DAYS)
    fresh = replace(known.attempts[0], start_time=NOON)

    assert diagnose(replace(known, attempts=[fresh]), TIMERS).automatic


def test_every_cause_has_its_words_in_both_languages():
    for cause, words in [*WORDS.items(), *WORDS_BY_HAND.items()]:
        for text in (words.title, words.remedy, words.what_would_change):
            assert text.isascii(), (cause, text)
        for text in (words.title_zh, words.remedy_zh, words.customer):
            assert text, cause
            assert not text.isascii(), (cause, text)
