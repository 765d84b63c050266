"""Where an invoice stands, in one narrow value, and what may be due in which state. It decides no move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.invoice_sync.domain.log_chain import GENESIS


class SyncState(StrEnum):
    """The contract's SyncState: acknowledged is not booked, and after an unknown outcome we only ask."""

    INVALID = "INVALID"  # breaks a rule of ours, so it was never sent
    READY = "READY"
    HELD = "HELD"  # READY or RETRY_WAIT behind a closed gate; only shown, never stored
    SENDING = "SENDING"  # an uploader has the lease
    RETRY_WAIT = "RETRY_WAIT"  # proved not received
    UNKNOWN = "UNKNOWN"  # may have been received: only asked for
    SUBMITTED = "SUBMITTED"  # taken, and not numbered yet
    ACKED = "ACKED"  # taken and numbered, which is not booked
    BOOKED = "BOOKED"  # read back by key and by number, equal in content
    CONFIRMED = "CONFIRMED"  # read back again later, with equal totals where there are any
    ABSENT = "ABSENT"  # proved not to be there
    MISSING = "MISSING"  # it was there, or said to be, and is not found
    MISMATCH = "MISMATCH"  # something else stands there
    REJECTED = "REJECTED"
    VOIDED = "VOIDED"  # was booked and then cancelled or reversed; never sent again
    ABANDONED = "ABANDONED"  # people decided to leave it
    CANCELLED = "CANCELLED"  # all that it was for went back while it was not at the authority; not sent any more
    MANUAL = "MANUAL"  # exported for a person to carry there: only asked for, and never sent by us


class Work(StrEnum):
    """What is due next for an invoice."""

    SUBMIT = "SUBMIT"  # send it
    VERIFY = "VERIFY"  # ask whether it is booked
    CONFIRM = "CONFIRM"  # read it back once more
    SEAL = "SEAL"  # have the authority seal what it numbered and could not seal


class ParkedReason(StrEnum):
    """Why nothing more is done by itself until a person asks again, save for REFUND, which no person has to end."""

    NOT_PARKED = ""
    COUNT = "COUNT"  # tried too often
    AGE = "AGE"  # the next try would come too late
    DEADLINE = "DEADLINE"  # the next try would come after the legal deadline
    RESENT = "RESENT"  # proved absent and sent again too often
    REFUND = "REFUND"  # money of it went back while it was away; ends by itself, when it is made again for what is left


