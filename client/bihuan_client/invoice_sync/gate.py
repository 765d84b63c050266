"""Gate: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

# What kind.
HoldKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # The seller's quota is used up.
    "KIND_QUOTA",
    # The authority wants a new login.
    "KIND_LOGIN",
    # Our certificate is not accepted.
    "KIND_CERTIFICATE",
    # The authority announced that it is closed.
    "KIND_OUTAGE",
    # A person closed it.
    "KIND_MANUAL",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The way to one authority, environment and region with one credential, and whether it is open. 通道"""

    route: str = ""
    """Such as sandbox/production/11/default."""

    breaker_state: str = ""
    """The circuit breaker: CLOSED, OPEN or HALF_OPEN."""

    breaker_open_until: datetime | None = None
    """Until when the breaker lets nothing through; unset while it is closed."""

    failure_count: int = 0
    """Failures in a row."""

    rate_per_minute: int = 0
    """Calls a minute that we allow ourselves."""

    waiting_count: int = 0
    """Invoices that wait before it."""

    last_claim_time: datetime | None = None
    """When an uploader last took work for it; unset when none ever did."""

    holds: Sequence[Hold] = ()
    """What holds it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reason why nothing is sent. 暂停"""

    hold_id: str = ""
    """Ours."""

    kind: HoldKind = "KIND_UNSPECIFIED"
    """What kind."""

    route: str = ""
    """The route that it closes."""

    seller_tax_id: str = field(default="", repr=False)
    """Only for this seller; empty means all."""

    reason: str = ""
    """Why, in the words of whoever set it."""

    start_time: datetime | None = None
    """Since when."""

    end_time: datetime | None = None
    """Until when at most; unset when it has to be lifted."""

    set_by: str = ""
    """Who set it: a person's name, or the part of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request that only asks whether the interface is up, and how long it took. 接口探测"""

    probe_id: str = ""
    """Ours."""

    route: str = ""
    """The route."""

    kind: str = ""
    """PING, CANARY (a question for an invoice that is known to be booked) or NUMBER (one that somebody asked
    about).
    """

    start_time: datetime | None = None
    """When it began."""

    duration_ms: int = 0
    """How long it took, in milliseconds."""

    up: bool = False
    """True when the interface answered as it should."""

    outcome: str = ""
    """The class of the answer, such as OK or UNKNOWN."""

    http_status: int = 0
    """The HTTP status; 0 when there was no answer."""

    authority_code: str = ""
    """The authority's own code."""

    message: str = ""
    """A sentence for people."""

    clock_offset_ms: int = 0
    """The authority's clock minus ours, in milliseconds; 0 when it did not tell."""
