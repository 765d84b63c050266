"""The machine's part of refunds that are told before an invoice is sent. It knows no amount, and makes no document."""

from services.invoice_sync.domain.command import Decision
from services.invoice_sync.domain.event import Lowered
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.standing import TO_SEND, UNSENT, ParkedReason, SyncState


def lowered(turn: Turn, event: Lowered) -> Decision:
    """The new version takes the place of what was not sent, and waits as that did: its tries and waits stay.

    What was refused stays refused: a lower amount is no word of what was wrong with it.
    """
    was = turn.was
    if was.sync_state not in UNSENT:
        return turn.ignore(f"what is {was.sync_state} may be at the authority, or has ended")
    if event.version <= was.version:
        return turn.ignore(f"version {event.version} is not after {was.version}")
    if not event.valid:
        return turn.to(SyncState.INVALID, version=event.version)
    if was.sync_state is SyncState.INVALID:
        return turn.to(SyncState.READY, due_at=turn.now, version=event.version, **turn.afresh(event.own_number))
    return turn.stay(version=event.version, parked_reason=_kept(was.parked_reason))


def cancelled(turn: Turn) -> Decision:
    """Nothing is left to invoice. What may be at the authority is never cancelled here: a red letter takes it back.

    What was sent and not received, or refused, is; should the authority have it all the same, it is looked up again.
    """
    if turn.was.sync_state not in UNSENT:
        return turn.ignore(f"what is {turn.was.sync_state} may be at the authority, or has ended")
    return turn.to(SyncState.CANCELLED)


def overtaken(turn: Turn) -> Decision:
    """What waits to be sent is not, before it is made again; what a person holds up already is so anyway."""
    was = turn.was
    if was.sync_state not in TO_SEND or was.parked:
        return turn.ignore("it does not go on by itself")
    return turn.stay(parked_reason=ParkedReason.REFUND)


def money_settled(turn: Turn) -> Decision:
    """It goes on as it is."""
    if turn.was.parked_reason is not ParkedReason.REFUND:
        return turn.ignore("it waits for no money")
    return turn.stay(parked_reason=ParkedReason.NOT_PARKED)


def _kept(reason: ParkedReason) -> ParkedReason:
    return ParkedReason.NOT_PARKED if reason is ParkedReason.REFUND else reason
