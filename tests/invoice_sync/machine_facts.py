"""Standings, events and answers for the tests of the machine."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.command import Decision
from services.invoice_sync.domain.event import (
    Abandoned,
    AbsenceProved,
    AbsenceSuspected,
    Answered,
    AskedAgain,
    Cancelled,
    Claimed,
    Corrected,
    HandedOver,
    LeaseExpired,
    LookedUp,
    Lowered,
    MoneySettled,
    Overtaken,
    PutBack,
    ReceiptRead,
    Released,
    Reread,
    SealAnswered,
)
from services.invoice_sync.domain.lookup import Finding
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.machine_seal import SEAL_COUNT_MAX
from services.invoice_sync.domain.standing import (
    IDLE,
    PARKABLE,
    WORKS,
    ParkedReason,
    Standing,
    SyncState,
    Work,
    opened,
    work_of,
)
from services.invoice_sync.domain.timers import Timers

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in Beijing
TOMORROW_AT_TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TIMERS = Timers(
    settle_seconds=600,
    absence_round_seconds=0,
    look_base_seconds=2,
    look_seconds_max=60,
    retry_base_seconds=1,
    retry_seconds_max=60,
    retry_age_seconds_max=7 * 86_400,
    retry_count_max=5,
    resend_count_max=2,
    lease_seconds=60,
    sla_seconds=300,
    upload_concurrency=8,
)
STORED = [state for state in SyncState if state is not SyncState.HELD]
# The edges of the specification's 6.1, in its words. From UNKNOWN the only way to READY leads through ABSENT.
EDGES = {
    SyncState.INVALID: "READY ABANDONED CANCELLED",
    SyncState.READY: (waits := "SENDING INVALID CANCELLED MANUAL ABANDONED ")
    + (adopted := "BOOKED ACKED SUBMITTED MISMATCH VOIDED"),
    SyncState.RETRY_WAIT: waits + adopted,
    SyncState.REJECTED: f"READY INVALID CANCELLED ABANDONED {adopted}",
    SyncState.SENDING: "SUBMITTED ACKED RETRY_WAIT UNKNOWN REJECTED MISMATCH",
    SyncState.UNKNOWN: "SUBMITTED ACKED BOOKED ABSENT MISMATCH VOIDED ABANDONED",
    SyncState.SUBMITTED: "ACKED BOOKED MISSING MISMATCH VOIDED ABANDONED",
    SyncState.ACKED: "BOOKED MISSING MISMATCH VOIDED ABANDONED",
    SyncState.MISSING: "SUBMITTED ACKED BOOKED ABSENT MISMATCH VOIDED ABANDONED",
    SyncState.ABSENT: "READY SUBMITTED ACKED BOOKED MISMATCH VOIDED ABANDONED",
    SyncState.BOOKED: "CONFIRMED MISSING MISMATCH VOIDED",
    SyncState.CONFIRMED: "MISSING MISMATCH VOIDED",
    SyncState.MISMATCH: "ABANDONED",
    SyncState.VOIDED: "",
    SyncState.ABANDONED: "",
    # Only of one that was sent before.
    SyncState.CANCELLED: adopted,
    # To READY only by way of UNKNOWN, and so of ABSENT.
    SyncState.MANUAL: "UNKNOWN SUBMITTED ACKED BOOKED MISMATCH VOIDED ABANDONED",
}


def answer(outcome: Outcome, wait: int = 0, **told) -> TaxAnswer:
    return TaxAnswer(outcome, "", retry_after_seconds=wait, **told)


def standing_in(state: SyncState, work: Work | None = None, **changes) -> Standing:
    """An invoice of an hour ago that was sent once and stands in this state."""
    born = NOON - timedelta(hours=1)
    work = work or work_of(state)
    made = opened("inv_1", born, born + timedelta(days=1), valid=True)
    at = {"sync_state": state, "work": work, "due_at": NOON if work else None, "submit_count": 1, "tries": 1}
    return replace(made, **(at | changes))


def after(event, was: Standing, now: datetime = NOON, dice: float = 0.5, timers: Timers = TIMERS) -> Decision:
    return decide(was, event, now, dice, timers)


EVERY_EVENT = [
    Claimed(),
    *(Answered(answer(outcome, number, invoice_number="1" * number)) for outcome in Outcome for number in (0, 20)),
    LeaseExpired(),
    *(LookedUp(found, [answer(of)]) for found in Finding for of in (Outcome.OK, Outcome.AUTH)),
    *(LookedUp(found, [answer(Outcome.OK, invoice_number="9")], NOON + timedelta(1)) for found in Finding),
    AbsenceSuspected(),
    AbsenceProved(),
    PutBack(1),
    PutBack(99),
    *(
        Reread(found, above, equal)
        for found, above, equal in itertools.product(Finding, (True, False), (True, False, None))
    ),
    AskedAgain(),
    Corrected(1),
    Corrected(2),
    Abandoned("asked for by two people"),
    Lowered(1, "", valid=True),
    Lowered(2, "", valid=True),
    Lowered(2, "", valid=False),
    Cancelled(),
    Overtaken(),
    MoneySettled(),
    HandedOver(),
    ReceiptRead(),
    Released(),
    *(SealAnswered(answer(outcome)) for outcome in Outcome),
]
EVERY_STANDING = [
    standing_in(state, work, parked_reason=reason, seal_count=seal_count, invoice_number=number, submit_count=sent)
    for state in STORED
    for work in ((*WORKS[state], None) if state in IDLE else WORKS[state])
    for reason in (ParkedReason if work in PARKABLE and state is not SyncState.SENDING else [ParkedReason.NOT_PARKED])
    for seal_count in (0, SEAL_COUNT_MAX)
    for number in ("", "7")
    for sent in (0, 1)
]
