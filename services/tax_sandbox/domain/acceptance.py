"""An accepted document and its way into the main book, or past it. It books nothing and reads no clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.tax_sandbox.domain.fault import FaultName, FaultPlan

# 20 digits: two of the year, two of the planned city, one of the channel, fifteen in sequence.
_CITY_AND_CHANNEL = "422"
_SEQUENCE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it is booked (None: never), and from when until when (None: for ever) the main book denies it."""

    book_at: datetime | None
    hidden_from: datetime | None = None
    hidden_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A document that the authority has said yes to. `twist` is the mistake that will be made when it is booked."""

    invoice_number: str
    idempotency_key: str
    seller_tax_id: str
    order_no: str
    amount_minor: int
    document_sha256: str
    accepted_at: datetime
    schedule: Schedule
    twist: FaultName | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A row of the main book."""

    book_number: str
    document_sha256: str
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What the authority has under one key: its acceptance, and its row in the main book if there is one."""

    acceptance: Acceptance
    booking: Booking | None

    def is_swallowed(self) -> bool:
        """Whether it was taken and will not be booked unless it is sent again."""
        schedule = self.acceptance.schedule
        return self.booking is None and schedule.book_at is None and schedule.hidden_from is not None


def number_of(issue_date: date, sequence: int) -> str:
    """The invoice number that belongs to a place in the sequence."""
    assert 0 < sequence < 10**_SEQUENCE_DIGITS, f"the sequence has left its {_SEQUENCE_DIGITS} digits: {sequence}"
    return f"{issue_date.year % 100:02}{_CITY_AND_CHANNEL}{sequence:0{_SEQUENCE_DIGITS}}"


def schedule_of(plan: FaultPlan | None, now: datetime, delay_seconds: float) -> Schedule:
    """When a document that is taken now will be booked and seen, under the fault that it met, if any."""
    usual = now + timedelta(seconds=delay_seconds)
    if plan is None:
        return Schedule(usual)
    late = None if plan.seconds is None else now + timedelta(seconds=plan.seconds)
    match plan.fault:
        case FaultName.ACK_WITHOUT_BOOKING:
            return Schedule(late, hidden_from=usual, hidden_until=late)
        case FaultName.STUCK_PROCESSING:
            return Schedule(late)
        case FaultName.QUERY_FALSE_NEGATIVE:
            return Schedule(usual, hidden_from=now, hidden_until=late)
        case _:
            return Schedule(usual)


def is_hidden(schedule: Schedule, now: datetime) -> bool:
    """Whether the main book denies the record at this instant."""
    if schedule.hidden_from is None or now < schedule.hidden_from:
        return False
    return schedule.hidden_until is None or now < schedule.hidden_until
