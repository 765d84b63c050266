"""An invoice that one worker alone may work on, until its lease is over. It claims nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.invoice_sync.domain.attempt import Attempt
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.standing import Standing

# What is in a hurry waits in a lane of its seller's that begins so.
EXPRESS_MARK = "!"


@dataclass(slots=True, eq=False)
class Claim:
    """What a worker needs of an invoice; `sealed` holds the document's bytes.

    A claim makes hundreds of these at once, so where the invoice stands and its attempt are read when they are asked
    for, which is at its own time for each.
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
    read_begun: Callable[[], Attempt] | None = field(default=None, repr=False)
    _standing: Standing | None = field(default=None, init=False, repr=False)
    _begun: Attempt | None = field(default=None, init=False, repr=False)

    @property
    def standing(self) -> Standing:
        """As it was claimed."""
        if self._standing is None:
            self._standing = self.read_standing()
        return self._standing

    @property
    def begun(self) -> Attempt | None:
        """The attempt that was written down with a claim to submit; None for every other work."""
        if self._begun is None and self.read_begun is not None:
            self._begun = self.read_begun()
        return self._begun


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
