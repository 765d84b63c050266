"""Whatever is known, there is one cause with evidence, and no row that was not given."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.invoice_sync.domain.absence import Canary
from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.diagnosis import diagnose
from services.invoice_sync.domain.diagnosis.words import WORDS
from services.invoice_sync.domain.gate import Shut
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.standing import IN_BOOKS, PARKABLE, WORKS, ParkedReason, SyncState
from tests.invoice_sync.builders import NOON, TIMERS, a_profile
from tests.invoice_sync.diagnosis_facts import (
    OTHER_BUYER,
    OTHER_SHA256,
    a_canary,
    a_question,
    a_round,
    archive,
    facts,
    found_elsewhere,
    handed,
    not_found_here,
    number_asked,
    the_book_complete_until,
    undelivered,
)

STATES = [state for state in SyncState if state is not SyncState.HELD]
# Causes that say that it is in the system; every other says that it is not, or not known to be.
IN_THE_BOOKS = {"IN_SYSTEM", "E1", "E2", "E4", "D6", "D7", "G1", "G2"}


def maybe(*values):
    return st.sampled_from([None, *values])


answers = st.fixed_dictionaries(
    {
        "http_status": st.sampled_from([0, 200, 400, 401, 403, 500, 503]),
        "authority_code": st.sampled_from(["", "E4000", "E4007", "E4009", "E4044", "E9301", "E9400", "E9402", "E5500"]),
        "code_detail": st.sampled_from(["", "PARTIAL_BATCH", "SESSION_EXPIRED"]),
        "document_sha256": st.sampled_from(["", OTHER_SHA256["document_sha256"]]),
        "clock_offset_ms": st.sampled_from([0, 60_000]),
    }
)
steps = st.tuples(st.sampled_from(Operation), maybe(*Outcome), answers)
rounds = st.builds(a_round, seconds=st.sampled_from([-900, -5, 0]), canary=st.sampled_from([str(c) for c in Canary]))
questions = st.builds(
    a_question,
    meant=st.sampled_from(["", "NO1"]),
    buyer_tax_id=st.sampled_from(["", OTHER_BUYER]),
    amount_minor=st.sampled_from([0, 1]),
)
around = st.fixed_dictionaries(
    {
        "asked": questions,
        "profile": maybe(a_profile()),
        "rounds": st.lists(rounds, max_size=3),
        "shut": st.one_of(
            st.none(),
            st.builds(Shut, st.sampled_from(HoldKind), st.just("hold_1"), st.just("r"), st.just("因"), st.none()),
        ),
        "lease_until": maybe(NOON, NOON - timedelta(days=1)),
        "probes": st.sampled_from([(), (a_canary(up=True),), (a_canary(up=False),)]),
        "number_use": maybe(handed(), handed(None)),
        "elsewhere": maybe(found_elsewhere()),
        "watermark": maybe(the_book_complete_until(60), the_book_complete_until(-60)),
        "foreign": maybe(number_asked(Outcome.NOT_FOUND)),
        "deliveries": st.sampled_from([(), (undelivered(),)]),
        "archive": maybe(archive(whole=True), archive(whole=False)),
        "issue_date": maybe(date(2026, 3, 1), date(2020, 1, 1)),
    }
)


@settings(max_examples=400, deadline=None)
@given(
    maybe(*STATES),
    st.lists(steps, max_size=5),
    around,
    st.sampled_from([1, 400, 90_000]),
    st.sampled_from(ParkedReason),
)
def test_there_is_one_cause_and_only_rows_that_were_given(state, log, known, age_seconds, parked):
    may_be_parked = state in WORKS and set(WORKS[state]) <= PARKABLE and state is not SyncState.SENDING
    standing = {"parked": parked} if state and WORKS[state] and may_be_parked else {}
    given_facts = facts(state, *log, age_seconds=age_seconds, **known, **standing)

    verdict = diagnose(given_facts, TIMERS)

    assert verdict.cause in WORDS
    assert {row.row_id for row in verdict.evidence} <= rows_given(given_facts)
    assert (verdict.cause in IN_THE_BOOKS) or state not in IN_BOOKS
    assert diagnose(given_facts, TIMERS) == verdict


@given(maybe(number_asked(Outcome.NOT_FOUND), number_asked(Outcome.UNKNOWN), number_asked(Outcome.OK, OTHER_BUYER)))
def test_what_is_not_known_here_has_a_cause_too(foreign):
    assert diagnose(not_found_here(foreign=foreign), TIMERS).cause == "E5"


def test_every_state_has_a_verdict_with_any_last_outcome():
    for state in STATES:
        for operation in Operation:
            for outcome in [None, *Outcome]:
                assert diagnose(facts(state, (operation, outcome, {})), TIMERS).cause in WORDS


def test_nothing_known_at_all_is_a_request_that_never_came():
    nothing = replace(facts(None), payment=None, heard_time=None)

    assert diagnose(nothing, TIMERS).cause == "A1"


def rows_given(known):
    ids = {known.asked.reference, "pay_1", "inv_1", "hold_1", "rnd_1", "att_8", "att_9", "rng_1", "dlv_1", "swp_1"}
    return ids | {each.attempt_id for each in known.attempts} | {each.probe_id for each in known.probes}
