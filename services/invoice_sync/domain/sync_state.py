"""How far an invoice has come, and the only ways on from there. It decides moves; it never makes one."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.standing import SyncState, Work

__all__ = ["SyncState", "Work"]


class IllegalMove(Exception):
    """A mistake of ours: an event that cannot happen in that state. Nothing may be stored after it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An uploader took the lease; its attempt is written down with it, before the first byte."""


@dataclass(frozen=True, slots=True)
class Due:
    """The wait before the next try is over."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The submit ended with this outcome."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LeaseExpired:
    """The uploader did not come back; whether it sent anything cannot be told."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The authority's main database was asked, and this is what its answers say together."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class AbsenceSuspected:
    """One round of the proof of absence stands; another must follow."""


@dataclass(frozen=True, slots=True)
class AbsenceProved:
    """Every round of the proof of absence stands."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was proved absent is to be sent again: the same bytes under the same key."""


Event = Claimed | Due | Answered | LeaseExpired | LookedUp | AbsenceSuspected | AbsenceProved | PutBack


@dataclass(frozen=True, slots=True)
class Move:
    """The state to go to, and what is due then; None when nothing is, or when a lease holder is at work."""

    state: SyncState
    work: Work | None


# Every edge there is. From UNKNOWN the only way to READY leads through ABSENT; BOOKED is reached by asking alone.
ALLOWED: Mapping[SyncState, frozenset[SyncState]] = {
    SyncState.READY: frozenset({SyncState.SENDING}),
    SyncState.SENDING: frozenset(
        {SyncState.ACKED, SyncState.RETRY_WAIT, SyncState.UNKNOWN, SyncState.REJECTED, SyncState.MISMATCH}
    ),
    SyncState.RETRY_WAIT: frozenset({SyncState.READY}),
    SyncState.UNKNOWN: frozenset({SyncState.ACKED, SyncState.BOOKED, SyncState.ABSENT, SyncState.MISMATCH}),
    SyncState.ACKED: frozenset({SyncState.BOOKED, SyncState.MISSING, SyncState.MISMATCH}),
    SyncState.MISSING: frozenset({SyncState.ACKED, SyncState.BOOKED, SyncState.ABSENT, SyncState.MISMATCH}),
    SyncState.ABSENT: frozenset({SyncState.READY}),
    SyncState.BOOKED: frozenset(),
    SyncState.MISMATCH: frozenset(),
    SyncState.REJECTED: frozenset(),
}
FINAL = frozenset(state for state, onward in ALLOWED.items() if not onward)
# The states in which the authority may hold the invoice, and in which it is therefore only asked for.
ASKED_FOR = frozenset({SyncState.UNKNOWN, SyncState.ACKED, SyncState.MISSING})

# A duplicate says that something stands under our key, not that it is ours: only a compare can tell.
_AFTER_SUBMIT: Mapping[Outcome, SyncState] = {
    Outcome.ACCEPTED: SyncState.ACKED,
    Outcome.DUPLICATE: SyncState.ACKED,
    Outcome.NOT_RECEIVED: SyncState.RETRY_WAIT,
    Outcome.THROTTLED: SyncState.RETRY_WAIT,
    Outcome.UNKNOWN: SyncState.UNKNOWN,
    Outcome.REJECTED: SyncState.REJECTED,
    Outcome.MISMATCH: SyncState.MISMATCH,
}
_WORK: Mapping[SyncState, Work] = {
    SyncState.READY: Work.SUBMIT,
    SyncState.RETRY_WAIT: Work.SUBMIT,
    SyncState.UNKNOWN: Work.VERIFY,
    SyncState.ACKED: Work.VERIFY,
    SyncState.MISSING: Work.VERIFY,
}


def move(state: SyncState, event: Event) -> Move:
    """Where the event leads from that state. Raises IllegalMove when the event cannot happen there."""
    target = _target(state, event)
    if target is None:
        raise IllegalMove(f"{event} cannot happen in {state}")
    assert target is state or target in ALLOWED[state], f"{state} has no edge to {target}"
    return Move(target, work_of(target))


def work_of(state: SyncState) -> Work | None:
    """What is due in a state."""
    return _WORK.get(state)


def _target(state: SyncState, event: Event) -> SyncState | None:
    match event:
        case Claimed():
            return SyncState.SENDING if state is SyncState.READY else None
        case Due():
            return SyncState.READY if state is SyncState.RETRY_WAIT else None
        case Answered(outcome=outcome):
            return _AFTER_SUBMIT.get(outcome) if state is SyncState.SENDING else None
        case LeaseExpired():
            return SyncState.UNKNOWN if state is SyncState.SENDING else None
        case PutBack():
            return SyncState.READY if state is SyncState.ABSENT else None
        case _:
            return _after_asking(state, event) if state in ASKED_FOR else None


def _after_asking(state: SyncState, event: LookedUp | AbsenceSuspected | AbsenceProved) -> SyncState | None:
    match event:
        case LookedUp(finding=Finding.SAME):
            return SyncState.BOOKED
        case LookedUp(finding=Finding.OTHER):
            return SyncState.MISMATCH
        case LookedUp(finding=Finding.NOT_YET):
            return SyncState.ACKED
        case LookedUp():
            return state
        case AbsenceSuspected():
            return SyncState.MISSING if state is SyncState.ACKED else state
        case AbsenceProved():
            return None if state is SyncState.ACKED else SyncState.ABSENT
