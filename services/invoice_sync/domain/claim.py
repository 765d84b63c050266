"""An invoice that one worker alone may work on, until its lease is over. It claims nothing itself."""

from dataclasses import dataclass, field
from datetime import datetime

from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Standing

# What is in a hurry waits in a lane of its seller's that begins so.
EXPRESS_MARK = "!"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker needs of an invoice; `standing` is as it was claimed, `sealed` holds the document's bytes.

    `begun` is the attempt that was written down with a claim to submit; None for every other work.
    """

    standing: Standing
    lease_id: str
    lane: str
    route: Route
    seller_tax_id: str
    document_sha256: str
    idempotency_key: str
    traceparent: str
    sealed: bytes = field(repr=False)
    begun: Attempt | None = None

    @property
    def invoice_id(self) -> str:
        """Ours."""
        return self.standing.invoice_id


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold of a worker on some rows, by the database's clock."""

    lease_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Put:
    """Where a row of the outbox shall stand, if the lease still has it; `lease_id` is empty for one that none holds.

    `check_at` is when a settled one is read again, if it is.
    """

    standing: Standing
    lease_id: str
    check_at: datetime | None = None


def seller_of(lane: str) -> str:
    """The seller whose lane it is."""
    return lane.removeprefix(EXPRESS_MARK)
