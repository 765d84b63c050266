"""What follows from asking: what is found, what is not, and what only seems so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.command import CaseCode, OpenCase, VoidRounds
from services.invoice_sync.domain.event import (
    AbsenceProved,
    AbsenceSuspected,
    LookedUp,
    Reread,
)
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.standing import (
    ParkedReason,
    SyncState,
    Work,
)
from tests.invoice_sync.machine_facts import EVERY_EVENT, NOON, TIMERS, TOMORROW_AT_TEN, after, answer, standing_in


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
        standing_in(SyncState.CANCELLED),
    ],
)
def test_what_turns_out_to_be_there_after_all_is_not_sent_again(was):
    there = after(LookedUp(Finding.SAME), was).standing

    assert there.sync_state is SyncState.BOOKED
    assert not there.parked
    assert after(LookedUp(Finding.NOT_FOUND), was).standing == was


def test_what_was_cancelled_and_never_sent_cannot_be_there():
    was = standing_in(SyncState.CANCELLED, submit_count=0)

    assert after(LookedUp(Finding.SAME), was).standing == was


def test_an_acknowledged_invoice_is_missing_before_it_is_absent():
    acked = standing_in(SyncState.ACKED)

    at_once = after(AbsenceProved(), acked).standing
    missing = after(AbsenceSuspected(), acked).standing
    absent = after(AbsenceProved(), missing).standing

    assert at_once == acked
    assert (missing.sync_state, missing.due_at) == (SyncState.MISSING, acked.due_at)
    assert (absent.sync_state, absent.work) == (SyncState.ABSENT, Work.VERIFY)


@pytest.mark.parametrize("finding", [Finding.NOT_FOUND, Finding.CANNOT_TELL])
def test_what_was_not_found_before_an_announced_outage_ends_proves_nothing(finding):
    was = standing_in(SyncState.UNKNOWN, settle_from=NOON - timedelta(hours=1))
    ends_at = NOON + timedelta(minutes=5)

    made = after(LookedUp(finding, outage_until=ends_at), was)
    over_long_ago = after(LookedUp(finding, outage_until=NOON - timedelta(hours=2)), was)

    assert made.standing.settle_from == ends_at
    assert over_long_ago.standing.settle_from == was.settle_from
