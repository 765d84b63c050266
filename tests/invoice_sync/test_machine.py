"""The machine as a whole: every event in every standing has its answer, and every edge is walked by some event."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from services.invoice_sync.domain.command import Decision, Ignore
from services.invoice_sync.domain.standing import (
    FINAL,
    IDLE,
    ParkedReason,
    SyncState,
    Work,
    opened,
)
from tests.invoice_sync.machine_facts import EDGES, EVERY_EVENT, EVERY_STANDING, NOON, after


def test_every_event_is_answered_in_every_standing_and_nothing_is_left_without_work():
    for was, event in itertools.product(EVERY_STANDING, EVERY_EVENT):
        for now, dice in ((NOON, 0.0), (NOON + timedelta(days=30), 1.0)):
            made = after(event, was, now, dice)

            ignored = [each for each in made.commands if isinstance(each, Ignore)]
            to = made.standing
            assert not ignored or (made == Decision(was, tuple(ignored)) and ignored[0].reason), (was, event)
            assert to.sync_state in (was.sync_state, *EDGES[was.sync_state].split()), (was, event)
            assert to.due_at is not None or to.sync_state in IDLE, (was, event)
            sent = was.sync_state is SyncState.CANCELLED and was.submit_count > 0
            assert was.sync_state not in FINAL or sent or to == was, (was, event)
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
