"""Which changes of an invoice others are told, by where it stood and stands. It tells nobody.

What an invoice goes through by itself without anything being wrong (sending, waiting, being asked for) is no change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.number import NO_NUMBER
from services.invoice_sync.domain.standing import ACKNOWLEDGED, TO_SEND, UNSENT, ParkedReason, Standing, SyncState


class ChangeKind(StrEnum):
    """What happened; the names are those of the contract's InvoiceChange.Kind."""

    REQUESTED = "REQUESTED"
    ACCEPTED = "ACCEPTED"
    BOOKED = "BOOKED"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"  # nothing goes on without a person
    MISSING = "MISSING"
    VOIDED = "VOIDED"
    CORRECTED = "CORRECTED"
    RESUMED = "RESUMED"  # what had stopped goes on by itself again


@dataclass(frozen=True, slots=True)
class NumberedChange:
    """A change in its place in the feed, with where the invoice stood after it and what of it never changes.

    The amount alone may be lower since: it is that of the newest version.
    """

    sequence: int
    kind: ChangeKind
    invoice_id: str
    payment_id: str
    merchant_id: str
    merchant_order_no: str
    amount: Money
    sync_state: SyncState
    invoice_number: str
    red_number: str
    version: int
    parked_reason: ParkedReason
    change_time: datetime
    traceparent: str


def change_of_new(invoice: Invoice) -> ChangeKind:
    """What is told of a new one. One that only waits for a number goes on by itself."""
    stops = invoice.broken_rules and invoice.broken_rules != (NO_NUMBER,)
    return ChangeKind.FAILED if stops else ChangeKind.REQUESTED


def change_of(was: Standing, now: Standing) -> ChangeKind | None:
    """What is told of a move; None for one that is nobody's affair.

    An unsent one that is made again is corrected wherever it waits, as its amount may be another; but where it stops by
    that, it is this that a person has to know.
    """
    if now.version > was.version and now.sync_state in UNSENT:
        stops = now.sync_state is SyncState.INVALID and was.sync_state in TO_SEND
        return ChangeKind.FAILED if stops else ChangeKind.CORRECTED
    if now.given_up:
        return None if was.given_up else ChangeKind.FAILED
    if now.sync_state is was.sync_state:
        return ChangeKind.RESUMED if was.given_up else None
    if now.sync_state in ACKNOWLEDGED:
        return None if was.sync_state in ACKNOWLEDGED else ChangeKind.ACCEPTED
    if now.sync_state in TO_SEND:
        return ChangeKind.RESUMED if was.given_up or was.sync_state in _STOPPED else None
    return _ENTERED.get(now.sync_state)


# What was told to have stopped, and may be sent again.
_STOPPED = frozenset({SyncState.MISSING, SyncState.REJECTED})
_ENTERED: Mapping[SyncState, ChangeKind] = {
    SyncState.BOOKED: ChangeKind.BOOKED,
    SyncState.CONFIRMED: ChangeKind.CONFIRMED,
    SyncState.MISSING: ChangeKind.MISSING,
    SyncState.REJECTED: ChangeKind.FAILED,
    SyncState.ABANDONED: ChangeKind.FAILED,
    SyncState.MISMATCH: ChangeKind.FAILED,
    SyncState.VOIDED: ChangeKind.VOIDED,
    SyncState.CANCELLED: ChangeKind.VOIDED,
    SyncState.INVALID: ChangeKind.FAILED,
}
