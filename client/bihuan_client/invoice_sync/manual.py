"""Manual: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

from .invoice import SyncState

# How far it has come.
AbandonmentState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for another person.
    "STATE_PROPOSED",
    # The invoice is ABANDONED.
    "STATE_APPROVED",
    # The invoice stands as it was.
    "STATE_DECLINED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """A wish to leave an invoice for good, and what another person decided."""

    abandonment_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    state: AbandonmentState = "STATE_UNSPECIFIED"
    """How far."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where the invoice stood when it was proposed."""

    propose_by: str = ""
    """Who proposed it."""

    propose_reason: str = ""
    """Why."""

    propose_time: datetime | None = None
    """When."""

    decide_by: str = ""
    """Who decided; never the same."""

    decide_reason: str = ""
    """Why."""

    decide_time: datetime | None = None
    """When; unset before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualItem:
    """An invoice of a package."""

    item_no: int = 0
    """Its place in the package, from 1."""

    invoice_id: str = ""
    """The invoice."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where it stands."""

    invoice_number: str = ""
    """The number in the authority's books, as it was read back; empty before."""

    receipt_status: str = ""
    """What the last receipt says: TAKEN or REFUSED; empty without one. It proves nothing."""

    receipt_number: str = ""
    """The number that the last receipt says."""

    receipt_code: str = ""
    """The code that the last receipt says."""

    amount: Money | None = None
    """Its amount, tax included."""

    document_sha256: str = ""
    """SHA-256 of the bytes in the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPackage:
    """Invoices that were exported for a person to carry to the authority by hand. 手工上传包"""

    package_id: str = ""
    """Ours."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller, of whom all of them are."""

    route: str = ""
    """The way to the authority that they would have gone, such as sandbox/production/42/default."""

    invoice_count: int = 0
    """How many invoices."""

    amount: Money | None = None
    """Their sum, tax included."""

    content_sha256: str = ""
    """SHA-256 of the file, 64 hex digits."""

    export_by: str = ""
    """Who exported it."""

    reason: str = ""
    """Why."""

    export_time: datetime | None = None
    """When."""

    open_count: int = 0
    """How many of them are MANUAL still: not seen at the authority, and not released."""

    booked_count: int = 0
    """How many of them are in the authority's books by now."""

    steps: Sequence[ManualStep] = ()
    """Every step, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualStep:
    """What somebody did with a package."""

    kind: str = ""
    """EXPORTED, RECEIPT (one was imported) or RELEASED."""

    operator: str = ""
    """Who."""

    reason: str = ""
    """Why; of a receipt its id."""

    step_time: datetime | None = None
    """When."""

    invoice_count: int = 0
    """How many invoices it was about."""
