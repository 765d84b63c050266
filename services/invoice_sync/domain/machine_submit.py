"""The machine's part of sending: claimed, answered, lost, and put back. It never asks for an invoice."""

from dataclasses import replace

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp, next_open, next_resend, next_try
from services.invoice_sync.domain.command import CaseCode, Decision, OpenCase
from services.invoice_sync.domain.machine_turn import Turn, wait_seconds
from services.invoice_sync.domain.outcome_policy import POLICY, Next
from services.invoice_sync.domain.standing import TO_SEND, SyncState, Work

_ACKNOWLEDGED = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE})


def claimed(turn: Turn) -> Decision:
    """Only what is to be sent, is due and is not parked goes to SENDING."""
    was = turn.was
    if was.sync_state not in TO_SEND:
        return turn.ignore("only what is to be sent is claimed")
    if was.parked:
        return turn.ignore(f"parked: {was.parked_reason}")
    if was.due_at is None or was.due_at > turn.now:
        return turn.ignore("not due yet")
    return turn.to(
        SyncState.SENDING,
        due_at=turn.now,
        tries=was.tries + 1,
        submit_count=was.submit_count + 1,
        attempt_count=was.attempt_count + 1,
    )


def answered(turn: Turn, answer: TaxAnswer) -> Decision:
    """The answer to a submit, by the policy of its class."""
    if turn.was.sync_state is not SyncState.SENDING:
        return turn.ignore("the lease was lost before the answer came; the log has it")
    match POLICY[answer.outcome].next:
        case Next.RETRY:
            return _retry(turn, answer)
        case Next.HOLD:
            return _hold_back(turn, answer)
        case Next.STOP if answer.outcome is Outcome.MISMATCH:
            return turn.to(SyncState.MISMATCH, OpenCase(CaseCode.MISMATCH), settle_from=turn.now)
        case Next.STOP:
            return turn.to(SyncState.REJECTED, settle_from=turn.now)
        case Next.ASK:
            return _sent(turn, answer)


def lease_expired(turn: Turn) -> Decision:
    """Who held the lease is gone: what was being sent is UNKNOWN, any other work is due again at once."""
    was = turn.was
    if was.work is None or was.parked or was.sync_state in TO_SEND:
        return turn.ignore("no one holds it")
    if was.sync_state is SyncState.SENDING:
        return turn.to(SyncState.UNKNOWN, due_at=turn.now, settle_from=turn.now, look_count=0)
    # A seal may have been asked for, which counts; a question that was lost does no harm.
    return turn.stay(due_at=turn.now, seal_count=was.seal_count + (was.work is Work.SEAL))


def put_back(turn: Turn, sent_count: int, own_number: str) -> Decision:
    """What is proved absent is to be sent again, unless that was done too often."""
    if turn.was.sync_state is not SyncState.ABSENT:
        return turn.ignore("its absence is not proved")
    match next_resend(sent_count, turn.now, turn.was.create_time, turn.timers):
        case GiveUp() as given_up:
            # settle_from stays, so that the rounds of this proof stay its evidence.
            return turn.to(
                SyncState.READY,
                given_up,
                due_at=turn.now,
                parked_reason=given_up.why,
                tries=sent_count,
                look_count=0,
            )
        case due_at:
            # The receipt was for what is lost.
            return turn.to(SyncState.READY, due_at=due_at, **turn.afresh(own_number))


def _sent(turn: Turn, answer: TaxAnswer) -> Decision:
    was, state, told = turn.was, SyncState.UNKNOWN, answer
    if answer.outcome is Outcome.DUPLICATE:
        # What it names may be another's: the log keeps it, and only the question by our own key tells ours.
        told = replace(answer, invoice_number="", ack_time=None)
    number = was.invoice_number
    if answer.outcome in _ACKNOWLEDGED:
        number = told.invoice_number or number
        state = SyncState.ACKED if number else SyncState.SUBMITTED
    return turn.to(
        state,
        due_at=turn.next_look(1, [answer]),
        invoice_number=number,
        ack_time=told.ack_time or was.ack_time,
        settle_from=turn.now,
        look_count=0,
    )


def _retry(turn: Turn, answer: TaxAnswer) -> Decision:
    was, wait = turn.was, answer.retry_after_seconds
    tried = max(was.tries, 1)
    match next_try(tried, turn.now, turn.dice, wait, was.create_time, turn.timers, was.deadline_at):
        case GiveUp() as given_up:
            why = given_up.why
            return turn.to(SyncState.RETRY_WAIT, given_up, due_at=turn.now, settle_from=turn.now, parked_reason=why)
        case due_at:
            return turn.to(SyncState.RETRY_WAIT, due_at=due_at, settle_from=turn.now)


def _hold_back(turn: Turn, answer: TaxAnswer) -> Decision:
    # The gate makes it wait, which uses up none of its own tries. All sends count for the wait itself, so that a gate
    # that opens and shuts does not make it hurry.
    sends = max(turn.was.submit_count, 1)
    return turn.to(
        SyncState.RETRY_WAIT,
        *turn.holds([answer]),
        due_at=next_open(sends, turn.now, turn.dice, wait_seconds([answer]), turn.timers),
        tries=max(turn.was.tries - 1, 0),
        settle_from=turn.now,
    )
