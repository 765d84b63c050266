"""The machine's part of asking: what the main database says, and the proof of absence. It never sends an invoice."""

from datetime import datetime

from services.invoice_sync.domain.command import CaseCode, Decision, OpenCase, VoidRounds
from services.invoice_sync.domain.event import LookedUp
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine_books import first_reread
from services.invoice_sync.domain.machine_seal import seal
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.standing import ACKNOWLEDGED, ASKED_FOR, TO_SEND, SyncState

# What shows that something of ours, or under our key, stands at the authority.
_SHOWN = frozenset(Finding) - {Finding.NOT_FOUND, Finding.CANNOT_TELL}
# What is to be sent again, was refused, or was cancelled since the authority was said not to have it.
_THOUGHT_AWAY = TO_SEND | {SyncState.REJECTED, SyncState.CANCELLED}


def looked_up(turn: Turn, event: LookedUp) -> Decision:
    """What the answers say together: BOOKED is reached here and nowhere else."""
    if not _asked_for(turn, event.finding):
        return turn.ignore("nothing was to be asked for")
    match event.finding:
        case Finding.SAME:
            return _booked(turn, event)
        case Finding.OTHER | Finding.ELSEWHERE:
            return turn.mismatch(event.finding)
        case Finding.VOIDED:
            return turn.voided(event.answers)
        case Finding.NOT_YET | Finding.SEAL_FAILED:
            return _there(turn, event)
        case Finding.NOT_FOUND | Finding.CANNOT_TELL:
            return turn.stay(
                *turn.holds(event.answers),
                due_at=_next_look(turn, event),
                look_count=turn.was.look_count + 1,
                # What was not found before or in an announced outage proves nothing.
                settle_from=max(turn.was.settle_from, event.outage_until or turn.was.settle_from),
            )


def absence_suspected(turn: Turn) -> Decision:
    """One round stands: what was acknowledged is MISSING from now on, what was never is asked for as before."""
    if turn.was.sync_state not in ASKED_FOR:
        return turn.ignore("nothing was to be asked for")
    if turn.was.sync_state in ACKNOWLEDGED:
        return turn.to(SyncState.MISSING, OpenCase(CaseCode.MISSING), due_at=turn.was.due_at)
    return turn.stay()


def absence_proved(turn: Turn) -> Decision:
    """All rounds stand. What was acknowledged must have been MISSING before, so that people see it go."""
    if turn.was.sync_state not in (SyncState.UNKNOWN, SyncState.MISSING):
        return turn.ignore("only what is unknown or missing can be absent")
    return turn.to(SyncState.ABSENT, due_at=turn.now)


def _asked_for(turn: Turn, finding: Finding) -> bool:
    """Whether the finding is of use: what was sent and is thought not to be there may turn out to be so after all."""
    was = turn.was
    sent_before = was.submit_count > 0 and was.sync_state in _THOUGHT_AWAY
    asked_for = was.sync_state in ASKED_FOR and not was.parked
    return asked_for or ((sent_before or was.parked) and finding in _SHOWN)


def _booked(turn: Turn, event: LookedUp) -> Decision:
    return turn.to(
        SyncState.BOOKED,
        VoidRounds(),
        due_at=first_reread(turn),
        look_count=0,
        seal_count=0,
        settle_from=turn.now,
        **turn.told(event.answers),
    )


def _there(turn: Turn, event: LookedUp) -> Decision:
    """It is there and not booked; when only its seal is wanting, that is asked for."""
    told = turn.told(event.answers)
    numbered = bool(told["invoice_number"]) or turn.was.sync_state is SyncState.ACKED
    state = SyncState.ACKED if numbered else SyncState.SUBMITTED
    there = {**told, "settle_from": turn.now, "look_count": turn.was.look_count + 1}
    if event.finding is Finding.SEAL_FAILED:
        return seal(turn, state, turn.was.seal_count, turn.now, [VoidRounds()], **there)
    return turn.to(state, VoidRounds(), *turn.holds(event.answers), due_at=_next_look(turn, event), **there)


def _next_look(turn: Turn, event: LookedUp) -> datetime:
    at = turn.next_look(turn.was.look_count + 1, event.answers)
    round_at = event.next_round_at
    return round_at if round_at is not None and turn.now < round_at < at else at
