"""Invoice application: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

# What a customer's application is about.
ApplicationKind: TypeAlias = Literal[
    # Never sent.
    "APPLICATION_KIND_UNSPECIFIED",
    # The customer's copy got lost. 发票遗失
    "APPLICATION_KIND_LOST",
    # Title, tax id or amount are wrong. 发票有误
    "APPLICATION_KIND_WRONG",
]

# Where an application stands.
ApplicationState: TypeAlias = Literal[
    # Never sent.
    "APPLICATION_STATE_UNSPECIFIED",
    # A second person has to review it.
    "APPLICATION_STATE_AWAITS_REVIEW",
    # It was refused.
    "APPLICATION_STATE_REFUSED",
    # Who filed it took it back.
    "APPLICATION_STATE_WITHDRAWN",
    # A replacement copy was given.
    "APPLICATION_STATE_COPIED",
    # The red letter is under way.
    "APPLICATION_STATE_REISSUING",
    # The new invoice is issued.
    "APPLICATION_STATE_REISSUED",
    # There is no new invoice; the last step says why.
    "APPLICATION_STATE_NOT_REISSUED",
]

# What the second person decides upon.
Remedy: TypeAlias = Literal[
    # Nothing: it is refused.
    "REMEDY_UNSPECIFIED",
    # A copy of the same invoice.
    "REMEDY_COPY",
    # A red letter, and then a new invoice.
    "REMEDY_REISSUE",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProof:
    """A file that proves an application."""

    sha256: str = ""
    """Of its bytes, 64 hex digits."""

    file_name: str = ""
    """As it was called."""

    media_type: str = ""
    """Such as image/png."""

    byte_count: int = 0
    """How many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStep:
    """One step of an application; never changed."""

    step_no: int = 0
    """From 1."""

    step_time: datetime | None = None
    """When."""

    operator: str = ""
    """Who."""

    state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED"
    """Where it stood after this."""

    why: str = ""
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceApplication:
    """A customer's application about a lost or wrong invoice."""

    application_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    payment_id: str = ""
    """Its payment."""

    merchant_id: str = ""
    """The merchant."""

    kind: ApplicationKind = "APPLICATION_KIND_UNSPECIFIED"
    """What is the matter."""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as the new invoice shall have it."""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number as the new invoice shall have it; empty for a person."""

    amount_minor: int = 0
    """The amount of the new invoice in minor units; 0 for the same as before."""

    why: str = ""
    """Why, in the words of who filed it."""

    filed_by: str = ""
    """Who filed it."""

    create_time: datetime | None = None
    """When."""

    state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED"
    """Where it stands."""

    title: str = ""
    """What that means, in English."""

    title_zh: str = ""
    """The same in Chinese."""

    state_time: datetime | None = None
    """Since when it is in this state."""

    remedy: Remedy = "REMEDY_UNSPECIFIED"
    """What was decided; unset before, and when it was refused."""

    reviewed_by: str = ""
    """Who reviewed it, never who filed it; empty before."""

    red_letter_id: str = ""
    """The red letter that takes the old invoice back; empty when there is none."""

    new_invoice_id: str = ""
    """The new invoice; empty before there is one."""
