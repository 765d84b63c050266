"""An invoice as people see it. It decides nothing."""

from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.gate import Shut
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
