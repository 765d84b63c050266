"""An invoice that one worker alone may work on, until its lease is over. It claims nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.invoice_sync.domain.attempt_chain import Begun
from services.invoice_sync.domain.change import ChangeKind
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Standing

# What is in a hurry waits in a lane of its seller's that begins so.
EXPRESS_MARK = "!"


@dataclass(slots=True, eq=False)
class Claim:
    """What a worker needs of an invoice; `sealed` holds the document's bytes.

    `begun` is the attempt that was written down with a claim to submit; None for every other work. A claim makes
    hundreds of these at once, so where the invoice stands is read when it is asked for, for each at its own time.
    """

    invoice_id: str
    lease_id: str
    lane: str
    route: Route
    seller_tax_id: str
    document_sha256: str
    idempotency_key: str
    traceparent: str
    sealed: bytes = field(repr=False)
    read_standing: Callable[[], Standing] = field(repr=False)
    begun: Begun | None = None
    _standing: Standing | None = field(default=None, init=False, repr=False)

    @property
    def standing(self) -> Standing:
        """As it was claimed."""
        if self._standing is None:
            self._standing = self.read_standing()
        return self._standing


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold of a worker on some rows, by the database's clock."""

    lease_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Put:
    """Where a row of the outbox shall stand, if the lease still has it; `lease_id` is empty for one that none holds.

    `told` is what others are told of the move, None for nothing; `check_at` is when a settled one is read again, if it
    is.
    """

    standing: Standing
    lease_id: str
    told: ChangeKind | None
    check_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Where a settled invoice shall stand, in which lane, and what others are told of that; None for nothing."""

    standing: Standing
    lane: str
    told: ChangeKind | None


def seller_of(lane: str) -> str:
    """The seller whose lane it is."""
    return lane.removeprefix(EXPRESS_MARK)
