"""An accepted document and its way into the main book, or past it. It books nothing and reads no clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.tax_sandbox.domain.document import Kind
from services.tax_sandbox.domain.fault import FaultName, FaultPlan
from services.tax_sandbox.domain.place import Place

# 20 digits: two of the year, two of the region, one of the channel, fifteen in sequence.
_CHANNEL = "2"
_CHANNEL_OF_RANGES = "4"
_SEQUENCE_DIGITS = 15
TWISTS = (FaultName.BOOKED_WITH_ALTERED_AMOUNT, FaultName.BOOKED_UNDER_OTHER_NUMBER, FaultName.SEAL_FAILED)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When and where it is booked, and what goes wrong on the way.

    `book_at` None is never; the main book denies it from `hidden_from` until `hidden_until` (None: for ever).
    `twist` is the mistake that will be made when it is booked. Somebody voids it `void_after_seconds` after that.
    While it `is_awaited` the book of its place is not complete; what is swallowed or sent elsewhere is not missed.
    """

    book_at: datetime | None
    book_place: Place
    hidden_from: datetime | None = None
    hidden_until: datetime | None = None
    twist: FaultName | None = None
    void_after_seconds: float | None = None
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A document that the authority has said yes to."""

    invoice_number: str
    place: Place
    idempotency_key: str
    seller_tax_id: str
    buyer_tax_id: str
    order_no: str
    kind: Kind
    amount_minor: int
    issue_date: date
    red_of: str
    red_form_id: str
    document_sha256: str
    accepted_at: datetime
    schedule: Schedule
    seal_failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A row of the main book of a place."""

    book_number: str
    place: Place
    amount_minor: int
    document_sha256: str
    booked_at: datetime
    void_at: datetime | None = None
    red_flushed_at: datetime | None = None
    red_number: str = ""

    def is_void(self, now: datetime) -> bool:
        """Whether it was voided by now."""
        return self.void_at is not None and self.void_at <= now


@dataclass(frozen=True, slots=True)
class Record:
    """What the authority has under one key: its acceptance, and its row in a main book if there is one."""

    acceptance: Acceptance
    booking: Booking | None

    def is_swallowed(self) -> bool:
        """Whether it was taken and will not be booked unless it is sent again."""
        schedule = self.acceptance.schedule
        if self.booking is not None or self.acceptance.seal_failed_at is not None:
            return False
        return schedule.book_at is None and schedule.hidden_from is not None


def number_of(year: int, region: str, sequence: int) -> str:
    """The invoice number that belongs to a place in the sequence of all that the authority numbers itself."""
    return _number(year, region, _CHANNEL, sequence)


def sequence_of(number: str) -> int:
    """The place in the sequence that a number was made of."""
    return int(number[-_SEQUENCE_DIGITS:])


def range_number_of(year: int, region: str, sequence: int) -> str:
    """The same for numbers that are handed out before the invoices; they have a channel of their own."""
    return _number(year, region, _CHANNEL_OF_RANGES, sequence)


def schedule_of(plan: FaultPlan | None, place: Place, now: datetime, delay_seconds: float) -> Schedule:  # noqa: PLR0911  a table of cases
    """When and where a document that is taken now will be booked and seen, under the fault that it met, if any."""
    usual = now + timedelta(seconds=delay_seconds)
    if plan is None:
        return Schedule(usual, place)
    late = None if plan.seconds is None else now + timedelta(seconds=plan.seconds)
    match plan.fault:
        case FaultName.ACK_WITHOUT_BOOKING:
            return Schedule(late, place, hidden_from=usual, hidden_until=late, is_awaited=False)
        case FaultName.STUCK_PROCESSING:
            return Schedule(late, place)
        case FaultName.QUERY_FALSE_NEGATIVE:
            return Schedule(usual, place, hidden_from=now, hidden_until=late)
        case FaultName.BOOKED_ELSEWHERE:
            elsewhere = Place(plan.code) if plan.code else place.neighbour()
            return Schedule(usual, elsewhere, hidden_from=usual, is_awaited=False)
        case FaultName.VOIDED_AT_PORTAL:
            return Schedule(usual, place, void_after_seconds=plan.seconds or 0.0)
    return Schedule(usual, place, twist=plan.fault if plan.fault in TWISTS else None)


def is_hidden(schedule: Schedule, now: datetime) -> bool:
    """Whether the main book denies the record at this instant."""
    if schedule.hidden_from is None or now < schedule.hidden_from:
        return False
    return schedule.hidden_until is None or now < schedule.hidden_until


def _number(year: int, region: str, channel: str, sequence: int) -> str:
    assert 0 < sequence < 10**_SEQUENCE_DIGITS, f"the sequence has left its {_SEQUENCE_DIGITS} digits: {sequence}"
    return f"{year % 100:02}{region}{channel}{sequence:0{_SEQUENCE_DIGITS}}"
