"""The invariants of the state machine, over any order of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.sync_state import (
    ALLOWED,
    FINAL,
    AbsenceProved,
    AbsenceSuspected,
    Answered,
    Claimed,
    Due,
    IllegalMove,
    LeaseExpired,
    LookedUp,
    PutBack,
    SyncState,
    Work,
    move,
    work_of,
)

EVENTS = [
    Claimed(),
    Due(),
    LeaseExpired(),
    AbsenceSuspected(),
    AbsenceProved(),
    PutBack(),
    *(Answered(outcome) for outcome in Outcome),
    *(LookedUp(finding) for finding in Finding),
]
a_life = st.lists(st.sampled_from(EVENTS), max_size=40)


def walk(events) -> list[tuple[SyncState, object, SyncState]]:
    """The moves of one invoice; what cannot happen in a state does not."""
    state, moves = SyncState.READY, []
    for event in events:
        try:
            moved = move(state, event)
        except IllegalMove:
            continue
        moves.append((state, event, moved.state))
        state = moved.state
    return moves


@given(a_life)
def test_after_an_unknown_outcome_nothing_is_sent_again_before_its_absence_is_proved(events):
    may_be_there = False
    for before, event, after in walk(events):
        if before is SyncState.SENDING and after in (SyncState.UNKNOWN, SyncState.ACKED):
            may_be_there = True
        if isinstance(event, AbsenceProved):
            may_be_there = False
        assert not (may_be_there and after is SyncState.SENDING), (before, event)


@given(a_life)
def test_only_a_look_that_shows_the_same_content_makes_an_invoice_booked(events):
    for _, event, after in walk(events):
        assert after is not SyncState.BOOKED or event == LookedUp(Finding.SAME)


@given(a_life)
def test_a_duplicate_is_neither_refused_nor_booked_without_a_compare(events):
    for before, event, after in walk([Claimed(), Answered(Outcome.DUPLICATE), *events]):
        if event == Answered(Outcome.DUPLICATE):
            assert after is SyncState.ACKED, before


@given(a_life)
def test_every_state_on_the_way_has_work_or_a_holder_and_no_final_one_has(events):
    for _, _, after in walk(events):
        held = after in (SyncState.SENDING, SyncState.ABSENT)
        assert (work_of(after) is None) == (after in FINAL or held)


@given(st.sampled_from(list(SyncState)), st.sampled_from(EVENTS))
def test_every_state_answers_every_event_with_an_allowed_move_or_loudly(state, event):
    try:
        moved = move(state, event)
    except IllegalMove:
        return
    assert moved.state is state or moved.state in ALLOWED[state]


def test_the_only_way_from_unknown_to_ready_leads_through_absent():
    without_absent = {state: onward - {SyncState.ABSENT} for state, onward in ALLOWED.items()}
    reached, todo = set(), [SyncState.UNKNOWN]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += without_absent[state] - reached

    assert SyncState.READY not in reached
    assert SyncState.SENDING not in reached


def test_an_acknowledged_invoice_is_missing_before_it_is_absent():
    with pytest.raises(IllegalMove):
        move(SyncState.ACKED, AbsenceProved())

    assert move(SyncState.ACKED, AbsenceSuspected()).state is SyncState.MISSING


def test_what_a_submit_leads_to():
    after = {outcome: move(SyncState.SENDING, Answered(outcome)).state for outcome in _OF_A_SUBMIT}

    assert after == {
        Outcome.ACCEPTED: SyncState.ACKED,
        Outcome.DUPLICATE: SyncState.ACKED,
        Outcome.NOT_RECEIVED: SyncState.RETRY_WAIT,
        Outcome.THROTTLED: SyncState.RETRY_WAIT,
        Outcome.UNKNOWN: SyncState.UNKNOWN,
        Outcome.REJECTED: SyncState.REJECTED,
        Outcome.MISMATCH: SyncState.MISMATCH,
    }


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.NOT_FOUND, Outcome.NOT_YET])
def test_an_answer_that_no_submit_can_have_is_loud(outcome):
    with pytest.raises(IllegalMove):
        move(SyncState.SENDING, Answered(outcome))


def test_what_was_put_back_is_to_be_sent():
    assert move(SyncState.ABSENT, PutBack()).work is Work.SUBMIT


_OF_A_SUBMIT = [
    Outcome.ACCEPTED,
    Outcome.DUPLICATE,
    Outcome.NOT_RECEIVED,
    Outcome.THROTTLED,
    Outcome.UNKNOWN,
    Outcome.REJECTED,
    Outcome.MISMATCH,
]
