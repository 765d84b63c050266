"""Invoices, gates, attempts and diagnoses as people see them. It decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.breaker import Breaker
from services.invoice_sync.domain.diagnosis import Verdict
from services.invoice_sync.domain.gate import Shut
from services.invoice_sync.domain.hold import Hold
from services.invoice_sync.domain.invoice import Invoice


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice as people see it: the gate that holds it, if one does."""

    invoice: Invoice
    held_by: Shut | None

    @property
    def next_attempt_time(self) -> datetime | None:
        """When it is next looked at; None when nothing is due."""
        standing = self.invoice.standing
        return None if standing.parked else standing.due_at


@dataclass(frozen=True, slots=True)
class GateShown:
    """What the contract's Gate says; `waiting_count` counts the invoices that wait before it."""

    route: str
    breaker: Breaker
    rate_per_minute: int
    waiting_count: int
    last_claim_time: datetime | None
    holds: Sequence[Hold]


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A verdict and what it is about; the ids are empty where there is no such thing."""

    verdict: Verdict
    invoice_id: str
    payment_id: str
    invoice_number: str = ""


@dataclass(frozen=True, slots=True)
class AttemptShown:
    """An attempt with what was sent and what came, masked; empty where nothing is kept."""

    attempt: Attempt
    request_view: str
    response_view: str


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """Whether the log of an invoice is as it was written. `flaw` is empty when it is, and else at `attempt_no`.

    A flaw ANCHOR means that a head that was anchored is in the log no more: its end was cut off and written anew.
    """

    invoice_id: str
    attempt_count: int
    head: str
    flaw: str = ""
    attempt_no: int = 0
