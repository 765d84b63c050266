"""Delivery: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

# Where a delivery stands, whatever its invoice does. 投递状态
DeliveryState: TypeAlias = Literal[
    # Never sent.
    "DELIVERY_STATE_UNSPECIFIED",
    # To be sent; it waits for the papers while there are none.
    "DELIVERY_STATE_QUEUED",
    # Being handed over.
    "DELIVERY_STATE_SENDING",
    # Proved not taken; it is tried again.
    "DELIVERY_STATE_RETRY_WAIT",
    # Handed over without an answer: it may be taken. It is tried again under the same Message-ID, to an end.
    "DELIVERY_STATE_UNKNOWN",
    # The relay took it, which is not that it arrived.
    "DELIVERY_STATE_SENT",
    # A report says that it arrived.
    "DELIVERY_STATE_DELIVERED",
    # A report says that it cannot arrive. 退信
    "DELIVERY_STATE_BOUNCED",
    # Refused for good by the relay.
    "DELIVERY_STATE_REFUSED",
    # Not taken at any try, and not tried again.
    "DELIVERY_STATE_GIVEN_UP",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An invoice's papers on their way to an address. 投递"""

    delivery_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    masked_address: str = ""
    """The address, masked."""

    state: DeliveryState = "DELIVERY_STATE_UNSPECIFIED"
    """Where it stands."""

    try_count: int = 0
    """How often it was tried."""

    next_try_time: datetime | None = None
    """When it is next tried; unset when nothing more is done by itself."""

    operator: str = ""
    """Who had it sent."""

    reason: str = ""
    """Why."""

    last_answer: str = ""
    """What the other side said last."""

    create_time: datetime | None = None
    """When it was asked for."""

    update_time: datetime | None = None
    """When it last moved."""

    steps: Sequence[DeliveryStep] = ()
    """All that happened, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStep:
    """One thing that happened to a delivery."""

    kind: str = ""
    """QUEUED, the outcome of a try (TAKEN, DEFERRED, REFUSED, UNKNOWN, NO_PAPER while the papers are not there
    yet, NO_PAPER_EVER when they never will be), or a report (REPORTED_FAILED and the like).
    """

    detail: str = ""
    """The reason, or the other side's words."""

    operator: str = ""
    """Who; empty for what happened by itself."""

    event_time: datetime | None = None
    """When."""
