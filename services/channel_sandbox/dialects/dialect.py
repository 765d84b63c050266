"""What the actions need of a channel's way of speaking; one file beside this for each channel. It does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.channel_sandbox.domain.callback import Callback, Event, Message
from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.refund import Refund


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a merchant may be told of; `refund` is None where it is about the payment."""

    event: Event
    order: Order
    refund: Refund | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The instant (by the machine's clock) and the nonce that go into a signature."""

    now: datetime
    nonce: str


class Dialect(Protocol):
    """One channel's numbers, callbacks and rhythm."""

    @property
    def channel(self) -> Channel:
        """Which it is."""
        ...

    @property
    def rests_seconds(self) -> Sequence[int]:
        """The rests between the tries of a callback."""
        ...

    @property
    def refunds_at_once(self) -> bool:
        """Whether a refund ends when it is accepted, and not a while after."""
        ...

    def txn_no(self, now: datetime, number: int) -> str:
        """The channel's number of an order."""
        ...

    def refund_no(self, now: datetime, number: int) -> str:
        """The channel's number of a refund, empty where it has none."""
        ...

    def url(self, happened: Happened) -> str:
        """Where the merchant wants to be told; empty when it does not."""
        ...

    def content(self, happened: Happened, event_id: str) -> Mapping[str, Any] | None:
        """What the merchant is told, unsigned; None when this channel tells nothing of such an event."""
        ...

    def message(self, callback: Callback, stamp: Stamp) -> Message:
        """The content as it is sent, signed anew for each try."""
        ...

    def is_taken(self, status: int, body: bytes) -> bool:
        """Whether the merchant's answer ends the repeating."""
        ...
