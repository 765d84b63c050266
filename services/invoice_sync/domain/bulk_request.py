"""A file of requests for invoices and where it stands. It reads no file and asks for nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.invoice_sync.domain.bulk_row import Found


class BulkMode(StrEnum):
    """The contract's BulkRequest.Mode."""

    ACCEPT_GOOD = "ACCEPT_GOOD"
    HOLD_ALL = "HOLD_ALL"


class BulkState(StrEnum):
    """The contract's BulkRequest.State."""

    HELD = "HELD"
    REQUESTING = "REQUESTING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Outcome(StrEnum):
    """The contract's BulkRequestRow.Outcome."""

    WAITS = "WAITS"
    INVOICED = "INVOICED"
    AWAITS_CONFIRMATION = "AWAITS_CONFIRMATION"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. `payment_id` is empty when none was found."""

    row_no: int
    payment_id: str
    merchant_order_no: str
    outcome: Outcome
    invoice_id: str = ""
    confirmation_id: str = ""
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A file, who sent it, and how far it has come. `done_count` is of rows that have their result."""

    bulk_request_id: str
    merchant_id: str
    file_sha256: str
    file_name: str
    mode: BulkMode
    state: BulkState
    row_count: int
    wrong_count: int
    invoiced_count: int
    awaiting_count: int
    refused_count: int
    requested_by: str
    create_time: datetime
    update_time: datetime
    decided_by: str = ""

    @property
    def done_count(self) -> int:
        """Rows that have their result."""
        return self.invoiced_count + self.awaiting_count + self.refused_count


def first_state(mode: BulkMode, row_count: int, wrong_count: int) -> BulkState:
    """Where a file begins that has so many rows, and so many wrong ones among them."""
    if wrong_count and mode is BulkMode.HOLD_ALL:
        return BulkState.HELD
    return BulkState.REQUESTING if wrong_count < row_count else BulkState.DONE
