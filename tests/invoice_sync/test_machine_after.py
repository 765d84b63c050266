"""What follows once it is in the books, or with a person: second readings, seals, corrections, requests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.command import CaseCode, Ignore, OpenCase
from services.invoice_sync.domain.event import (
    Abandoned,
    AskedAgain,
    Claimed,
    Corrected,
    LookedUp,
    Reread,
    SealAnswered,
)
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine_seal import SEAL_COUNT_MAX
from services.invoice_sync.domain.standing import (
    ParkedReason,
    SyncState,
    Work,
    opened,
)
from tests.invoice_sync.machine_facts import NOON, TOMORROW_AT_TEN, after, answer, standing_in


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
