"""The machine's part of what people carry to the authority by hand. It sends nothing, and a receipt books nothing."""

from services.invoice_sync.domain.command import Decision
from services.invoice_sync.domain.machine_turn import Turn
from services.invoice_sync.domain.standing import TO_SEND, ParkedReason, SyncState


def handed_over(turn: Turn) -> Decision:
    """What waits to be sent, given up or not, goes with a person: from now on it is only asked for."""
    if turn.was.sync_state not in TO_SEND:
        return turn.ignore("only what waits to be sent is carried there by hand")
    if turn.was.parked_reason is ParkedReason.REFUND:
        return turn.ignore("it is for more than is left, and is made again first")
    # It may reach the authority from now on, which is what a send means to whoever asks later.
    sends = turn.was.submit_count + 1
    return turn.to(
        SyncState.MANUAL, due_at=turn.next_look(1, ()), settle_from=turn.now, look_count=0, submit_count=sends
    )


def receipt_read(turn: Turn) -> Decision:
    """Ask at once. What the receipt says is not kept here: a number that is not ours would make it another's."""
    if turn.was.sync_state is not SyncState.MANUAL:
        return turn.ignore("it is with no person")
    return turn.stay(due_at=turn.now, look_count=0)


def released(turn: Turn) -> Decision:
    """Somebody may have carried it there, so that its absence is proved before it is sent from here."""
    if turn.was.sync_state is not SyncState.MANUAL:
        return turn.ignore("it is with no person")
    return turn.to(SyncState.UNKNOWN, due_at=turn.now, settle_from=turn.now, look_count=0)
