"""Webhook: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

# Where it is on its way.
WebhookDeliveryState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # It will be tried, perhaps again, or waits for an earlier one of the same object.
    "STATE_WAITING",
    # The endpoint answered 2xx; final until someone replays it.
    "STATE_DELIVERED",
    # All tries failed, or the endpoint is gone; final until someone replays it.
    "STATE_FAILED",
]

# Whether events are sent there.
WebhookEndpointState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # They are.
    "STATE_ENABLED",
    # They are not; disable_cause says why.
    "STATE_DISABLED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One try, with what came back."""

    attempt_no: int = 0
    """From 1 on; it goes on over replays."""

    start_time: datetime | None = None
    """When it began."""

    duration_milliseconds: int = 0
    """How long it took."""

    status_code: int = 0
    """The HTTP status; 0 when there was no answer."""

    fault: str = ""
    """Why there was no answer: TIMEOUT, NO_ADDRESS, REFUSED_ADDRESS, TLS, CONNECTION or BROKEN; empty when there
    was one.
    """

    answer_start: str = ""
    """The start of the answer, at most 512 characters, with long numbers masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event on its way to one endpoint."""

    delivery_id: str = ""
    """Ours; ids sort by time."""

    endpoint_id: str = ""
    """Where to."""

    event_id: str = ""
    """The event; stands in the header webhook-id of every try."""

    event_type: str = ""
    """Its type, such as payment.succeeded."""

    object_id: str = ""
    """What it is about, such as a payment; those of one object go out in order."""

    merchant_id: str = ""
    """Whose it is."""

    state: WebhookDeliveryState = "STATE_UNSPECIFIED"
    """Where it is."""

    try_count: int = 0
    """How often it was tried since it was made, or replayed."""

    next_try_time: datetime | None = None
    """When it is tried again; unset at an end."""

    create_time: datetime | None = None
    """When it was made."""

    end_time: datetime | None = None
    """When it came to its end; unset before."""

    last_status_code: int = 0
    """The HTTP status of the last answer; 0 when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where events are sent."""

    endpoint_id: str = ""
    """Ours."""

    url: str = ""
    """Where to."""

    description: str = ""
    """What it is, for people."""

    merchant_ids: Sequence[str] = ()
    """The merchants whose events it gets; empty for all."""

    event_types: Sequence[str] = ()
    """The types of events that it gets, payment.* for all of a kind; empty for all."""

    state: WebhookEndpointState = "STATE_UNSPECIFIED"
    """Whether events are sent there."""

    disable_cause: str = ""
    """CALLER: someone disabled it; GONE: it answered 410; FAILING: nothing reached it for five days. Empty while
    enabled.
    """

    disable_time: datetime | None = None
    """When it was disabled; unset while enabled."""

    failing_since_time: datetime | None = None
    """Since when nothing reaches it; unset when the last thing did."""

    create_time: datetime | None = None
    """When it was made."""

    previous_secret_until_time: datetime | None = None
    """Until when the secret before the last rotation signs too; unset when it does not."""

    version: int = 0
    """Rises by one with each change of what it is, of whether it is enabled, and of its secret."""