# What may be due in a state, the usual work first. A state without any is left by a person alone, or never.
WORKS: Mapping[SyncState, tuple[Work, ...]] = {
    SyncState.INVALID: (),
    SyncState.READY: (Work.SUBMIT,),
    SyncState.HELD: (),
    SyncState.SENDING: (Work.SUBMIT,),
    SyncState.RETRY_WAIT: (Work.SUBMIT,),
    SyncState.UNKNOWN: (Work.VERIFY,),
    SyncState.SUBMITTED: (Work.VERIFY, Work.SEAL),
    SyncState.ACKED: (Work.VERIFY, Work.SEAL),
    SyncState.BOOKED: (Work.CONFIRM,),
    SyncState.CONFIRMED: (Work.CONFIRM,),  # only while a sample is read once more, see `IDLE`
    SyncState.ABSENT: (Work.VERIFY,),  # until it is put back: it may have been booked meanwhile
    SyncState.MISSING: (Work.VERIFY,),
    SyncState.MISMATCH: (),
    SyncState.REJECTED: (),
    SyncState.VOIDED: (),
    SyncState.ABANDONED: (),
    SyncState.CANCELLED: (),
    SyncState.MANUAL: (Work.VERIFY,),  # its receipt may come, or nothing at all
}
# Sending has an end, and so have calls for a seal; what was sent is asked for until it is known.
PARKABLE = frozenset({Work.SUBMIT, Work.SEAL})
# Where nothing needs to be due; in every other state something always is, so that nothing is forgotten.
IDLE = frozenset({state for state, works in WORKS.items() if not works} | {SyncState.CONFIRMED})
# The states in which the authority may hold the invoice, and in which it is therefore only asked for.
ASKED_FOR = frozenset(state for state, works in WORKS.items() if Work.VERIFY in works)
TO_SEND = frozenset({SyncState.READY, SyncState.RETRY_WAIT})
# Known not to be at the authority, nor on its way there: its document may still be made again for another amount.
UNSENT = TO_SEND | {SyncState.INVALID, SyncState.REJECTED}
# The authority said that it has it, and it is not read back yet.
ACKNOWLEDGED = frozenset({SyncState.SUBMITTED, SyncState.ACKED})
IN_BOOKS = frozenset({SyncState.BOOKED, SyncState.CONFIRMED})
# The states that nothing leaves, not even at a person's word; save that what was cancelled after it had been sent may
# turn out to be at the authority after all.
FINAL = frozenset({SyncState.VOIDED, SyncState.ABANDONED, SyncState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one invoice stands.

    `due_at` is None if and only if nothing is due (`work` is None); of a parked one it tells since when, save for
    REFUND, after which it counts again. `tries`
    counts the sends since it was last ready that count towards the caps; `submit_count` all sends and each time that a
    person took it along; `attempt_count` all calls, `look_count` the questions since the state was entered,
    `seal_count` the calls for a seal.
    `ack_time` and `book_time` are the authority's own and never used for ordering; all other times are ours.
    Negative answers from before `settle_from` prove nothing: it is the last submit's end, the last sign that the
    authority holds the invoice, or the end of an outage that it announced. `deadline_at` is when the law wants it
    there. `log_head` is the head of the attempt log's hash chain.
    """

    invoice_id: str
    version: int
    sync_state: SyncState
    work: Work | None
    due_at: datetime | None
    deadline_at: datetime
    tries: int
    submit_count: int
    attempt_count: int
    look_count: int
    seal_count: int
    invoice_number: str
    red_number: str
    ack_time: datetime | None
    book_time: datetime | None
    confirm_time: datetime | None
    settle_from: datetime
    state_time: datetime
    create_time: datetime
    parked_reason: ParkedReason
    log_head: str

    def __post_init__(self) -> None:
        """Refuse what can only be a mistake of ours."""
        assert self.sync_state is not SyncState.HELD, "HELD is shown and never stored"
        assert (self.work is None) == (self.due_at is None), "what is due has a time, and only that"
        if self.work is None:
            assert self.sync_state in IDLE, f"something is always due in {self.sync_state}"
        else:
            assert self.work in WORKS[self.sync_state], f"{self.work} is never due in {self.sync_state}"
        if self.parked:
            assert self.work in PARKABLE, f"{self.work} is never given up"
            assert self.sync_state is not SyncState.SENDING, "what is being sent is not parked"

    @property
    def counted(self) -> bool:
        """Whether it is in the control totals of its day: what a red letter took back is still, what was voided not."""
        return self.sync_state in IN_BOOKS or (self.sync_state is SyncState.VOIDED and bool(self.red_number))

    @property
    def parked(self) -> bool:
        """Whether its work waits for more than a time; it is never claimed then."""
        return self.parked_reason is not ParkedReason.NOT_PARKED

    @property
    def given_up(self) -> bool:
        """Whether its work waits for a person to ask again."""
        return self.parked and self.parked_reason is not ParkedReason.REFUND


def opened(
    invoice_id: str,
    now: datetime,
    deadline_at: datetime,
    *,
    valid: bool,
    log_head: str = GENESIS,
    own_number: str = "",
) -> Standing:
    """How a new invoice stands: READY to be sent at once, or INVALID until it is corrected.

    `own_number` is the number that its document bears, if it bears one.
    """
    state = SyncState.READY if valid else SyncState.INVALID
    work = work_of(state)
    return Standing(
        invoice_id=invoice_id,
        version=1,
        sync_state=state,
        work=work,
        due_at=now if work else None,
        deadline_at=deadline_at,
        tries=0,
        submit_count=0,
        attempt_count=0,
        look_count=0,
        seal_count=0,
        invoice_number=own_number,
        red_number="",
        ack_time=None,
        book_time=None,
        confirm_time=None,
        settle_from=now,
        state_time=now,
        create_time=now,
        parked_reason=ParkedReason.NOT_PARKED,
        log_head=log_head,
    )


def work_of(state: SyncState) -> Work | None:
    """What is due in a state unless something else is said; None when nothing has to be."""
    return None if state in IDLE else WORKS[state][0]
