"""The machine's part of sealing: what was numbered and could not be sealed (签章失败). It never sends anything."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.backoff import GiveUp
from services.invoice_sync.domain.command import Command, Decision
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.outcome_policy import POLICY, Next
from services.invoice_sync.domain.standing import ParkedReason, SyncState, Work

# So often a seal is asked for by itself; the strictest authority that we know of allows as many a day.
SEAL_COUNT_MAX = 20
# What ends the wait for a seal: it is there, or it is to be looked for.
_DONE = frozenset({Outcome.OK, Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.NOT_YET, Outcome.NOT_FOUND, Outcome.VOIDED})


def seal_answered(turn: Turn, answer: TaxAnswer) -> Decision:
    """After a seal the invoice is looked up again; without one the seal is asked for again, later."""
    was = turn.was
    if was.work is not Work.SEAL or was.parked:
        return turn.ignore("no seal was asked for")
    if answer.outcome is Outcome.MISMATCH:
        return turn.mismatch(Finding.OTHER)
    # What did not reach the authority has used up none of what a day may have.
    seal_count = was.seal_count + (POLICY[answer.outcome].next in (Next.ASK, Next.STOP))
    if answer.outcome in _DONE:
        return turn.stay(work=Work.VERIFY, due_at=turn.next_look(1, [answer]), seal_count=seal_count, look_count=0)
    look = was.look_count + 1
    return seal(turn, was.sync_state, seal_count, turn.next_look(look, [answer]), turn.holds([answer]), look_count=look)


def seal(
    turn: Turn, state: SyncState, seal_count: int, due_at: datetime, commands: Sequence[Command], **changes: Any
) -> Decision:
    """Make a seal due in that state, or park it when it was asked for too often."""
    if seal_count < SEAL_COUNT_MAX:
        return turn.to(state, *commands, work=Work.SEAL, due_at=due_at, seal_count=seal_count, **changes)
    given_up = GiveUp(f"not sealed after {seal_count} calls", ParkedReason.COUNT)
    changes |= {"seal_count": seal_count, "parked_reason": given_up.why}
    return turn.to(state, *commands, given_up, work=Work.SEAL, due_at=turn.now, **changes)
