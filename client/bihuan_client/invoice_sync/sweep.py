"""Sweep: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One pass over all that should have moved and did not. 巡检"""

    sweep_id: str = ""
    """Ours."""

    start_time: datetime | None = None
    """When it began."""

    end_time: datetime | None = None
    """When it ended; unset while at work."""

    scanned_count: int = 0
    """Invoices looked at."""

    lease_expired_count: int = 0
    """Leases of dead uploaders that were taken back; their invoices became UNKNOWN."""

    missing_count: int = 0
    """Acknowledged invoices found missing."""

    resent_count: int = 0
    """Invoices proved absent and put back to be sent."""

    issued_count: int = 0
    """Payments whose invoice was due by policy and had not been issued."""

    requeued_count: int = 0
    """Invoices that had nothing due and were made due."""

    adopted_count: int = 0
    """Records that the authority holds and we had not linked, and now have."""

    foreign_count: int = 0
    """Records that the authority holds under our sellers and that are not ours."""

    resampled_count: int = 0
    """Confirmed invoices that were put up to be read again."""

    totals_compared_count: int = 0
    """Days of a seller whose control totals were compared."""

    totals_differing_count: int = 0
    """Days of a seller whose control totals differ."""

    archive_checked_count: int = 0
    """Frozen documents whose stored bytes were opened and hashed."""

    archive_damaged_count: int = 0
    """Frozen documents whose stored bytes are damaged."""

    opened_count: int = 0
    """Cases opened."""

    closed_count: int = 0
    """Cases closed, since what they told of is no longer so."""

    hurried_count: int = 0
    """Invoices moved to the express lane, since half of their time is over."""

    call_count: int = 0
    """Calls to the authority, out of its rate budget."""

    oldest_time: datetime | None = None
    """The oldest invoice that is under way was made then; unset when none is."""

    report: str = ""
    """The report in English, for people."""

    report_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCase:
    """Something between the authority and us that a person should see. 异常单"""

    case_id: str = ""
    """Ours."""

    kind: str = ""
    """Of an invoice: MISMATCH, ELSEWHERE, MISSING, VOIDED, GIVEN_UP, ENDED_BUT_BOOKED, ARCHIVE_DAMAGED or
    COPIES_LOST. Of a day: TOTALS_DIFFER. Of an invoice by which control totals differ: PARITY_DIFFERS. Of a
    record that is not ours: FOREIGN_RECORD. Of a payment: PAYMENT_UNTAKEN, RED_REQUIRED, FEED_HELD,
    NOT_MADE_AGAIN or MADE_AGAIN, which is closed from the start. More may come.
    """

    invoice_id: str = ""
    """The invoice; empty when it is about a day, a payment, or a record that is not ours."""

    issue_date: str = ""
    """The day that it is about, YYYY-MM-DD; empty when it is about one invoice."""

    fact: str = ""
    """What was found, in English."""

    fact_zh: str = ""
    """The same in Chinese."""

    open_time: datetime | None = None
    """When it was opened."""

    close_time: datetime | None = None
    """When it was closed; unset while it is open."""
