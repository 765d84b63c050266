"""Each cause from its facts, and no other."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.diagnosis import Action, Confidence, diagnose
from services.invoice_sync.domain.document_rules import Broken
from services.invoice_sync.domain.gate import Shut
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.payment import PaymentState
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.standing import ParkedReason, SyncState
from tests.invoice_sync.builders import NOON, TIMERS, a_payment, a_profile
from tests.invoice_sync.diagnosis_facts import (
    NUMBER,
    OTHER_BUYER,
    OTHER_SHA256,
    a_canary,
    a_question,
    a_round,
    archive,
    asked,
    facts,
    found_elsewhere,
    handed,
    not_found_here,
    number_asked,
    sent,
    several_are_near,
    standing_of,
    the_book_complete_until,
    undelivered,
)

YES = (sent(Outcome.ACCEPTED), asked(Outcome.NOT_FOUND))
SEEN = (sent(Outcome.ACCEPTED), asked(Outcome.OK))
AGAIN = (sent(Outcome.DUPLICATE), asked(Outcome.OK))
LOST = (sent(Outcome.UNKNOWN), asked(Outcome.NOT_FOUND))
LATE, DAYS = 301, 86_401


def refused(code: str, **answer):
    return facts(SyncState.REJECTED, sent(Outcome.REJECTED_BUSINESS, authority_code=code, **answer))


def by_number_other(number: str):
    return Operation.QUERY_BY_NUMBER, Outcome.MISMATCH, {**OTHER_SHA256, "invoice_number": number}


def shut(kind: HoldKind) -> Shut:
    return Shut(kind, "hold_1", "closed for this test", "测试关闭", None)


CASES = [
    # the question
    ("E1", facts(SyncState.BOOKED, *SEEN, asked=a_question(issue_date=date(2026, 2, 1)))),
    ("E1", facts(SyncState.BOOKED, *SEEN, asked=a_question(amount_minor=12_300))),
    ("E1", facts(SyncState.CONFIRMED, *SEEN, asked=a_question(invoice_number="1" * 20))),
    ("E1", facts(SyncState.BOOKED, *SEEN, asked=a_question(meant="NO1"))),
    ("E1", several_are_near()),
    ("E1", several_are_near(foreign=number_asked(Outcome.NOT_FOUND))),
    ("E5", several_are_near(foreign=number_asked(Outcome.OK, seller="91110000000000000X"))),
    ("E5", not_found_here()),
    ("E5", not_found_here(foreign=number_asked(Outcome.OK, seller="91110000000000000X"))),
    ("E5", not_found_here(foreign=number_asked(Outcome.NOT_FOUND))),
    # not sent
    ("NOT_DUE", facts(None, payment=a_payment(state=PaymentState.PROCESSING))),
    ("NOT_DUE", facts(None, profile=a_profile(IssuePolicy.ON_RECONCILIATION))),
    ("NOT_DUE", facts(None, payment=a_payment(refunded_minor=12_345))),
    ("NOT_DUE", facts(None, profile=None, payment=a_payment(refund_reserved_minor=1))),
    ("A1", facts(None, profile=None, payment=a_payment(refunded_minor=12_344))),
    ("A1", facts(None, profile=None)),
    ("A1", facts(None, profile=a_profile(IssuePolicy.ON_REQUEST))),
    ("A1", facts(None)),
    ("A2", facts(SyncState.INVALID, broken=[Broken("BUYER_TITLE", "buyer_title", "is missing", "缺少抬头")])),
    ("A3", facts(SyncState.READY)),
    ("A3", facts(SyncState.READY, age_seconds=LATE)),
    ("A3", facts(SyncState.READY, sent(Outcome.REJECTED_BUSINESS))),
    ("A3", facts(SyncState.SENDING, sent(None), lease_until=NOON + timedelta(seconds=30))),
    ("A4", facts(SyncState.RETRY_WAIT, sent(Outcome.THROTTLED))),
    ("A4", facts(SyncState.RETRY_WAIT, sent(Outcome.OUTAGE))),
    ("A4", facts(SyncState.RETRY_WAIT, sent(Outcome.AUTH, http_status=401, authority_code="E4011"))),
    *(("A4", facts(SyncState.READY, shut=shut(kind))) for kind in HoldKind if kind is not HoldKind.QUOTA),
    ("A4", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED), shut=shut(HoldKind.MANUAL))),
    ("A5", facts(SyncState.READY, number_use=handed())),
    ("A5", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED), number_use=handed())),
    ("A5", facts(None, number_use=handed())),
    ("A3", facts(SyncState.READY, number_use=handed(handed_time=None))),
    # lost on the way
    ("B1", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED))),
    ("B1", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED), shut=shut(HoldKind.BREAKER))),
    ("B2", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN))),
    ("B2", facts(SyncState.UNKNOWN, sent(None))),
    ("B2", facts(SyncState.UNKNOWN, *LOST, rounds=[a_round()])),
    ("B2", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN), asked(Outcome.THROTTLED))),
    ("B2", facts(SyncState.SENDING, sent(None))),
    ("B2", facts(SyncState.READY, *LOST)),
    ("B2", facts(SyncState.ABSENT, *LOST)),
    ("B3", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN, code_detail="PARTIAL_BATCH"))),
    ("B3", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED, code_detail="PARTIAL_BATCH"))),
    ("B4", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN, code_detail="SESSION_NOT_CLOSED"))),
    ("B4", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED, code_detail="SESSION_EXPIRED"))),
    # the authority said no, or is stuck
    ("C1", facts(SyncState.REJECTED, sent(Outcome.REJECTED_SYNTAX, authority_code="E4000"))),
    ("C1", facts(SyncState.REJECTED, sent(Outcome.REJECTED, authority_code="E4000"))),
    ("C2", refused("E4301")),
    ("C2", facts(SyncState.REJECTED)),
    ("C2", refused("E4007")),
    ("C3", refused("E9301", http_status=403)),
    ("C3", facts(SyncState.REJECTED, sent(Outcome.REJECTED, http_status=401, authority_code="E1"))),
    ("C3", facts(SyncState.RETRY_WAIT, sent(Outcome.AUTH, authority_code="E9338"), shut=shut(HoldKind.LOGIN))),
    ("C4", facts(SyncState.RETRY_WAIT, sent(Outcome.QUOTA, authority_code="E9400"))),
    ("C4", facts(SyncState.READY, shut=shut(HoldKind.QUOTA))),
    ("C4", refused("E9400", http_status=403)),
    ("C5", facts(SyncState.UNKNOWN, sent(Outcome.AUTHORITY_FAULT, http_status=500, authority_code="E5500"))),
    ("C5", facts(SyncState.READY, sent(Outcome.AUTHORITY_FAULT), asked(Outcome.NOT_FOUND))),
    ("C6", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_YET), age_seconds=LATE)),
    ("C6", facts(SyncState.SUBMITTED, sent(Outcome.ACCEPTED), age_seconds=LATE)),
    ("C7", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.SEAL_FAILED))),
    ("C7", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), (Operation.SEAL, Outcome.SEAL_FAILED, {}))),
    # the main book
    ("D1", facts(SyncState.ACKED, sent(Outcome.ACCEPTED))),
    ("D1", facts(SyncState.UNKNOWN, sent(Outcome.ACCEPTED))),
    ("D2", facts(SyncState.UNKNOWN, *YES, rounds=[a_round()])),
    ("D1", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.NOT_YET))),
    ("D1", facts(SyncState.ACKED, *YES, age_seconds=599)),
    ("D1", facts(SyncState.MISSING, *YES, rounds=[a_round()], watermark=the_book_complete_until(-60))),
    ("D2", facts(SyncState.ACKED, *YES, rounds=[a_round()])),
    ("D2", facts(SyncState.MISSING, *YES, rounds=[a_round()])),
    ("D2", facts(SyncState.ACKED, *YES, watermark=the_book_complete_until(60))),
    ("D2", facts(SyncState.READY, *YES)),
    ("D3", facts(SyncState.MISMATCH, sent(Outcome.ACCEPTED), elsewhere=found_elsewhere())),
    ("D3", facts(SyncState.UNKNOWN, *LOST, elsewhere=found_elsewhere())),
    ("D4", facts(SyncState.MISMATCH, sent(Outcome.ACCEPTED), asked(Outcome.OK))),
    ("D4", facts(SyncState.MISMATCH, *SEEN, (Operation.QUERY_BY_NUMBER, Outcome.OK, OTHER_SHA256))),
    ("D4", refused("E9402")),
    ("D5", facts(SyncState.MISMATCH, sent(Outcome.ACCEPTED), asked(Outcome.OK, **OTHER_SHA256))),
    ("D5", facts(SyncState.MISMATCH, sent(Outcome.MISMATCH, authority_code="E4090"))),
    # Booked with other content between the two questions: by key it was ours still, by the same number it is not.
    ("D5", facts(SyncState.MISMATCH, asked(Outcome.NOT_YET, invoice_number=NUMBER), by_number_other(NUMBER))),
    ("D4", facts(SyncState.MISMATCH, asked(Outcome.NOT_FOUND), by_number_other(NUMBER))),
    ("D4", facts(SyncState.MISMATCH, asked(Outcome.NOT_YET, invoice_number=NUMBER), by_number_other("1" * 20))),
    ("D6", facts(SyncState.VOIDED, sent(Outcome.ACCEPTED), asked(Outcome.VOIDED))),
    ("D6", facts(SyncState.BOOKED, *SEEN, red_number="2" * 20)),
    ("D7", facts(SyncState.BOOKED, *SEEN, asked=a_question(buyer_tax_id=OTHER_BUYER))),
    # the query
    ("E2", facts(SyncState.CONFIRMED, *SEEN, issue_date=date(2024, 1, 1))),
    ("E2", facts(SyncState.MISSING, sent(Outcome.ACCEPTED), asked(Outcome.UNKNOWN, authority_code="E4044"))),
    ("E3", facts(SyncState.ACKED, sent(Outcome.ACCEPTED), asked(Outcome.UNKNOWN))),
    ("E3", facts(SyncState.UNKNOWN, sent(Outcome.UNKNOWN), asked(Outcome.THROTTLED), age_seconds=LATE)),
    ("E3", facts(SyncState.ACKED, *YES, probes=[a_canary(up=False)])),
    ("E3", facts(SyncState.UNKNOWN, *LOST, probes=[a_canary(up=False)])),
    ("D2", facts(SyncState.MISSING, *YES, asked(Outcome.UNKNOWN), rounds=[a_round()])),
    ("E4", facts(SyncState.BOOKED, *SEEN, rounds=[a_round(seconds=-5)])),
    ("E4", facts(SyncState.BOOKED, *AGAIN, rounds=[a_round(seconds=-500)], book_time=NOON - timedelta(seconds=900))),
    ("IN_SYSTEM", facts(SyncState.BOOKED, *AGAIN, rounds=[a_round(seconds=-500)], book_time=NOON)),
    (
        "E4",
        facts(
            SyncState.ACKED,
            sent(Outcome.ACCEPTED),
            asked(Outcome.NOT_YET),
            rounds=[a_round(seconds=-9)],
            settle_from=NOON,
        ),
    ),
    # the calendar, and after
    ("F1", refused("E4007", clock_offset_ms=-90_000)),
    ("F1", replace(refused("E4007"), issue_date=date(2026, 3, 2))),
    ("F2", refused("E4009")),
    ("F2", facts(SyncState.RETRY_WAIT, sent(Outcome.NOT_RECEIVED), parked=ParkedReason.DEADLINE)),
    ("G1", facts(SyncState.BOOKED, *SEEN, deliveries=[undelivered()])),
    ("G2", facts(SyncState.CONFIRMED, *SEEN, archive=archive(whole=False))),
    ("IN_SYSTEM", facts(SyncState.BOOKED, *SEEN)),
    ("IN_SYSTEM", facts(SyncState.CONFIRMED, *SEEN, archive=archive(whole=True))),
    ("IN_SYSTEM", facts(SyncState.BOOKED, *SEEN, rounds=[a_round(seconds=-500)])),
    ("IN_SYSTEM", facts(SyncState.BOOKED, *SEEN, asked=a_question(amount_minor=12_345, issue_date=date(2026, 3, 1)))),
]


@pytest.mark.parametrize(("cause", "known"), CASES, ids=[f"{no}-{cause}" for no, (cause, _) in enumerate(CASES)])
def test_the_facts_show_one_cause(cause, known):
    verdict = diagnose(known, TIMERS)

    times = [row.occur_time for row in verdict.evidence]
    assert verdict.cause == cause
    assert times == sorted(times)
    assert all(row.fact and row.fact_zh and row.row_id for row in verdict.evidence)


def test_being_booked_is_proved_by_the_questions_and_not_by_the_submit():
    verdict = diagnose(facts(SyncState.BOOKED, *SEEN), TIMERS)

    assert [row.row_id for row in verdict.evidence if row.source == "attempt"] == ["att_2"]
    assert verdict.confidence is Confidence.PROVED


def test_a_lost_answer_is_told_of_an_invoice_that_is_booked():
    lost = [sent(outcome) for outcome in (Outcome.ACCEPTED, None, *[Outcome.UNKNOWN] * 5)]

    verdict = diagnose(facts(SyncState.BOOKED, *lost, asked(Outcome.OK)), TIMERS)

    told = sorted(row.row_id for row in verdict.evidence if row.source == "attempt")
    assert told == ["att_3", "att_4", "att_5", "att_6", "att_7", "att_8"]


def test_one_round_makes_an_absence_likely_and_two_with_a_canary_prove_it():
    known = facts(SyncState.MISSING, *YES)

    one, two, without = (
        diagnose(replace(known, rounds=rounds), TIMERS)
        for rounds in ([a_round()], [a_round(), a_round()], [a_round(canary="NONE_BOOKED")] * 3)
    )

    assert [each.confidence for each in (one, two, without)] == [
        Confidence.LIKELY,
        Confidence.PROVED,
        Confidence.LIKELY,
    ]


def test_a_lost_answer_is_proved_by_its_attempt_and_left_open_where_the_log_says_otherwise():
    lost, died, odd = (
        diagnose(facts(state, sent(outcome)), TIMERS)
        for state, outcome in [
            (SyncState.UNKNOWN, Outcome.UNKNOWN),
            (SyncState.SENDING, None),
            (SyncState.UNKNOWN, Outcome.NOT_RECEIVED),
        ]
    )

    assert {lost.cause, died.cause, odd.cause} == {"B2"}
    assert [each.confidence for each in (lost, died, odd)] == [Confidence.PROVED, Confidence.LIKELY, Confidence.OPEN]


def test_a_round_from_before_the_last_sign_of_presence_proves_nothing():
    known = facts(SyncState.ACKED, *YES, rounds=[a_round(seconds=-3_600)] * 2)

    assert diagnose(known, TIMERS).cause == "D1"


def test_what_waits_too_long_calls_for_a_person():
    fresh, late = diagnose(facts(SyncState.READY), TIMERS), diagnose(facts(SyncState.READY, age_seconds=LATE), TIMERS)

    assert (fresh.automatic, late.automatic) == (True, False)
    assert (fresh.owner, late.owner) == ("AUTOMATIC", "OPERATOR")


def test_the_right_data_are_told_where_it_was_asked_for_with_wrong_ones():
    claim = a_question(meant="26427000000012345678", amount_minor=12_300)

    verdict = diagnose(facts(SyncState.BOOKED, *SEEN, asked=claim), TIMERS)

    assert verdict.suggestion == "26427000000012345678"
    assert "12345" in verdict.words.title
    assert verdict.words.call == "GET /v1/diagnoses/26427000000012345678"


def test_the_reach_of_the_query_service_is_what_the_setting_says():
    known = facts(SyncState.CONFIRMED, *SEEN, issue_date=NOON.date() - timedelta(days=31))

    near, far = (diagnose(known, replace(TIMERS, query_days=days)).cause for days in (30, 31))

    assert (near, far) == ("E2", "IN_SYSTEM")


def test_a_suggestion_stands_beside_whatever_the_cause_is():
    verdict = diagnose(facts(SyncState.READY, asked=a_question(meant="NO1")), TIMERS)

    assert (verdict.cause, verdict.suggestion) == ("A3", "NO1")


def test_a_buyers_number_is_masked_in_the_evidence():
    verdict = diagnose(facts(SyncState.BOOKED, *SEEN, asked=a_question(buyer_tax_id=OTHER_BUYER)), TIMERS)

    told = " ".join(row.fact + row.fact_zh for row in verdict.evidence)
    assert OTHER_BUYER not in told
    assert OTHER_BUYER[:4] in told


def test_a_gate_that_a_person_closed_is_opened_by_lifting_that_hold():
    by_hand = diagnose(facts(SyncState.READY, shut=shut(HoldKind.MANUAL)), TIMERS)
    by_itself = diagnose(facts(SyncState.READY, shut=shut(HoldKind.OUTAGE)), TIMERS)

    assert (by_hand.action, by_hand.words.call) == (Action.OPEN_GATE, "POST /v1/holds/hold_1:lift")
    assert (by_itself.action, by_itself.automatic) == (Action.WAIT, True)


PARKED = {"parked": ParkedReason.RESENT}
FAILED = (sent(Outcome.ACCEPTED), asked(Outcome.UNKNOWN))


@pytest.mark.parametrize(
    ("cause", "action", "known"),
    [
        ("E3", Action.WAIT, facts(SyncState.ACKED, *FAILED, age_seconds=299)),
        ("E3", Action.CHECK_OPERATION, facts(SyncState.ACKED, *FAILED, age_seconds=LATE)),
        ("E3", Action.ESCALATE, facts(SyncState.ACKED, *FAILED, age_seconds=DAYS)),
        ("B2", Action.WAIT, facts(SyncState.UNKNOWN, *LOST, age_seconds=299)),
        ("B2", Action.CHECK_OPERATION, facts(SyncState.UNKNOWN, *LOST, age_seconds=LATE)),
        ("B2", Action.ESCALATE, facts(SyncState.UNKNOWN, *LOST, age_seconds=DAYS)),
        ("B2", Action.CHECK_OPERATION, facts(SyncState.SENDING, sent(None), age_seconds=LATE)),
        ("B2", Action.ESCALATE, facts(SyncState.READY, *LOST, **PARKED)),
        ("D2", Action.ESCALATE, facts(SyncState.READY, *YES, **PARKED)),
        ("D2", Action.ESCALATE, facts(SyncState.MISSING, *YES, rounds=[a_round()], age_seconds=DAYS)),
        ("D1", Action.WAIT, facts(SyncState.ACKED, *YES, age_seconds=DAYS - 100)),
        ("D1", Action.ESCALATE, facts(SyncState.ACKED, *YES, age_seconds=DAYS)),
        ("C5", Action.WAIT, facts(SyncState.UNKNOWN, sent(Outcome.AUTHORITY_FAULT))),
        ("C5", Action.ESCALATE, facts(SyncState.UNKNOWN, sent(Outcome.AUTHORITY_FAULT), age_seconds=DAYS)),
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


def test_what_was_given_up_is_asked_for_again_by_name():
    verdict = diagnose(facts(SyncState.READY, parked=ParkedReason.AGE), TIMERS)

    assert standing_of(SyncState.READY, parked=ParkedReason.AGE).parked
    assert (verdict.cause, verdict.words.call) == ("A3", "POST /v1/invoices")


def test_the_authority_is_told_the_number_that_it_gave_although_the_invoice_waits_to_be_sent_again():
    told = facts(
        SyncState.READY, sent(Outcome.ACCEPTED, invoice_number="26420000000000000007"), asked(Outcome.NOT_FOUND)
    )
    told = replace(told, standing=replace(told.standing, invoice_number=""))

    verdict = diagnose(told, TIMERS)

    assert verdict.cause == "D2"
    assert "26420000000000000007" in verdict.words.authority
