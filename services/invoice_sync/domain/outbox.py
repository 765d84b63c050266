"""What is due for an invoice, and who holds it. It claims nothing itself."""

from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.sync_state import Work


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the outbox.

    `attempts` counts the claims of this work; `lease_until` is None while no one holds it; `parked` means given up.
    """

    invoice_id: str
    work: Work
    due_at: datetime
    attempts: int
    lease_until: datetime | None
    parked: bool
