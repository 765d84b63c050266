"""What follows from each event in each state: where the invoice goes, when it is due, and what else is to be done."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.command import CaseCode, Decision, Hold, Ignore, OpenCase, VoidRounds
from services.invoice_sync.domain.event import (
    Abandoned,
    AbsenceProved,
    AbsenceSuspected,
    Answered,
    AskedAgain,
    Claimed,
    Corrected,
    LeaseExpired,
    LookedUp,
    PutBack,
    Reread,
    SealAnswered,
)
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.machine_seal import SEAL_COUNT_MAX
from services.invoice_sync.domain.outcome_policy import POLICY, Next
from services.invoice_sync.domain.standing import (
    FINAL,
    IDLE,
    PARKABLE,
    WORKS,
    ParkedReason,
    Standing,
    SyncState,
    Work,
    opened,
    work_of,
)
from services.invoice_sync.domain.timers import Timers

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in Beijing
TOMORROW_AT_TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TIMERS = Timers(
    settle_seconds=600,
    absence_round_seconds=0,
    look_base_seconds=2,
    look_seconds_max=60,
    retry_base_seconds=1,
    retry_seconds_max=60,
    retry_age_seconds_max=7 * 86_400,
    retry_count_max=5,
    resend_count_max=2,
    lease_seconds=60,
    sla_seconds=300,
    upload_concurrency=8,
)
STORED = [state for state in SyncState if state is not SyncState.HELD]
# The edges of the specification's 6.1, in its words. From UNKNOWN the only way to READY leads through ABSENT.
EDGES = {
    SyncState.INVALID: "READY ABANDONED",
    SyncState.READY: "SENDING ABANDONED " + (adopted := "BOOKED ACKED SUBMITTED MISMATCH VOIDED"),
    SyncState.RETRY_WAIT: f"SENDING ABANDONED {adopted}",
    SyncState.REJECTED: f"READY ABANDONED {adopted}",
    SyncState.SENDING: "SUBMITTED ACKED RETRY_WAIT UNKNOWN REJECTED MISMATCH",
    SyncState.UNKNOWN: "SUBMITTED ACKED BOOKED ABSENT MISMATCH VOIDED ABANDONED",
    SyncState.SUBMITTED: "ACKED BOOKED MISSING MISMATCH VOIDED ABANDONED",
    SyncState.ACKED: "BOOKED MISSING MISMATCH VOIDED ABANDONED",
    SyncState.MISSING: "SUBMITTED ACKED BOOKED ABSENT MISMATCH VOIDED ABANDONED",
    SyncState.ABSENT: "READY SUBMITTED ACKED BOOKED MISMATCH VOIDED ABANDONED",
    SyncState.BOOKED: "CONFIRMED MISSING MISMATCH VOIDED",
    SyncState.CONFIRMED: "MISSING MISMATCH VOIDED",
    SyncState.MISMATCH: "ABANDONED",
    SyncState.VOIDED: "",
    SyncState.ABANDONED: "",
}


def answer(outcome: Outcome, wait: int = 0, **told) -> TaxAnswer:
    return TaxAnswer(outcome, "", retry_after_seconds=wait, **told)


def standing_in(state: SyncState, work: Work | None = None, **changes) -> Standing:
    """An invoice of an hour ago that was sent once and stands in this state."""
    born = NOON - timedelta(hours=1)
    work = work or work_of(state)
    made = opened("inv_1", born, born + timedelta(days=1), valid=True)
    at = {"sync_state": state, "work": work, "due_at": NOON if work else None, "submit_count": 1, "tries": 1}
    return replace(made, **(at | changes))


def after(event, was: Standing, now: datetime = NOON, dice: float = 0.5, timers: Timers = TIMERS) -> Decision:
    return decide(was, event, now, dice, timers)


EVERY_EVENT = [
    Claimed(),
    *(Answered(answer(outcome, number, invoice_number="1" * number)) for outcome in Outcome for number in (0, 20)),
    LeaseExpired(),
    *(LookedUp(found, [answer(of)]) for found in Finding for of in (Outcome.OK, Outcome.AUTH)),
    *(LookedUp(found, [answer(Outcome.OK, invoice_number="9")], NOON + timedelta(1)) for found in Finding),
    AbsenceSuspected(),
    AbsenceProved(),
    PutBack(1),
    PutBack(99),
    *(
        Reread(found, above, equal)
        for found, above, equal in itertools.product(Finding, (True, False), (True, False, None))
    ),
    AskedAgain(),
    Corrected(1),
    Corrected(2),
    Abandoned("asked for by two people"),
    *(SealAnswered(answer(outcome)) for outcome in Outcome),
]
EVERY_STANDING = [
    standing_in(state, work, parked_reason=reason, seal_count=seal_count, invoice_number=number, submit_count=sent)
    for state in STORED
    for work in ((*WORKS[state], None) if state in IDLE else WORKS[state])
    for reason in (ParkedReason if work in PARKABLE and state is not SyncState.SENDING else [ParkedReason.NOT_PARKED])
    for seal_count in (0, SEAL_COUNT_MAX)
    for number in ("", "7")
    for sent in (0, 1)
]


def test_every_event_is_answered_in_every_standing_and_nothing_is_left_without_work():
    for was, event in itertools.product(EVERY_STANDING, EVERY_EVENT):
        for now, dice in ((NOON, 0.0), (NOON + timedelta(days=30), 1.0)):
            made = after(event, was, now, dice)

            ignored = [each for each in made.commands if isinstance(each, Ignore)]
            to = made.standing
            assert not ignored or (made == Decision(was, tuple(ignored)) and ignored[0].reason), (was, event)
            assert to.sync_state in (was.sync_state, *EDGES[was.sync_state].split()), (was, event)
            assert to.due_at is not None or to.sync_state in IDLE, (was, event)
            assert was.sync_state not in FINAL or to == was, (was, event)
            entered = to.sync_state is not was.sync_state
            assert to.state_time == (now if entered else was.state_time), (was, event)


def test_every_edge_of_the_specification_is_walked_by_some_event():
    walked = {
        (was.sync_state, after(event, was, now).standing.sync_state)
        for was, event in itertools.product(EVERY_STANDING, EVERY_EVENT)
        for now in (NOON, NOON + timedelta(days=30))
    }

    wanted = {(state, SyncState(onward)) for state, ways in EDGES.items() for onward in ways.split()}
    assert wanted <= walked


@pytest.mark.parametrize("state", [SyncState.READY, SyncState.RETRY_WAIT])
def test_what_is_due_is_claimed_once_and_counted(state):
    first = after(Claimed(), standing_in(state, tries=2, submit_count=3, attempt_count=7))
    second = after(Claimed(), first.standing)

    to = first.standing
    assert (to.sync_state, to.work) == (SyncState.SENDING, Work.SUBMIT)
    assert (to.tries, to.submit_count, to.attempt_count) == (3, 4, 8)
    assert isinstance(second.commands[0], Ignore)


@pytest.mark.parametrize(
    "was",
    [
        standing_in(SyncState.RETRY_WAIT, due_at=NOON + timedelta(seconds=1)),
        standing_in(SyncState.READY, parked_reason=ParkedReason.RESENT),
        standing_in(SyncState.UNKNOWN),
        standing_in(SyncState.ABSENT),
        standing_in(SyncState.REJECTED),
    ],
    ids=["not due", "parked", "unknown", "absent", "refused"],
)
def test_what_is_not_due_or_not_to_be_sent_is_never_claimed(was):
    assert after(Claimed(), was).standing == was


def test_an_answer_leads_where_its_policy_says():
    sending = standing_in(SyncState.SENDING)
    reached = {outcome: after(Answered(answer(outcome)), sending).standing.sync_state for outcome in Outcome}

    by_policy = {
        Next.RETRY: SyncState.RETRY_WAIT,
        Next.HOLD: SyncState.RETRY_WAIT,
        Next.STOP: SyncState.REJECTED,
        Next.ASK: SyncState.UNKNOWN,
    }
    acknowledged = dict.fromkeys([Outcome.ACCEPTED, Outcome.DUPLICATE], SyncState.SUBMITTED)
    told_otherwise = acknowledged | {Outcome.MISMATCH: SyncState.MISMATCH}
    assert reached == {outcome: by_policy[row.next] for outcome, row in POLICY.items()} | told_otherwise


def test_an_acknowledgement_with_a_number_is_to_be_verified_and_is_not_booked():
    told = answer(Outcome.ACCEPTED, invoice_number="26420000004000000017", ack_time=NOON - timedelta(days=400))

    to = after(Answered(told), standing_in(SyncState.SENDING)).standing

    assert (to.sync_state, to.work) == (SyncState.ACKED, Work.VERIFY)
    assert (to.invoice_number, to.ack_time) == (told.invoice_number, told.ack_time)
    assert to.due_at == NOON + timedelta(seconds=1.5)
    assert to.settle_from == NOON


def test_the_number_of_a_duplicate_may_be_anothers_and_is_only_known_after_asking_by_key():
    told = answer(Outcome.DUPLICATE, invoice_number="26420000004000000017", ack_time=NOON - timedelta(days=400))

    to = after(Answered(told), standing_in(SyncState.SENDING)).standing

    assert (to.sync_state, to.work) == (SyncState.SUBMITTED, Work.VERIFY)
    assert (to.invoice_number, to.ack_time) == ("", None)


def test_what_was_not_received_waits_with_jitter_and_no_less_than_asked():
    sending = standing_in(SyncState.SENDING, tries=3)

    jittered = after(Answered(answer(Outcome.NOT_RECEIVED)), sending, dice=0.25).standing
    asked = after(Answered(answer(Outcome.THROTTLED, wait=90)), sending, dice=0.25).standing

    assert (jittered.sync_state, jittered.due_at) == (SyncState.RETRY_WAIT, NOON + timedelta(seconds=1))
    assert (asked.sync_state, asked.due_at) == (SyncState.RETRY_WAIT, NOON + timedelta(seconds=90))


@pytest.mark.parametrize(
    ("was", "reason"),
    [
        ({"tries": 5}, ParkedReason.COUNT),
        ({"create_time": NOON - timedelta(days=7)}, ParkedReason.AGE),
        ({"deadline_at": NOON}, ParkedReason.DEADLINE),
    ],
)
def test_tries_end_by_count_by_age_and_by_the_deadline_and_then_wait_for_a_person(was, reason):
    ended = after(Answered(answer(Outcome.NOT_RECEIVED)), standing_in(SyncState.SENDING, **was))
    again = after(AskedAgain(), ended.standing, NOON + timedelta(hours=1))

    (given_up,) = ended.commands
    assert isinstance(given_up, GiveUp)
    assert given_up.why is reason is ended.standing.parked_reason
    assert (ended.standing.sync_state, ended.standing.work) == (SyncState.RETRY_WAIT, Work.SUBMIT)
    assert (again.standing.parked, again.standing.tries) == (False, 0)
    assert after(Claimed(), again.standing, NOON + timedelta(hours=1)).standing.sync_state is SyncState.SENDING


@pytest.mark.parametrize(
    ("outcome", "kind", "seller_only"),
    [
        (Outcome.AUTH, HoldKind.LOGIN, False),
        (Outcome.QUOTA, HoldKind.QUOTA, True),
        (Outcome.OUTAGE, HoldKind.OUTAGE, False),
    ],
)
def test_a_closed_gate_uses_up_no_try_and_is_told_to_all_whom_it_concerns(outcome, kind, seller_only):
    was = standing_in(SyncState.SENDING, tries=5, deadline_at=NOON - timedelta(days=1))

    made = after(Answered(answer(outcome, wait=120, authority_code="E1")), was)

    assert made.commands == (Hold(kind, seller_only, NOON + timedelta(seconds=120), "E1"),)
    assert (made.standing.sync_state, made.standing.tries, made.standing.parked) == (SyncState.RETRY_WAIT, 4, False)
    assert made.standing.due_at == NOON + timedelta(seconds=120)


def test_a_gate_that_opens_and_shuts_does_not_make_an_invoice_hurry():
    told = Answered(answer(Outcome.AUTH))

    waits = [
        after(told, standing_in(SyncState.SENDING, submit_count=sent), dice=1.0).standing.due_at - NOON
        for sent in (1, 4, 9, 10_000)
    ]

    assert waits == [timedelta(seconds=seconds) for seconds in (1, 8, 60, 60)]


def test_a_question_that_meets_a_closed_gate_tells_of_it_once():
    answers = [answer(Outcome.AUTH), answer(Outcome.AUTH)]

    made = after(LookedUp(Finding.CANNOT_TELL, answers), standing_in(SyncState.ACKED))

    assert made.commands == (Hold(HoldKind.LOGIN, seller_only=False, until=None, code=""),)
    assert made.standing.sync_state is SyncState.ACKED


def test_a_lost_uploader_leaves_an_unknown_outcome_and_a_late_answer_changes_nothing():
    lost = after(LeaseExpired(), standing_in(SyncState.SENDING)).standing
    late = after(Answered(answer(Outcome.ACCEPTED, invoice_number="1")), lost)

    assert (lost.sync_state, lost.work, lost.due_at) == (SyncState.UNKNOWN, Work.VERIFY, NOON)
    assert late.standing == lost
    assert isinstance(late.commands[0], Ignore)


@pytest.mark.parametrize("state", [SyncState.UNKNOWN, SyncState.ACKED, SyncState.BOOKED, SyncState.MISSING])
def test_a_lost_verifier_leaves_its_question_due_at_once(state):
    was = standing_in(state, due_at=NOON - timedelta(minutes=1))

    assert after(LeaseExpired(), was).standing == replace(was, due_at=NOON)


@pytest.mark.parametrize("state", [SyncState.UNKNOWN, SyncState.SUBMITTED, SyncState.MISSING, SyncState.ABSENT])
def test_what_is_read_back_equal_is_booked_and_read_again_the_next_morning(state):
    read = [answer(Outcome.OK, invoice_number="26", book_time=NOON + timedelta(days=3)), answer(Outcome.OK)]

    made = after(LookedUp(Finding.SAME, read), standing_in(state))

    to = made.standing
    assert (to.sync_state, to.work, to.due_at) == (SyncState.BOOKED, Work.CONFIRM, TOMORROW_AT_TEN)
    assert (to.invoice_number, to.book_time) == ("26", read[0].book_time)
    assert made.commands == (VoidRounds(),)


def test_the_next_morning_is_beijings():
    late_evening_there = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    after_midnight_there = datetime(2026, 3, 1, 16, 1, tzinfo=UTC)

    due = [
        after(LookedUp(Finding.SAME), standing_in(SyncState.ACKED), now).standing.due_at
        for now in (late_evening_there, after_midnight_there)
    ]

    assert due == [TOMORROW_AT_TEN, TOMORROW_AT_TEN + timedelta(days=1)]


def test_an_authority_that_confirms_sooner_is_read_again_sooner():
    soon = replace(TIMERS, confirm_after_seconds=90)

    booked = after(LookedUp(Finding.SAME), standing_in(SyncState.ACKED), timers=soon).standing
    waits = after(Reread(Finding.SAME, watermark_above=False, totals_equal=True), booked, dice=1.0, timers=soon)

    assert booked.due_at == NOON + timedelta(seconds=90)
    assert (waits.standing.sync_state, waits.standing.due_at) == (SyncState.BOOKED, NOON + timedelta(seconds=180))


@pytest.mark.parametrize(
    ("finding", "case"),
    [
        (Finding.OTHER, CaseCode.MISMATCH),
        (Finding.ELSEWHERE, CaseCode.ELSEWHERE),
    ],
)
def test_something_else_in_its_place_stops_everything_and_opens_a_case(finding, case):
    looked = after(LookedUp(finding), standing_in(SyncState.ACKED))
    reread = after(Reread(finding, watermark_above=True, totals_equal=True), standing_in(SyncState.CONFIRMED))

    assert looked.commands == reread.commands == (OpenCase(case),)
    assert looked.standing.sync_state is reread.standing.sync_state is SyncState.MISMATCH
    assert looked.standing.work is reread.standing.work is None


@pytest.mark.parametrize("event", [LookedUp(Finding.VOIDED), Reread(Finding.VOIDED, True, True)])
def test_what_was_voided_is_never_sent_again(event):
    state = SyncState.ACKED if isinstance(event, LookedUp) else SyncState.CONFIRMED
    told = replace(event, answers=[answer(Outcome.VOIDED, red_number="R1")])

    made = after(told, standing_in(state))

    assert made.commands == (OpenCase(CaseCode.VOIDED),)
    assert (made.standing.sync_state, made.standing.red_number) == (SyncState.VOIDED, "R1")
    assert all(after(event, made.standing).standing == made.standing for event in EVERY_EVENT)


@pytest.mark.parametrize(("number", "state"), [("", SyncState.SUBMITTED), ("26", SyncState.ACKED)])
def test_a_sign_of_presence_voids_the_proof_of_absence(number, state):
    missing = standing_in(SyncState.MISSING, settle_from=NOON - timedelta(hours=1))

    made = after(LookedUp(Finding.NOT_YET, [answer(Outcome.NOT_YET, invoice_number=number)]), missing)

    assert VoidRounds() in made.commands
    assert (made.standing.sync_state, made.standing.settle_from) == (state, NOON)


def test_a_negative_answer_is_repeated_when_it_counts_next_if_that_is_sooner():
    was = standing_in(SyncState.UNKNOWN, look_count=20)
    sooner, later = NOON + timedelta(seconds=7), NOON + timedelta(hours=1)

    due = [after(LookedUp(Finding.NOT_FOUND, (), at), was).standing.due_at for at in (sooner, later, None)]

    assert due == [sooner, NOON + timedelta(seconds=45), NOON + timedelta(seconds=45)]


def test_no_authority_can_make_us_stop_asking():
    made = after(LookedUp(Finding.CANNOT_TELL, [answer(Outcome.THROTTLED, wait=10**9)]), standing_in(SyncState.ACKED))

    assert made.standing.due_at == NOON + timedelta(days=1)


@pytest.mark.parametrize(
    "was",
    [
        standing_in(SyncState.READY, parked_reason=ParkedReason.RESENT),
        standing_in(SyncState.RETRY_WAIT),
        standing_in(SyncState.REJECTED),
    ],
)
def test_what_turns_out_to_be_there_after_all_is_not_sent_again(was):
    there = after(LookedUp(Finding.SAME), was).standing

    assert there.sync_state is SyncState.BOOKED
    assert not there.parked
    assert after(LookedUp(Finding.NOT_FOUND), was).standing == was


def test_an_acknowledged_invoice_is_missing_before_it_is_absent():
    acked = standing_in(SyncState.ACKED)

    at_once = after(AbsenceProved(), acked).standing
    missing = after(AbsenceSuspected(), acked).standing
    absent = after(AbsenceProved(), missing).standing

    assert at_once == acked
    assert (missing.sync_state, missing.due_at) == (SyncState.MISSING, acked.due_at)
    assert (absent.sync_state, absent.work) == (SyncState.ABSENT, Work.VERIFY)


def test_what_is_put_back_is_sent_at_once_without_the_receipt_of_what_is_lost():
    was = standing_in(SyncState.ABSENT, invoice_number="26", ack_time=NOON, tries=4)

    back = after(PutBack(sent_count=2), was).standing

    assert (back.sync_state, back.due_at, back.tries) == (SyncState.READY, NOON, 0)
    assert (back.invoice_number, back.ack_time, back.version) == ("", None, 1)


@pytest.mark.parametrize("finding", [Finding.NOT_FOUND, Finding.CANNOT_TELL])
def test_what_was_not_found_before_an_announced_outage_ends_proves_nothing(finding):
    was = standing_in(SyncState.UNKNOWN, settle_from=NOON - timedelta(hours=1))
    ends_at = NOON + timedelta(minutes=5)

    made = after(LookedUp(finding, outage_until=ends_at), was)
    over_long_ago = after(LookedUp(finding, outage_until=NOON - timedelta(hours=2)), was)

    assert made.standing.settle_from == ends_at
    assert over_long_ago.standing.settle_from == was.settle_from


def test_what_is_put_back_too_often_is_parked_with_its_proof():
    was = standing_in(SyncState.ABSENT, invoice_number="26", settle_from=NOON - timedelta(hours=1))

    made = after(PutBack(sent_count=3), was)

    to = made.standing
    assert isinstance(made.commands[0], GiveUp)
    assert (to.sync_state, to.parked_reason, to.tries) == (SyncState.READY, ParkedReason.RESENT, 3)
    assert (to.settle_from, to.invoice_number) == (was.settle_from, "26")


@pytest.mark.parametrize(
    ("now", "watermark_above", "totals_equal", "state"),
    [
        (NOON, True, True, SyncState.CONFIRMED),
        (NOON, False, True, SyncState.BOOKED),
        (NOON, True, None, SyncState.BOOKED),
        (TOMORROW_AT_TEN, False, None, SyncState.CONFIRMED),
        (TOMORROW_AT_TEN, False, True, SyncState.CONFIRMED),
        (TOMORROW_AT_TEN, True, False, SyncState.BOOKED),
        (NOON, True, False, SyncState.BOOKED),
    ],
)
def test_confirmed_is_below_the_watermark_with_equal_totals_or_read_again_the_next_day(
    now, watermark_above, totals_equal, state
):
    was = standing_in(SyncState.BOOKED, state_time=NOON)

    made = after(Reread(Finding.SAME, watermark_above, totals_equal), was, now)

    assert made.standing.sync_state is state
    assert made.commands == ()
    assert (made.standing.confirm_time == now) == (state is SyncState.CONFIRMED)
    assert (made.standing.work is None) == (state is SyncState.CONFIRMED)


def test_a_confirmed_invoice_stays_so_when_the_totals_of_its_day_differ_later():
    was = standing_in(SyncState.CONFIRMED, Work.CONFIRM, confirm_time=NOON - timedelta(days=9))

    made = after(Reread(Finding.SAME, watermark_above=True, totals_equal=False), was)

    assert made.commands == ()
    assert (made.standing.sync_state, made.standing.work) == (SyncState.CONFIRMED, None)
    assert made.standing.confirm_time == was.confirm_time


@pytest.mark.parametrize("state", [SyncState.BOOKED, SyncState.CONFIRMED])
def test_what_vanishes_from_the_books_is_missing_and_a_case(state):
    was = standing_in(state, settle_from=NOON - timedelta(days=3), look_count=5)

    gone = after(Reread(Finding.NOT_FOUND, watermark_above=True, totals_equal=True), was)
    no_answer = after(Reread(Finding.CANNOT_TELL, watermark_above=True, totals_equal=True), was)

    to = gone.standing
    assert gone.commands == (OpenCase(CaseCode.MISSING),)
    assert (to.sync_state, to.work, to.due_at, to.settle_from) == (SyncState.MISSING, Work.VERIFY, NOON, NOON)
    assert (no_answer.standing.sync_state, no_answer.standing.work) == (state, Work.CONFIRM)
    assert no_answer.standing.due_at > NOON


def test_what_cannot_be_confirmed_is_read_again_at_least_once_an_hour():
    was = standing_in(SyncState.BOOKED, state_time=NOON, look_count=10_000)

    made = after(Reread(Finding.CANNOT_TELL, False, None), was, TOMORROW_AT_TEN, dice=1.0)

    assert made.standing.due_at == TOMORROW_AT_TEN + timedelta(hours=1)


def test_a_seal_is_asked_for_twenty_times_and_then_by_a_person_on_another_day():
    unsealed = after(
        LookedUp(Finding.SEAL_FAILED, [answer(Outcome.OK, invoice_number="26")]), standing_in(SyncState.ACKED)
    )
    was, calls = unsealed.standing, 0
    assert (was.sync_state, was.work, was.due_at) == (SyncState.ACKED, Work.SEAL, NOON)

    while not was.parked:
        was, calls = after(SealAnswered(answer(Outcome.SEAL_FAILED)), was).standing, calls + 1
    again = after(AskedAgain(), was, NOON + timedelta(hours=1)).standing

    assert calls == SEAL_COUNT_MAX == 20
    assert (was.parked_reason, was.sync_state) == (ParkedReason.COUNT, SyncState.ACKED)
    assert (again.parked, again.seal_count) == (False, 0)
    assert again.due_at == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight in Beijing


def test_after_a_seal_the_invoice_is_looked_up_again():
    was = standing_in(SyncState.ACKED, Work.SEAL)

    sealed = after(SealAnswered(answer(Outcome.OK)), was).standing

    assert (sealed.sync_state, sealed.work, sealed.seal_count) == (SyncState.ACKED, Work.VERIFY, 1)


@pytest.mark.parametrize("outcome", [Outcome.NOT_RECEIVED, Outcome.THROTTLED, Outcome.AUTH, Outcome.OUTAGE])
def test_a_call_for_a_seal_that_was_not_taken_is_none_of_the_days_twenty(outcome):
    was = standing_in(SyncState.ACKED, Work.SEAL, seal_count=19)

    waits = after(SealAnswered(answer(outcome)), was).standing

    assert (waits.work, waits.seal_count, waits.parked) == (Work.SEAL, 19, False)
    assert waits.due_at > NOON


def test_a_corrected_document_is_a_new_version_that_starts_afresh():
    was = standing_in(SyncState.REJECTED, tries=4, invoice_number="26")

    corrected = after(Corrected(version=2), was).standing
    replayed = after(Corrected(version=2), replace(corrected, sync_state=SyncState.REJECTED, work=None, due_at=None))

    assert (corrected.sync_state, corrected.version, corrected.tries) == (SyncState.READY, 2, 0)
    assert corrected.invoice_number == ""
    assert isinstance(replayed.commands[0], Ignore)


def test_what_is_invalid_waits_for_its_correction_and_is_never_sent():
    invalid = opened("inv_1", NOON, NOON + timedelta(days=1), valid=False)

    assert (invalid.sync_state, invalid.work) == (SyncState.INVALID, None)
    assert after(Claimed(), invalid).standing == invalid
    assert after(Corrected(2), invalid).standing.sync_state is SyncState.READY


def test_what_was_refused_for_a_permission_is_sent_again_as_it_is_on_request():
    again = after(AskedAgain(), standing_in(SyncState.REJECTED, tries=3)).standing

    assert (again.sync_state, again.version, again.tries, again.due_at) == (SyncState.READY, 1, 0, NOON)


@pytest.mark.parametrize("state", [SyncState.SENDING, SyncState.BOOKED, SyncState.CONFIRMED, SyncState.VOIDED])
def test_what_is_being_sent_or_is_in_the_books_is_not_abandoned(state):
    was = standing_in(state)

    assert after(Abandoned("why"), was).standing == was


@pytest.mark.parametrize(
    "broken",
    [
        {"sync_state": SyncState.HELD},
        {"work": None},
        {"due_at": None},
        {"work": Work.SEAL},
        {"sync_state": SyncState.REJECTED},
        {"sync_state": SyncState.REJECTED, "work": None, "due_at": None, "parked_reason": ParkedReason.COUNT},
        {"sync_state": SyncState.ACKED, "work": None, "due_at": None},
        {"sync_state": SyncState.SENDING, "parked_reason": ParkedReason.COUNT},
        {"sync_state": SyncState.ACKED, "work": Work.VERIFY, "parked_reason": ParkedReason.COUNT},
    ],
)
def test_a_standing_that_makes_no_sense_cannot_be_made(broken):
    ready = opened("inv_1", NOON, NOON + timedelta(days=1), valid=True)

    with pytest.raises(AssertionError):
        replace(ready, **broken)
