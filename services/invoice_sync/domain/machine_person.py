"""The machine's part of what people decide: asking again, correcting, leaving it. Nothing here happens by itself."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.command import Decision
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.standing import FINAL, IN_BOOKS, ParkedReason, SyncState, Work

_ZONE = ZoneInfo("Asia/Shanghai")
_CORRECTABLE = frozenset({SyncState.INVALID, SyncState.REJECTED})
_NOT_ABANDONED = IN_BOOKS | FINAL | {SyncState.SENDING}


def asked_again(turn: Turn, own_number: str) -> Decision:
    """What was given up goes on; what was refused is sent again as it is, once what was wrong outside it is mended."""
    was = turn.was
    if was.sync_state is SyncState.REJECTED:
        return turn.to(SyncState.READY, due_at=turn.now, **turn.afresh(own_number))
    if not was.given_up:
        return turn.ignore("it goes on by itself, or cannot go on")
    return turn.stay(due_at=_unparked_from(turn), tries=0, seal_count=0, parked_reason=ParkedReason.NOT_PARKED)


def corrected(turn: Turn, version: int, own_number: str) -> Decision:
    """A new version of the document takes the place of what was refused or invalid."""
    if turn.was.sync_state not in _CORRECTABLE:
        return turn.ignore("only what was refused or is invalid is corrected")
    if version <= turn.was.version:
        return turn.ignore(f"version {version} is not after {turn.was.version}")
    return turn.to(SyncState.READY, due_at=turn.now, version=version, **turn.afresh(own_number))


def abandoned(turn: Turn) -> Decision:
    """It is left for good; what is in the books is not, and what is being sent is answered first."""
    if turn.was.sync_state in _NOT_ABANDONED:
        return turn.ignore(f"what is {turn.was.sync_state} is not abandoned")
    return turn.to(SyncState.ABANDONED)


def _unparked_from(turn: Turn) -> datetime:
    """At once; but a seal not on the day on which as many were asked for as a day may have."""
    if turn.was.work is not Work.SEAL:
        return turn.now
    assert turn.was.due_at is not None, "what is parked has a time"
    next_day = turn.was.due_at.astimezone(_ZONE).date() + timedelta(days=1)
    return max(turn.now, datetime.combine(next_day, time(), _ZONE).astimezone(turn.now.tzinfo))
