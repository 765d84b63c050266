"""What follows from claims and answers: where an invoice goes, when it is due, and when tries end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.command import Hold, Ignore
from services.invoice_sync.domain.event import (
    Answered,
    AskedAgain,
    Claimed,
    LeaseExpired,
    LookedUp,
    PutBack,
)
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.outcome_policy import POLICY, Next
from services.invoice_sync.domain.standing import (
    ParkedReason,
    SyncState,
    Work,
)
from tests.invoice_sync.machine_facts import NOON, after, answer, standing_in


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


def test_what_is_put_back_is_sent_at_once_without_the_receipt_of_what_is_lost():
    was = standing_in(SyncState.ABSENT, invoice_number="26", ack_time=NOON, tries=4)

    back = after(PutBack(sent_count=2), was).standing

    assert (back.sync_state, back.due_at, back.tries) == (SyncState.READY, NOON, 0)
    assert (back.invoice_number, back.ack_time, back.version) == ("", None, 1)


def test_what_is_put_back_too_often_is_parked_with_its_proof():
    was = standing_in(SyncState.ABSENT, invoice_number="26", settle_from=NOON - timedelta(hours=1))

    made = after(PutBack(sent_count=3), was)

    to = made.standing
    assert isinstance(made.commands[0], GiveUp)
    assert (to.sync_state, to.parked_reason, to.tries) == (SyncState.READY, ParkedReason.RESENT, 3)
    assert (to.settle_from, to.invoice_number) == (was.settle_from, "26")
